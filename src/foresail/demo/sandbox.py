"""`foresail sandbox start`: the embedded AWS in the foreground, its clock on wall time."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from foresail.demo.account import seed_account
from foresail.demo.scenario import Scenario, config_text, shop
from foresail.errors import InputError
from foresail.sandbox import Sandbox

TICK_SECONDS = 2.0
WEEK = timedelta(weeks=1)


def start(port: int, *, seed: bool, config: Path | None, say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Parameters
    ----------
    port
        On 127.0.0.1; 0 takes a free one.
    seed
        Put the demo's shop in, its weeks moved so that they end after today.
    config
        Where to write a foresail.yaml for the seeded shop; an existing file is kept.
    say
        Told how to use it.

    Raises
    ------
    InputError
        The port is taken, or the configuration cannot be written.
    """
    _check_port(port)
    with Sandbox(port=port) as sandbox:
        if seed:
            scenario = moved_to(shop(), sandbox.clock.now)
            seed_account(sandbox, scenario)
            _write_config(config, scenario)
        for line in usage(sandbox, config):
            say(line)
        _follow_wall_time(sandbox)


def moved_to(scenario: Scenario, now: datetime) -> Scenario:
    """Move a scenario by whole weeks so that `now` lies in its last days: weekdays stay."""
    weeks = -(-(now - scenario.now) // WEEK)
    moved = scenario.demand.copy()
    moved.index = pd.DatetimeIndex(moved.index) + pd.Timedelta(WEEK * weeks)
    return replace(scenario, demand=moved, now=now)


def usage(sandbox: Sandbox, config: Path | None) -> list[str]:
    """Lines to copy into another shell."""
    return [
        f"embedded AWS at {sandbox.endpoint_url}; Ctrl-C stops it. In another shell:",
        f"  export AWS_ENDPOINT_URL={sandbox.endpoint_url} AWS_DEFAULT_REGION={sandbox.region} "
        "AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox",
        f"  foresail plan --config {config or 'foresail.yaml'}",
        "  aws autoscaling describe-scheduled-actions",
    ]


def _write_config(path: Path | None, scenario: Scenario) -> None:
    if path is None or path.exists():
        return
    try:
        path.write_text(config_text(scenario), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror})", cure="choose another --write-config"
        ) from error


def _check_port(port: int) -> None:
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise InputError(
                f"port {port} on 127.0.0.1 cannot be used ({error})",
                cure="name another with --port; 0 takes a free one",
            ) from error


def _follow_wall_time(sandbox: Sandbox) -> None:
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    while not stopped.wait(TICK_SECONDS):
        sandbox.advance(datetime.now(UTC))
