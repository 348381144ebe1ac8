"""`foresail doctor` as a person types it, against the sandbox's shop."""

from __future__ import annotations

import json


def test_the_shop_is_in_order_and_nothing_is_written(shop):
    names = ["autoscaling", "describe-scheduled-actions", "--output", "json"]
    before = shop(*names, program="aws").stdout
    done = shop("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("ok ") and "credentials: arn:aws:sts::" in line for line in lines)
    assert any("storefront/web: RequestCount: 14.0 days of 5m periods" in line for line in lines)
    assert any(line.startswith("not checked") and "writes" in line for line in lines)
    assert lines[-1].startswith("0 problems, ")
    assert shop(*names, program="aws").stdout == before


def test_json_has_every_finding(shop):
    told = json.loads(shop("doctor", "--json").stdout)
    assert told["ok"] is True
    assert {"level", "about", "text", "cure"} == set(told["findings"][0])
    assert {f["about"] for f in told["findings"]} >= {"account", "store", "storefront/web"}


def test_what_stops_a_plan_ends_in_1_with_its_cure(shop, tmp_path):
    text = (shop.folder / "foresail.yaml").read_text().replace("RequestCount", "RequestCounts")
    (tmp_path / "foresail.yaml").write_text(text)
    done = shop("doctor", cwd=tmp_path)
    assert done.returncode == 1
    [line] = [one for one in done.stdout.splitlines() if one.startswith("problem")]
    assert "lists no AWS/ApplicationELB RequestCounts at all" in line
    assert "-> check namespace, metric and region" in done.stdout


def test_credentials_that_are_missing_are_a_problem_not_a_traceback(shop):
    none = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_PROFILE": None}
    nowhere = {"AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "AWS_CONFIG_FILE": "/nowhere"}
    done = shop("doctor", env={**none, **nowhere, "AWS_EC2_METADATA_DISABLED": "true"})
    assert done.returncode == 1
    assert "no AWS credentials were found" in done.stdout
    assert "Traceback" not in done.stderr


def test_without_a_configuration_the_account_alone_is_checked(shop, tmp_path):
    done = shop("doctor", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "region: us-east-1" in done.stdout
    assert "no foresail.yaml: only the account was checked" in done.stdout


def test_a_bad_configuration_ends_in_2(shop, tmp_path):
    (tmp_path / "foresail.yaml").write_text("servces: []\n")
    assert shop("doctor", cwd=tmp_path).returncode == 2
    assert shop("doctor", "--config", "nope.yaml", cwd=tmp_path).returncode == 2
