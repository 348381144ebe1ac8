"""The zip of the Lambda function: small enough, and it answers an event with nothing else there."""

from __future__ import annotations

import importlib.util
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from foresail.changes.names import owned
from foresail.sandbox import Sandbox, create_group
from foresail.store.creating import create_table
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup
from packaging_cold import invoke
from urgent.sample import GROUP, alarm, config, planned_at, publish

pytestmark = pytest.mark.long
STORE = {"table": "foresail", "bucket": "team"}
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lambda")
    spec = importlib.util.spec_from_file_location("build", ROOT / "packaging/lambda/build.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["build"] = module
    spec.loader.exec_module(module)
    made = module.build(folder / "function.zip")
    with zipfile.ZipFile(made.path) as archive:
        archive.extractall(folder / "task")
    return made, folder / "task", module


def test_it_is_within_lambdas_limits_and_holds_no_tests_or_forecasters(built):
    made, task, module = built
    assert made.unzipped <= module.MOST_UNZIPPED
    assert not (task / "scipy").exists()
    assert not (task / "sklearn").exists()
    assert not list(task.glob("pandas/tests"))
    assert (task / "foresail/urgent/lambda_function.py").exists()


def test_every_file_has_one_time_so_that_the_same_content_is_the_same_zip(built):
    with zipfile.ZipFile(built[0].path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {built[2].EPOCH}


def test_it_answers_an_alarm_with_a_team_store_and_nothing_else_installed(built, tmp_path):
    """As AWS runs it: a fresh process, its own folder, the table and the bucket of a team."""
    now = datetime.now(UTC)
    with Sandbox(start=now - timedelta(hours=1)) as sandbox:
        create_group(sandbox, GROUP, min_size=8, max_size=60, target_tracking=70)
        sandbox.client("s3").create_bucket(Bucket="team")
        path = written(tmp_path)
        told = config(STORE)
        create_table(sandbox.aws, "foresail")
        publish(sandbox, now - timedelta(days=10), now - timedelta(hours=1))
        planned_at(now - timedelta(hours=1), told, sandbox.aws)
        publish(sandbox, now - timedelta(hours=1), now, factor=1.6)
        sandbox.clock.now = now
        before = owned(AutoScalingGroup(sandbox.aws).read(GROUP))
        told_us = invoke(built[1], alarm(now), sandbox, path)
        assert told_us["answer"]["outcomes"][0]["state"] == "applied", told_us
        assert owned(AutoScalingGroup(sandbox.aws).read(GROUP)) != before
    assert not {"scipy", "sklearn", "statsmodels", "moto", "typer"} & set(told_us["modules"])


def written(folder):
    path = folder / "foresail.yaml"
    path.write_text(yaml.safe_dump(config(STORE, plain=True)))
    return path
