"""Many services refreshed, forecast, planned and compared with what is live, in one run.

The endpoint is a process of its own (endpoint.py); each run is a fresh process too, so that its
time and memory are foresail's alone. Cold has no history yet, warm is the run an hour later.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from foresail.aws import Aws
from foresail.config import Config, parse_config

HERE = Path(__file__).resolve().parent
NOW = datetime.fromisoformat("2026-11-20T15:03:00+00:00")
HOUR = timedelta(hours=1)


def config(names: list[str], store: str) -> Config:
    """Configure one service of one tier for each group."""
    services = [{"name": name, "tiers": [_tier(name)]} for name in names]
    return parse_config(
        {"region": "us-east-1", "store": store, "services": services}, source="load"
    )


def _tier(name: str) -> dict[str, Any]:
    return {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": name},
        "demand": {
            "namespace": "AWS/ApplicationELB",
            "metric": "RequestCount",
            "dimensions": {"LoadBalancer": f"app/{name}/1"},
            "missing": "zero",
        },
        "unit_capacity": "100 requests/s",
        "min": 2,
        "max": 60,
        "guardrails": {"increase": "3000%"},
    }


@contextmanager
def endpoint(services: int, broken: int) -> Iterator[str]:
    """Start the endpoint; gives its address."""
    words = ["--services", str(services), "--broken", str(broken), "--now", NOW.isoformat()]
    command = [sys.executable, str(HERE / "endpoint.py"), *words]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()


def measure(services: int, broken: int, url: str, store: str, now: datetime) -> dict[str, Any]:
    """Plan once in this process, and tell what it took."""
    from endpoint import names

    from foresail.pipeline import plan_all

    calls: Counter[str] = Counter()
    aws = Aws(region="us-east-1", endpoint_url=url, sandbox=True)
    for service in ("autoscaling", "cloudwatch"):
        events = aws.client(service).meta.events
        events.register("before-call", lambda model, **_: calls.update([model.name]))
    started, busy = time.perf_counter(), time.process_time()
    plan, _ = plan_all(config(names(services, broken), store), aws, now)
    changes = sum(len(tier.changes(plan.created).pending) for tier in plan.tiers)
    return {
        "services": services,
        "planned": len(plan.tiers),
        "failed": len(plan.failed),
        "changes": changes,
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - busy,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "calls": dict(sorted(calls.items())),
    }


def fresh(services: int, broken: int, url: str, store: str, now: datetime) -> dict[str, Any]:
    """Measure in a fresh process."""
    words = ["--services", str(services), "--broken", str(broken), "--url", url]
    words += ["--store", store, "--now", now.isoformat()]
    done = subprocess.run(
        [sys.executable, str(HERE / "run.py"), *words],
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure cold and warm runs and print them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--broken", type=int, default=10)
    parser.add_argument("--url")
    parser.add_argument("--store")
    parser.add_argument("--now", type=datetime.fromisoformat)
    asked = parser.parse_args()
    if asked.url:
        print(json.dumps(measure(asked.services, asked.broken, asked.url, asked.store, asked.now)))
        return
    with endpoint(asked.services, asked.broken) as url, tempfile.TemporaryDirectory() as store:
        for name, now in (("cold", NOW), ("warm", NOW + HOUR)):
            found = fresh(asked.services, asked.broken, url, store, now)
            print(f"{name}, {os.cpu_count()} cores: {json.dumps(found)}", flush=True)


if __name__ == "__main__":
    main()
