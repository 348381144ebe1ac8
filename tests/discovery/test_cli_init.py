"""`foresail init` as a person types it, against the sandbox's shop."""

from __future__ import annotations

import json

import pytest

SEEN = "storefront-web"


@pytest.fixture(scope="module")
def written(shop, tmp_path_factory):
    """Run init once in an empty folder; gives the folder and what was printed."""
    folder = tmp_path_factory.mktemp("init")
    done = shop("init", "--timezone", "America/New_York", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_the_file_is_what_plan_and_doctor_take(shop, written):
    folder, done = written
    assert "foresail.yaml: 1 tier(s)" in done.stdout
    assert "next: foresail doctor, then foresail plan" in done.stdout
    assert "timezone: America/New_York" in (folder / "foresail.yaml").read_text()
    planned = shop("plan", "--service", "main", "--json", cwd=folder)
    assert planned.returncode in (0, 1), planned.stderr  # 1: a guardrail asks a person to look
    assert [t["tier"] for t in json.loads(planned.stdout)["tiers"]] == [SEEN]
    assert "as a comment: ec2-auto-scaling-group storefront-web-reactive: no data" in done.stdout


def test_a_file_that_is_there_is_kept_unless_told(shop, written):
    folder, _ = written
    before = (folder / "foresail.yaml").read_text()
    refused = shop("init", cwd=folder)
    assert refused.returncode == 2
    assert "foresail.yaml is there already" in refused.stderr
    assert (folder / "foresail.yaml").read_text() == before
    assert shop("init", "--force", cwd=folder).returncode == 0
    assert "timezone: UTC" in (folder / "foresail.yaml").read_text()


def test_a_dry_run_prints_and_writes_nothing(shop, tmp_path):
    done = shop("init", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0
    assert f"name: {SEEN}" in done.stdout
    assert list(tmp_path.iterdir()) == []
    told = json.loads(shop("init", "--dry-run", "--json", cwd=tmp_path).stdout)
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
def test_what_cannot_be_is_refused_and_nothing_written(shop, tmp_path, words, says):
    done = shop("init", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
