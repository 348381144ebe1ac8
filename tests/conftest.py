"""Shared fixtures: real traces when the folder beside the repository is there, else a said skip."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

TRACES = Path(__file__).parents[2] / "shared" / "traces"

os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
for _name, _value in {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}.items():
    os.environ.setdefault(_name, _value)


def trace_path(name: str) -> Path:
    """Path of a real trace; skips the test, saying why, when the folder is absent."""
    path = TRACES / f"{name}.csv.gz"
    if not path.exists():
        if os.environ.get("CI"):
            pytest.fail(f"shared/traces/{name}.csv.gz must be present in CI")
        pytest.skip(f"real trace {name} is not here (shared/traces beside the repository)")
    return path


@pytest.fixture
def trace():
    """Load a real trace as a history frame by name."""

    def load(name: str) -> pd.DataFrame:
        frame = pd.read_csv(trace_path(name))
        frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True)
        frame.insert(0, "series", name)
        return frame

    return load
