"""A Prefect server, a process worker and all deployments on this machine alone: ``make serve``."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import httpx
import typer

from flows.deployments import POOL, text_of
from flows.reading import elsewhere, read_config
from foresail.config import Config
from foresail.errors import ForesailError, InputError

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[1]
UP_SECONDS, DOWN_SECONDS = 120.0, 30.0
# Nothing is told to Prefect's makers, neither by the server nor by its clients.
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
}


def serve(config: Path, port: int, home: Path, stopped: threading.Event) -> None:
    """Bring all up, wait until it is to stop, and take all down.

    Parameters
    ----------
    config
        Whose services the deployments are about.
    port
        Of the server, on loopback; 0 takes a free one.
    home
        Folder for Prefect's own database, results and logs.
    stopped
        Set when all is to stop.

    Raises
    ------
    ConfigError
        As `load_config`; nothing was started.
    InputError
        The port is taken, or the folder cannot be written.
    ForesailError
        The server or the worker did not come up, or ended by itself; names its log.
    """
    read, port = read_config(config), _free_port(port)
    os.environ.update(_environment(port, home))
    with ExitStack() as running:
        server = running.enter_context(_started("server", _server(port), home))
        _wait_until_up(server, port, home, stopped)
        if stopped.is_set():
            return
        _make_limits(read)
        _deploy(read, config, home)
        worker = running.enter_context(_started("worker", _worker(), home))
        typer.echo(f"serving {config} at http://{HOST}:{port}; Ctrl-C stops it")
        _watch({"server": server, "worker": worker}, home, stopped)


def _free_port(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise InputError(
                f"port {port} on {HOST} cannot be used ({error})",
                cure="name another: make serve PORT=4201; 0 takes a free one",
            ) from error
        return int(probe.getsockname()[1])


def _environment(port: int, home: Path) -> dict[str, str]:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{home}: cannot be written ({error.strerror})", cure="choose another --home"
        ) from error
    there = {"PREFECT_HOME": str(home.resolve()), "PREFECT_API_URL": f"http://{HOST}:{port}/api"}
    return {**QUIET, **there}


def _prefect(*words: str) -> list[str]:
    return [sys.executable, "-m", "prefect", "--no-prompt", *words]


def _server(port: int) -> list[str]:
    return _prefect("server", "start", "--host", HOST, "--port", str(port))


def _worker() -> list[str]:
    return _prefect("worker", "start", "--pool", POOL, "--type", "process", "--name", "foresail")


@contextmanager
def _started(name: str, command: list[str], home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program apart from the terminal's Ctrl-C, with a log; end it in the end."""
    with (home / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - Prefect's own commands
            command, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a program to end; take it down with all it started when it does not."""
    process.terminate()
    try:
        process.wait(DOWN_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_up(
    server: subprocess.Popen[bytes], port: int, home: Path, stopped: threading.Event
) -> None:
    until = time.monotonic() + UP_SECONDS
    while time.monotonic() < until and server.poll() is None and not stopped.is_set():
        try:
            if httpx.get(f"http://{HOST}:{port}/api/health").is_success:
                return
        except httpx.TransportError:
            stopped.wait(0.5)
    if not stopped.is_set():
        raise ForesailError("the Prefect server did not come up", cure=_read(home, "server"))


def _make_limits(config: Config) -> None:
    """Make the pool, and a limit for each account and region."""
    # Late: Prefect reads the environment when it is imported.
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate

    from flows.limits import RUNS_PER_PLACE, limits_of

    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process"), overwrite=True)
        for place in limits_of(config, config.services):
            client.upsert_global_concurrency_limit_by_name(place, RUNS_PER_PLACE)


def _deploy(config: Config, path: Path, home: Path) -> None:
    written = home.resolve() / "prefect.yaml"
    written.write_text(text_of(config, elsewhere(path)), encoding="utf-8")
    command = _prefect("deploy", "--all", "--prefect-file", str(written))
    with (home / "deploy.log").open("ab") as log:
        done = subprocess.run(  # noqa: S603
            command, cwd=ROOT, stdout=log, stderr=log, check=False
        )
    if done.returncode:
        raise ForesailError("the flows could not be deployed", cure=_read(home, "deploy"))


def _watch(
    programs: dict[str, subprocess.Popen[bytes]], home: Path, stopped: threading.Event
) -> None:
    while not stopped.wait(1.0):
        for name, process in programs.items():
            if process.poll() is not None:
                raise ForesailError(f"the {name} ended by itself", cure=_read(home, name))


def _read(home: Path, name: str) -> str:
    return f"read {home / name}.log"


def main(
    config: Annotated[Path, typer.Option("--config", "-c")] = Path("foresail.yaml"),
    port: Annotated[int, typer.Option(help="On loopback; 0 takes a free one.")] = 4200,
    home: Annotated[Path, typer.Option(help="For Prefect's own files.")] = Path(
        ".foresail/prefect"
    ),
) -> None:
    """Serve the flows of a configuration until Ctrl-C."""
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    try:
        serve(config, port, home, stopped)
    except ForesailError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(error.exit_code) from error


if __name__ == "__main__":
    typer.run(main)
