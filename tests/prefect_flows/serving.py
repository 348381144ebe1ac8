"""`make serve` in a process of its own, and Prefect's API to look at what it does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
UP, DOWN = 180, 60


@contextmanager
def serving(config, endpoint, home):
    """Serve a configuration on a free port; gives the API; in the end it must stop cleanly."""
    environment = {**os.environ, "AWS_ENDPOINT_URL": endpoint, "PYTHONUNBUFFERED": "1"}
    environment.pop("PREFECT_API_URL", None)
    command = ["-m", "flows.serve", "--config", str(config), "--port", "0", "--home", str(home)]
    server = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
        assert found, (server.poll(), [p.read_text()[-3000:] for p in home.glob("*.log")])
        yield httpx.Client(base_url=f"{found[0]}/api", timeout=30)
    finally:
        server.send_signal(signal.SIGTERM)
        ended = server.wait(timeout=DOWN)
    assert ended == 0


def schedule(api, flow, seconds, **parameters):
    """Have a deployment run every so many seconds; gives its id."""
    deployment = api.get(f"/deployments/name/{flow}/foresail").raise_for_status().json()["id"]
    made = {"schedule": {"interval": seconds}, "active": True, "parameters": parameters}
    api.post(f"/deployments/{deployment}/schedules", json=[made]).raise_for_status()
    return deployment


def ended_run(api, deployment, seconds=UP):
    """First run of a deployment that has ended."""
    asked = {
        "flow_runs": {"deployment_id": {"any_": [deployment]}},
        "sort": "EXPECTED_START_TIME_ASC",
    }
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        runs = api.post("/flow_runs/filter", json=asked).raise_for_status().json()
        for run in runs:
            if run["state_type"] in ("COMPLETED", "FAILED", "CRASHED"):
                return run
        time.sleep(1)
    raise AssertionError(f"no run ended: {[run['state_name'] for run in runs]}")
