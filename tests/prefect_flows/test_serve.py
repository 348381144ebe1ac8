"""`make serve`: a schedule becomes a run in a worker's process, and the fleet has its plan."""

from __future__ import annotations

import socket
import subprocess
import sys

import httpx
import pytest

from foresail.changes.names import owned
from foresail.targets.registry import open_target
from prefect_flows.sample import service
from prefect_flows.serving import ROOT, ended_run, schedule, serving


@pytest.mark.long
def test_a_scheduled_deployment_runs_through_server_and_worker(sandbox, written, tmp_path):
    path = written(service("web", approval={"ask": "never"}))
    with serving(path, sandbox.endpoint_url, tmp_path / "prefect") as api:
        deployment = schedule(api, "plan-and-apply", 20, timezone="UTC")
        run = ended_run(api, deployment)
        logs = api.post("/logs/filter", json={}).json()
        assert run["state_type"] == "COMPLETED", [one["message"] for one in logs]
        assert run["auto_scheduled"]
        assert run["name"] == "plan-and-apply UTC"
        shown = api.post("/artifacts/latest/filter", json={}).raise_for_status().json()
        assert {"plan-progress", "plan-outcomes"} <= {one["key"] for one in shown}
        limit = api.get("/v2/concurrency_limits/aws-us-east-1").raise_for_status().json()
        assert limit["limit"] == 2
    with pytest.raises(httpx.TransportError):
        api.get("/health")
    live = open_target("ec2-auto-scaling-group", sandbox.aws).read("web")
    assert len(owned(live)) > 2


def refused(*words):
    command = [sys.executable, "-m", "flows.serve", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_bad_configuration_is_refused_before_anything_starts(tmp_path):
    done = refused("--config", "nowhere.yaml", "--home", str(tmp_path / "home"))
    assert done.returncode == 2
    assert "nowhere.yaml" in done.stderr and "->" in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_port_that_is_taken_is_refused_with_the_cure(tmp_path, written):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = refused("--config", str(written(service("web"))), "--port", port)
    assert done.returncode == 2
    assert f"port {port}" in done.stderr and "PORT=" in done.stderr


def test_a_folder_that_cannot_be_is_refused(tmp_path, written):
    (tmp_path / "file").write_text("")
    home = str(tmp_path / "file" / "home")
    done = refused("--config", str(written(service("web"))), "--port", "0", "--home", home)
    assert done.returncode == 2
    assert home in done.stderr
