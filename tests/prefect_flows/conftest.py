"""Prefect in a folder of its own, silent; one server for all tests of a process."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

# Prefect reads these when it is first imported.
os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="prefect-")
os.environ["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = "120"
os.environ["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] = "30"
os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")

import numpy as np
import pandas as pd
import pytest
import yaml

from foresail.sandbox import Fleet, Sandbox, create_group, seed_history

PERIOD = timedelta(minutes=5)


@pytest.fixture(scope="session")
def server():
    """A Prefect server that flows use in place of any other."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="module")
def sandbox():
    """Five days of two groups, until now: flows tell the time by themselves."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    times = pd.date_range(now - timedelta(days=5), now + timedelta(days=2), freq="5min").floor(
        "5min"
    )
    minutes = np.asarray((times - times[0]).total_seconds()) / 60
    demand = pd.Series(600 - 500 * np.cos(minutes * 2 * np.pi / 1440), index=times)
    with Sandbox(start=now) as running:
        for name in ("web", "base"):
            create_group(running, name, min_size=2, max_size=40, desired=8, target_tracking=70)
            fleet = Fleet(name, f"app/{name}/1", demand, PERIOD, 100.0)
            running.add_fleet(fleet)
            seed_history(running, fleet)
        yield running


@pytest.fixture
def written(tmp_path):
    """Write a configuration of some services; gives its path."""

    def write(*services) -> Path:
        data = {"region": "us-east-1", "store": "store", "history": "4d", "horizon": "12h"}
        path = tmp_path / "foresail.yaml"
        path.write_text(yaml.safe_dump({**data, "services": list(services)}))
        return path

    return write


@pytest.fixture
def opened(sandbox, monkeypatch):
    """Let flows speak to the sandbox; gives the account they speak through."""
    from flows import work

    aws = sandbox.aws
    monkeypatch.setattr(work, "Aws", lambda **_: aws)
    return aws
