"""What Prefect costs: the same services through the library and through a flow, in one run.

    run.py [--services 40]

Starts a Prefect server of its own on loopback, and the sandbox. A flow of empty tasks tells
Prefect's own cost; the flow should take no longer than the library and that together.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
HOME = Path(tempfile.mkdtemp(prefix="bench-flows-"))
os.environ |= {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_HOME": str(HOME),
    "PREFECT_LOGGING_LEVEL": "ERROR",
}

import numpy as np  # noqa: E402 - Prefect reads the environment when it is first imported
import pandas as pd  # noqa: E402
import yaml  # noqa: E402
from prefect import flow, task  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect.testing.utilities import prefect_test_harness  # noqa: E402

from flows import told  # noqa: E402
from flows import work as shared  # noqa: E402
from flows.forecast import forecast  # noqa: E402
from foresail.config import load_config  # noqa: E402
from foresail.pipeline import plan_all  # noqa: E402
from foresail.publish.telling import after_plan  # noqa: E402
from foresail.sandbox import Fleet, Sandbox, create_group, seed_history  # noqa: E402

ROUNDS = 3


def service(number: int) -> dict[str, object]:
    """Write a service of one tier."""
    tier = {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": f"group-{number}"},
        "demand": {
            "namespace": "AWS/ApplicationELB",
            "metric": "RequestCount",
            "dimensions": {"LoadBalancer": f"app/group-{number}/1"},
            "missing": "zero",
        },
        "unit_capacity": "100 requests/s",
        "max": 40,
    }
    return {"name": f"s{number}", "tiers": [tier]}


def seed(sandbox: Sandbox, count: int, now: datetime) -> None:
    """Give each group a week of demand, until now."""
    start = pd.Timestamp(now).floor("5min") - timedelta(days=7)
    times = pd.date_range(start, periods=9 * 288, freq="5min")
    for number in range(count):
        wave = 600 - 500 * np.cos((np.arange(len(times)) + number) * 2 * np.pi / 288)
        create_group(
            sandbox, f"group-{number}", min_size=2, max_size=40, desired=8, target_tracking=70
        )
        fleet = Fleet(
            f"group-{number}",
            f"app/group-{number}/1",
            pd.Series(wave, times),
            timedelta(minutes=5),
            100.0,
        )
        sandbox.add_fleet(fleet)
        seed_history(sandbox, fleet)


@task(task_run_name="nothing {service}", cache_policy=NO_CACHE)
def nothing(session: shared.Session, service: str) -> list[shared.Row]:
    """Do nothing."""
    return []


@flow(flow_run_name=shared.run_name, task_runner=shared.runner())
def empty(config: Path) -> list[shared.Row]:
    """Do nothing for each service, as the other flows do something."""
    session = shared.begin(config)
    services = list(session.config.services)
    rows, _ = shared.each(nothing, session, services, told.Progress("nothing"))
    told.table("nothing", rows, "nothing")
    return rows


def library(path: Path, sandbox: Sandbox) -> None:
    """Do what the flow does, service by service."""
    config, now = load_config(path), datetime.now(UTC)
    for one in config.services:
        plan, planned = plan_all(config, sandbox.aws, now, service=one.name)
        after_plan(config, sandbox.aws, plan, planned, now, print)


def timed(call: object, *given: object) -> float:
    """Seconds of a call."""
    began = time.perf_counter()
    call(*given)  # type: ignore[operator]
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=40)
    count = parser.parse_args().services
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    path = HOME / "foresail.yaml"
    data = {"history": "7d", "services": [service(n) for n in range(count)]}
    path.write_text(yaml.safe_dump(data))
    with Sandbox(start=now) as sandbox, prefect_test_harness(server_startup_timeout=120):
        seed(sandbox, count, now)
        shared.Aws = lambda **_: sandbox.aws  # type: ignore[assignment,misc]
        library(path, sandbox)  # history is pulled once
        forecast(path)
        rows = [
            (timed(library, path, sandbox), timed(forecast, path), timed(empty, path))
            for _ in range(ROUNDS)
        ]
    mine, flows, prefect = (statistics.median(column) for column in zip(*rows, strict=True))
    print(
        f"{count} services, median of {ROUNDS}, {os.cpu_count()} cores, {platform.python_version()}"
    )
    print(f"library {mine:.2f} s; flow {flows:.2f} s; flow of empty tasks {prefect:.2f} s")
    print(f"flow / (library + empty) = {flows / (mine + prefect):.2f}")
    print(
        f"Prefect's own cost: {1000 * prefect / count:.0f} ms a service, the run's second included"
    )


if __name__ == "__main__":
    main()
