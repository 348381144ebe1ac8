"""The main job on a table and a bucket does as it does on a folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from foresail.config import TableStore
from foresail.operations import apply_all, rollback_all, rollback_plan, status_of
from foresail.pipeline import plan_all
from foresail.pipeline.keeping import keep_forecasts
from foresail.store.creating import create_table
from foresail.store.opening import open_store
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup
from test_pipeline import NOW, config, sandbox

__all__ = ["sandbox"]
TABLE = TableStore(table="team", bucket="example-team", region="us-east-1")


def job(made, sandbox):
    """Plan, keep, apply, look and roll back; answers what each of them told."""
    plan, planned = plan_all(made, sandbox.aws, NOW)
    store = open_store(made, sandbox.aws, lambda: NOW)
    keep_forecasts(store.forecasts, planned, plan.id, NOW)
    [row] = apply_all(made, plan, sandbox.aws, lambda: NOW)
    [status] = status_of(made, sandbox.aws, NOW)
    assert (status.run.id, status.run.state, status.drift.pending) == (row["run"], "done", ())
    kept = store.forecasts.read("shop", "web")
    written = [name for _, name, outcome in store.journal.writes(row["run"]) if outcome == "done"]
    decided = store.decisions.latest("shop")
    steps = rollback_plan(made, sandbox.aws, NOW)
    [back] = rollback_all(made, sandbox.aws, steps, lambda: NOW)
    assert back["run"] == row["run"]
    assert AutoScalingGroup(sandbox.aws).read("web").actions == ()
    return (
        plan.id,
        {**row, "run": None},
        kept.facts,
        kept.frame.to_dict(),
        written,
        [replace(one, id="") for one in decided],
    )


def test_both_backends_tell_the_same(sandbox, tmp_path):
    folder = config(tmp_path)
    assert isinstance(folder.store, Path)
    create_table(sandbox.aws, "team")
    sandbox.client("s3").create_bucket(Bucket="example-team")
    table = folder.model_copy(update={"store": TABLE})
    told = job(folder, sandbox)
    assert told[4]
    assert job(table, sandbox) == told
    names = sandbox.client("s3").list_objects_v2(Bucket="example-team")["Contents"]
    folders = {one["Key"].split("/")[1] for one in names}
    assert folders == {"forecasts", "history"}
