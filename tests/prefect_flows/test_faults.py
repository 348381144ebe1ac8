"""Flows cut off: the server goes away mid-run, and the process is killed at points of a run.

Whatever happens: the floor never falls under the configured minimum, and what the command line does
next ends where an undisturbed run ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from foresail.changes.fence import TTL
from foresail.changes.names import owned
from foresail.store.leases import Leases
from foresail.store.opening import folder_store
from foresail.targets.registry import open_target
from prefect_flows.sample import service
from prefect_flows.serving import ROOT

pytestmark = pytest.mark.long
FLOW = """
import sys
from pathlib import Path
from flows.plan_and_apply import plan_and_apply
print(plan_and_apply(Path(sys.argv[1])))
"""


@contextmanager
def prefect_server(home, port):
    """A Prefect server in a process of its own."""
    command = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "PREFECT_HOME": str(home)}
    environment.pop("PREFECT_API_URL", None)
    server = subprocess.Popen(
        [sys.executable, *command], env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 180
        while time.monotonic() < until:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/api/health").is_success:
                    break
            except httpx.TransportError:
                time.sleep(0.5)
        yield server
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@pytest.fixture(scope="module")
def api(tmp_path_factory, free_port):
    """Address of a server that all tests share but the one that takes its own away."""
    port = free_port()
    with prefect_server(tmp_path_factory.mktemp("prefect"), port):
        yield f"http://127.0.0.1:{port}/api"


@pytest.fixture(scope="module")
def free_port():
    import socket

    def find():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    return find


def run_of(path, sandbox, api):
    """Start the flow in a process, as a worker does."""
    environment = {
        **os.environ, "AWS_ENDPOINT_URL": sandbox.endpoint_url, "PREFECT_API_URL": api,
        "PYTHONPATH": str(ROOT), "PREFECT_CLIENT_MAX_RETRIES": "1",
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", FLOW, str(path)], env=environment, cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def by_hand(path, sandbox):
    """Do the same from the command line, which knows no server."""
    environment = {**os.environ, "AWS_ENDPOINT_URL": sandbox.endpoint_url}
    command = [sys.executable, "-m", "foresail.cli", "run", "--config", str(path)]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def group(sandbox):
    return open_target("ec2-auto-scaling-group", sandbox.aws).read("web")


def clear(sandbox):
    target = open_target("ec2-auto-scaling-group", sandbox.aws)
    target.delete("web", [one.name for one in target.read("web").actions])


def outlive_the_lease(path):
    """What time does to the lease of a run that died: another may take it."""
    records = folder_store(path.parent / "store").records
    later = Leases(records, lambda: datetime.now(UTC) + TTL + timedelta(minutes=1))
    Leases(records).release(later.acquire("service/web", "the test", TTL))


def converged(path, sandbox):
    """Run the command line, twice: then all stands, and nothing is left to do."""
    done = by_hand(path, sandbox)
    assert done.returncode == 0, done.stdout + done.stderr
    again = by_hand(path, sandbox)
    assert "unchanged" in again.stdout, again.stdout + again.stderr
    assert len(owned(group(sandbox))) > 2
    assert group(sandbox).min_size == 2


def test_a_server_that_goes_away_leaves_no_half_plan(sandbox, written, tmp_path, free_port):
    clear(sandbox)
    path, port = written(service("web", approval={"ask": "never"})), free_port()
    with prefect_server(tmp_path / "prefect", port) as server:
        run = run_of(path, sandbox, f"http://127.0.0.1:{port}/api")
        while not owned(group(sandbox)):
            assert run.poll() is None, run.stdout.read()
            time.sleep(0.02)
        os.killpg(server.pid, signal.SIGKILL)
        run.communicate(timeout=180)
    assert run.returncode != 0
    assert len(owned(group(sandbox))) > 2  # the service was done to its end all the same
    converged(path, sandbox)


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.3, 0.6, 1.2])
def test_a_run_that_is_killed_is_done_by_the_next(sandbox, written, api, seconds):
    """Killed so long after its task began: while it pulls, plans, writes or tells."""
    clear(sandbox)
    path = written(service("web", approval={"ask": "never"}))
    run = run_of(path, sandbox, api)
    while not (path.parent / "store" / "store.sqlite").exists():
        assert run.poll() is None, run.stdout.read()
        time.sleep(0.02)
    time.sleep(seconds)
    run.kill()
    run.communicate()
    assert group(sandbox).min_size == 2
    if by_hand(path, sandbox).returncode != 0:
        outlive_the_lease(path)
    converged(path, sandbox)
