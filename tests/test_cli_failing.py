"""Commands over several services, one of which fails: the others go on, exit code 1 says so."""

import json
import sys

import pytest
import yaml

from faults.fleet import NOW, create, service
from foresail.cli import common, main
from foresail.cli import publish as publish_command
from foresail.cli import service as service_command
from foresail.sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        create(running, "blog")
        create(running, "shop")
        yield running


@pytest.fixture
def run(sandbox, tmp_path, monkeypatch, capsys):
    data = {"region": "us-east-1", "history": "7d", "horizon": "24h",
            "services": [service("blog"), service("gone"), service("shop")]}  # fmt: skip
    (tmp_path / "foresail.yaml").write_text(yaml.safe_dump(data))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint_url)
    for module in (common, service_command, publish_command):
        monkeypatch.setattr(module, "clock", lambda: NOW)

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["foresail", *words])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code or 0, *capsys.readouterr()

    return command


SUMMARY = "1 service failed, the others went on: gone"


def test_plan_tells_who_failed_and_apply_does_the_rest(run):
    code, out, err = run("plan", "--out", "plan.json", "--detailed-exitcode")
    assert code == 1
    assert "failed: gone: Auto Scaling group 'gone' does not exist in us-east-1" in err
    assert SUMMARY in err
    assert "blog/web" in out
    assert "shop/web" in out
    code, out, err = run("apply", "plan.json")
    assert code == 1
    assert out.count("read back and verified") == 2
    assert SUMMARY in err
    code, out, err = run("status")
    assert (code, out.count("in sync")) == (1, 2)
    assert SUMMARY in err


def test_json_has_what_failed(run):
    code, out, _ = run("plan", "--json")
    plan = json.loads(out)
    assert code == 1
    assert [one["service"] for one in plan["failed"]] == ["gone"]
    assert {tier["service"] for tier in plan["tiers"]} == {"blog", "shop"}
    for words in (("status",), ("apply", "--auto-approve")):
        code, out, _ = run(*words, "--json")
        *rows, last = json.loads(out)
        assert (code, len(rows), last["service"]) == (1, 2, "gone")
        assert "does not exist" in last["failed"]
        assert "check target.name" in last["cure"]


def test_pull_and_publish_go_on(run):
    code, out, err = run("pull")  # a metric without data, of a group that is not there
    assert code == 1
    assert "blog/web" in out
    assert "shop/web" in out
    assert "failed: gone: no data" in err
    run("plan")
    code, out, err = run("publish")
    assert "blog/web: " in out
    assert "shop/web: " in out
    assert code == 1
    assert SUMMARY in err


def test_one_service_that_fails_is_the_whole_run(run):
    code, _, err = run("plan", "--service", "gone")
    assert code == 2
    assert "does not exist" in err
    assert run("plan", "--service", "blog")[0] == 0
