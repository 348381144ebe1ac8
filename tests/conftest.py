"""Shared fixtures: real traces when the folder beside the repository is there, else a said skip."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
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


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A running sandbox with the demo's shop; gives a function that runs commands in its folder."""
    folder = tmp_path_factory.mktemp("cli")
    command = [sys.executable, "-m", "foresail.cli", "sandbox", "start", "--port", "0"]
    server = subprocess.Popen(
        [*command, "--write-config", "foresail.yaml"],
        cwd=folder, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    lines = []
    while not any("describe-scheduled-actions" in line for line in lines):
        lines.append(server.stdout.readline())
        assert lines[-1], "the sandbox ended before it was ready"
    endpoint = dict(re.findall(r"(AWS_\w+)=(\S+)", "".join(lines)))

    def run(*words, program=None, cwd=folder, env=None):
        """Run foresail (or another program); a variable whose value is None is taken out."""
        started = [program] if program else [sys.executable, "-m", "foresail.cli"]
        wanted = {**os.environ, **endpoint, "COLUMNS": "120", **(env or {})}
        return subprocess.run(
            [*started, *words], cwd=cwd, env={k: v for k, v in wanted.items() if v is not None},
            capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    run.folder, run.endpoint = folder, endpoint
    yield run
    server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=20) == 0
