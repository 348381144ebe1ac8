"""The commands as a person types them, against `foresail sandbox start` and the aws CLI."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

SCRIPTS = Path(sys.executable).parent


def aws(shop, *words):
    """Run the aws CLI against the sandbox; gives what it printed."""
    shown = shop("autoscaling", *words, "--output", "json", program=SCRIPTS / "aws")
    assert shown.returncode == 0, shown.stderr
    return shown.stdout


def listed(shop):
    return json.loads(aws(shop, "describe-scheduled-actions"))["ScheduledUpdateGroupActions"]


def wait_out_a_period_change():
    """Do not start within a few seconds of new data, which would rightly change the plan."""
    left = 300 - time.time() % 300
    if left < 45:
        time.sleep(left + 1)


def test_plan_apply_again_rollback(shop):
    wait_out_a_period_change()
    planned = shop("plan", "--out", "plan.json", "--detailed-exitcode")
    assert planned.returncode == 3, planned.stderr
    assert re.search(r"storefront-web: \d+ to create, 0 to update, 0 to delete", planned.stdout)
    assert listed(shop) == []
    applied = shop("apply", "plan.json")
    assert applied.returncode == 0, applied.stderr
    assert "read back and verified" in applied.stdout
    actions = listed(shop)
    plan = json.loads((shop.folder / "plan.json").read_text())
    wanted = [a["name"] for a in plan["tiers"][0]["wanted"]]
    assert len(actions) == len(wanted)
    # The first one is due now: on a slow machine it may have been moved by a minute.
    assert {a["ScheduledActionName"] for a in actions} >= set(wanted[1:])
    assert all("MaxSize" not in a and "DesiredCapacity" not in a for a in actions)
    again = shop("apply", "--auto-approve")
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "storefront-web: no changes")
    assert shop("plan", "--detailed-exitcode").returncode == 0
    assert listed(shop) == actions
    status = json.loads(shop("status", "--json").stdout)
    assert (status[0]["owned_actions"], status[0]["drift"]) == (len(actions), [])
    undone = shop("rollback", "--auto-approve")
    assert undone.returncode == 0, undone.stderr
    assert listed(shop) == []
    nothing = shop("rollback", "--auto-approve")
    assert nothing.returncode == 2
    assert "nothing to roll back" in nothing.stderr


def test_rollback_restores_what_the_aws_cli_showed_byte_for_byte(shop):
    """Two schedules of foresail, one replacing the other, beside an action of somebody else."""
    group = ("--auto-scaling-group-name", "storefront-web")
    theirs = (*group, "--scheduled-action-name", "nightly")
    aws(shop, "put-scheduled-update-group-action", *theirs, "--recurrence", "17 3 * * *",
        "--time-zone", "Asia/Kolkata", "--min-size", "1")  # fmt: skip
    soon = f"{datetime.now(UTC) + timedelta(minutes=15):%Y-%m-%dT%H:%M}"
    alone = shown(shop, soon)
    assert shop("apply", "--auto-approve").returncode == 0
    first = shown(shop, soon)
    assert len(first) > 10
    config = shop.folder / "foresail.yaml"
    text = config.read_text()
    config.write_text(text.replace("utilization: 0.7", "utilization: 0.5"))
    replaced = shop("apply", "--auto-approve")
    assert replaced.returncode == 0, replaced.stderr
    assert shown(shop, soon) != first
    undone = shop("rollback", "--auto-approve")
    config.write_text(text)
    assert undone.returncode == 0, undone.stderr
    assert shown(shop, soon) == first
    assert shop("rollback", "--auto-approve").returncode == 0
    assert shown(shop, soon) == alone
    aws(shop, "delete-scheduled-action", *theirs)


def shown(shop, soon):
    """What the aws CLI prints of each action, by time: AWS promises no order of the list.

    Without those until `soon`: an action may run and vanish meanwhile on a slow machine.
    """
    rows = [row for row in listed(shop) if row.get("StartTime", "9") > soon]
    return {row["ScheduledActionName"]: json.dumps(row) for row in rows}


def test_a_refused_plan_says_why_and_how_and_is_not_applied(shop):
    text = (shop.folder / "foresail.yaml").read_text()
    strict = re.sub(r"guardrails: .*", "guardrails: {increase: 10%}", text)
    (shop.folder / "strict.yaml").write_text(strict)
    planned = shop("plan", "-c", "strict.yaml", "--out", "refused.json", "--full")
    assert planned.returncode == 1
    assert re.search(r"refused: .* floor of 2 to \d+ .*\(guardrails.increase\)", planned.stdout)
    assert "widen the named key" in planned.stdout
    assert "apply will refuse it" in planned.stdout
    assert "more (--full)" not in planned.stdout
    for words in (["apply", "refused.json"], ["apply", "--auto-approve"]):
        applied = shop(*words, "-c", "strict.yaml")
        assert (applied.returncode, "guardrails.increase" in applied.stderr) == (1, True)
    assert listed(shop) == []


def test_an_edited_plan_and_a_changed_configuration_are_refused(shop):
    shop("plan", "--out", "edited.json")
    path = shop.folder / "edited.json"
    path.write_text(path.read_text().replace('"min_size": 2', '"min_size": 1'))
    refused = shop("apply", "edited.json")
    assert (refused.returncode, "edited" in refused.stderr) == (2, True)
    shop("plan", "--out", "mine.json")
    config = shop.folder / "foresail.yaml"
    text = config.read_text()
    config.write_text(text.replace("max: 60", "max: 50"))
    changed = shop("apply", "mine.json")
    config.write_text(text)
    assert (changed.returncode, "configuration changed" in changed.stderr) == (2, True)
    assert listed(shop) == []


def test_pull_tells_what_is_there(shop):
    rows = json.loads(shop("pull", "--json").stdout)
    assert rows[0]["tier"] == "storefront/web"
    assert rows[0]["rows"] > 3900


def test_without_a_terminal_apply_asks_and_stops(shop):
    asked = shop("apply")
    assert asked.returncode == 2
    assert "Apply these changes?" in asked.stdout
    assert listed(shop) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["plan", "--config", "nowhere.yaml"], "nowhere.yaml: no such file"),
        (["plan", "--service", "nope"], "no service 'nope'"),
        (["apply", "nowhere.json"], "no such plan file"),
        (["forecast", "nowhere.csv"], "nowhere.csv: no such file"),
        (["forecast", "foresail.yaml"], "unknown kind of file"),
        (["demo", "--trace", "nowhere.csv"], "nowhere.csv: no such file"),
        (["sandbox", "start", "--port", "70000"], "cannot be used"),
    ],
)
def test_bad_input_exits_2_with_the_cure(shop, words, says):
    done = shop(*words)
    assert done.returncode == 2
    assert says in done.stderr
    assert "->" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_credentials_are_told(shop, tmp_path):
    bare = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-m", "foresail.cli", "plan", "--config", shop.folder / "foresail.yaml"],
        env={**bare, "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "no AWS credentials were found" in done.stderr


def test_import_and_help_stay_light():
    code = (
        "import sys, foresail, foresail.cli\n"
        "heavy = {'pandas', 'numpy', 'scipy', 'statsmodels', 'sklearn', 'pyarrow', 'boto3',"
        " 'botocore', 'moto', 'plotly', 'prefect', 'sagemaker', 'dask', 'pydantic'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_forecast_of_a_file_needs_no_aws(tmp_path):
    import pandas as pd

    from foresail.workload import shop_workload

    source, target = tmp_path / "in.csv.gz", tmp_path / "out.csv"
    shop_workload()[["timestamp", "value"]].tail(2016).to_csv(source, index=False)
    done = subprocess.run(
        [sys.executable, "-m", "foresail.cli", "forecast", str(source), "-o", str(target),
         "--horizon", "12h", "--quantiles", "0.5,0.9"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    made = pd.read_csv(target)
    assert list(made.columns) == ["series", "timestamp", "q0.5", "q0.9"]
    assert len(made) == 144
    assert (made["q0.9"] >= made["q0.5"]).all()
