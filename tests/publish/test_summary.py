"""The live plan as a parameter: what it says, and that it fits."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from foresail.changes.planfile import PlanFile, TierPlan
from foresail.errors import ConfigError
from foresail.publish.summary import plan_summary, write_summary
from foresail.sandbox import Sandbox
from foresail.targets.base import LiveTarget, ScheduledAction
from publish.sample import NOW, config


def plan(count=1):
    live = LiveTarget("ec2-auto-scaling-group", "shop-web", 2, 40, 8)
    wanted = tuple(
        ScheduledAction(f"a{n}", start=NOW + timedelta(hours=n + 1), min_size=size)
        for n, size in enumerate((4, 31, 2))
    )
    tiers = [
        TierPlan("shop", f"web-{n:03}", live, wanted, {}, (), {}, "us-east-1") for n in range(count)
    ]
    return PlanFile(NOW, "us-east-1", "digest", tuple(tiers))


def test_it_points_to_the_plan_and_tells_the_peak():
    said = json.loads(plan_summary(plan(), NOW + timedelta(minutes=3)))
    assert said == {
        "plan": plan().id, "created": "2026-11-24T12:02:00+00:00",
        "applied": "2026-11-24T12:05:00+00:00", "region": "us-east-1",
        "tiers": [{"tier": "shop/web-000", "target": "shop-web", "actions": 3, "floor": 2,
                   "peak": 31, "peak_at": "2026-11-24T14:02Z"}],
    }  # fmt: skip


@pytest.mark.parametrize("count", [1, 30, 40, 400])
def test_it_fits_a_standard_parameter_and_says_what_it_leaves_out(count):
    text = plan_summary(plan(count), NOW)
    said = json.loads(text)
    assert len(text.encode()) <= 4096
    assert len(said["tiers"]) + said.get("more_tiers", 0) == count
    assert said["tiers"]


def test_written_below_the_prefix_and_only_when_it_differs():
    with Sandbox(start=NOW) as sandbox:
        first = write_summary(sandbox.aws, "/foresail/shop", plan(), NOW)
        again = write_summary(sandbox.aws, "/foresail/shop", plan(), NOW)
        later = write_summary(sandbox.aws, "/foresail/shop", plan(2), NOW)
        stands = sandbox.client("ssm").get_parameter(Name="/foresail/shop/plan")["Parameter"]
    assert (first.changed, again.changed, later.previous) == (True, False, 1)
    assert json.loads(stands["Value"])["plan"] == plan(2).id


@pytest.mark.parametrize("prefix", ["foresail", "/foresail/", "/aws/x", "/ssm", "/a b", "/", 3])
def test_a_prefix_that_cannot_be_is_named(tmp_path, prefix):
    with pytest.raises(ConfigError, match=r"parameters\.prefix") as caught:
        config(tmp_path, parameters={"prefix": prefix})
    assert "/foresail/storefront" in caught.value.cure
