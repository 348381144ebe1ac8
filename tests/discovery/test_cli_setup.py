"""`foresail init`, `doctor` and `provisioning` as a person types them, on the sandbox's shop."""

from __future__ import annotations

import json

import pytest

from foresail.aws import Aws
from in_process import in_process

SEEN = "storefront-web"


@pytest.fixture
def here(shop, monkeypatch, capsys):
    return in_process(shop, monkeypatch, capsys)


@pytest.fixture(scope="module")
def written(shop, tmp_path_factory):
    """Run init once in an empty folder; gives the folder and what was printed."""
    folder = tmp_path_factory.mktemp("init")
    done = shop("init", "--timezone", "America/New_York", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_the_file_is_what_plan_and_doctor_take(here, written):
    folder, done = written
    assert "foresail.yaml: 1 tier\n" in done.stdout
    assert "next: foresail doctor, then foresail plan" in done.stdout
    assert "timezone: America/New_York" in (folder / "foresail.yaml").read_text()
    planned = here("plan", "--service", "main", "--json", cwd=folder)
    assert planned.returncode in (0, 1), planned.stderr  # 1: a guardrail asks a person to look
    assert [t["tier"] for t in json.loads(planned.stdout)["tiers"]] == [SEEN]
    assert "as a comment: ec2-auto-scaling-group storefront-web-reactive: no data" in done.stdout


def test_a_file_that_is_there_is_kept_unless_told(here, written):
    folder, _ = written
    before = (folder / "foresail.yaml").read_text()
    refused = here("init", cwd=folder)
    assert refused.returncode == 2
    assert "foresail.yaml is there already" in refused.stderr
    assert (folder / "foresail.yaml").read_text() == before
    assert here("init", "--force", cwd=folder).returncode == 0
    assert "timezone: UTC" in (folder / "foresail.yaml").read_text()


def test_a_dry_run_prints_and_writes_nothing(here, tmp_path):
    done = here("init", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0
    assert f"name: {SEEN}" in done.stdout
    assert list(tmp_path.iterdir()) == []
    told = json.loads(here("init", "--dry-run", "--json", cwd=tmp_path).stdout)
    assert told["file"] is None
    assert SEEN in {one["target_name"] for one in told["found"]}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--timezone", "Mars/Base"], "is no time zone"),
        (["--output", "nowhere/x.yaml"], "cannot be written"),
        (["--region", "eu-west-1"], "nothing that can be planned was found"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(here, tmp_path, words, says):
    done = here("init", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_shop_is_in_order_and_nothing_is_written(here):
    before = actions(here)
    done = here("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("ok ") and "credentials: arn:aws:sts::" in line for line in lines)
    assert any("storefront/web: RequestCount: 14.0 days of 5m periods" in line for line in lines)
    assert any(line.startswith("not checked") and "writes" in line for line in lines)
    assert lines[-1].startswith("0 problems, ")
    assert actions(here) == before


def actions(here):
    """What stands on the shop's groups."""
    client = Aws("us-east-1", None, here.endpoint["AWS_ENDPOINT_URL"], sandbox=True)
    answer = client.client("autoscaling").describe_scheduled_actions()
    return answer["ScheduledUpdateGroupActions"]


def test_json_has_every_finding(here):
    told = json.loads(here("doctor", "--json").stdout)
    assert told["ok"] is True
    assert {"level", "about", "text", "cure"} == set(told["findings"][0])
    assert {f["about"] for f in told["findings"]} >= {"account", "store", "storefront/web"}


def test_what_stops_a_plan_ends_in_1_with_its_cure(here, tmp_path):
    text = (here.folder / "foresail.yaml").read_text().replace("RequestCount", "RequestCounts")
    (tmp_path / "foresail.yaml").write_text(text)
    done = here("doctor", cwd=tmp_path)
    assert done.returncode == 1
    [line] = [one for one in done.stdout.splitlines() if one.startswith("problem")]
    assert "lists no AWS/ApplicationELB RequestCounts at all" in line
    assert "-> check namespace, metric and region" in done.stdout


def test_credentials_that_are_missing_are_a_problem_not_a_traceback(here):
    none = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_PROFILE": None}
    nowhere = {"AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "AWS_CONFIG_FILE": "/nowhere"}
    done = here("doctor", env={**none, **nowhere, "AWS_EC2_METADATA_DISABLED": "true"})
    assert done.returncode == 1
    assert "no AWS credentials were found" in done.stdout
    assert "Traceback" not in done.stderr


def test_without_a_configuration_the_account_alone_is_checked(here, tmp_path):
    done = here("doctor", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "region: us-east-1" in done.stdout
    assert "no foresail.yaml: only the account was checked" in done.stdout


def test_a_bad_configuration_ends_in_2(here, tmp_path):
    (tmp_path / "foresail.yaml").write_text("servces: []\n")
    assert here("doctor", cwd=tmp_path).returncode == 2
    assert here("doctor", "--config", "nope.yaml", cwd=tmp_path).returncode == 2


def test_a_table_with_the_lead_in_use(here):
    done = here("provisioning")
    assert done.returncode == 0, done.stderr
    head, row, *rest = done.stdout.splitlines()
    assert head.split()[:2] == ["tier", "launches"]
    assert row.startswith("storefront/web ")
    assert " 10m " in row
    assert "warm pools are sized with --warm-price and --shortage-price" in rest


def test_prices_size_the_pool(here):
    prices = ("--warm-price", "0.01", "--shortage-price", "3")
    done = here("provisioning", *prices, "--service", "storefront", "--json")
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)
    assert row["lead_seconds"] == 600
    assert float(row["warm_pool"]["saves_month"]) >= float(row["warm_pool"]["cost_month"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--warm-price", "0.01"], "go together"),
        (["--lcu-price", "none", "--shortage-price", "1"], "--lcu-price"),
        (["--warm-price", "0", "--shortage-price", "1"], "--warm-price 0 is not above zero"),
        (["--service", "nope"], "no service 'nope'"),
    ],
)
def test_what_cannot_be_is_refused(here, words, says):
    done = here("provisioning", *words)
    assert done.returncode == 2
    assert says in done.stderr
