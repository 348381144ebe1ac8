"""Policies, their alarms and the warm pool, killed at every write to AWS in turn.

Wherever apply or rollback dies: the floor is never under the lower of old and new, what reacts in
both still reacts, an old policy goes only when the floors are final, and a run again converges.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from faults.killing import FLOOR, GROUP, NOW, Operator, kill_at, places_to_die
from foresail.changes.floor import Floor
from foresail.changes.names import name_for, owned_items, owned_settings, prefix
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.config import parse_config
from foresail.policies.compile import compile_policies
from foresail.targets.base import ScheduledAction, by_time

MINUTES = [NOW + timedelta(minutes=m) for m in range(60)]
STEP = {
    "metric": "cpu",
    "scale_out": {"threshold": 70, "change": 2},
    "scale_in": {"threshold": 30, "periods": 15, "change": -1},
}
TIER = {
    "name": "web",
    "target": {"type": "ec2-auto-scaling-group", "name": GROUP},
    "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount"},
    "unit_capacity": "100 requests/s",
    "max": 60,
}


def settings(**policies):
    if not policies:
        return ()
    data = {"services": [{"name": "shop", "tiers": [{**TIER, "policies": policies}]}]}
    tier = parse_config(data, source="test").services[0].tiers[0]
    made = compile_policies(
        tier.policies,
        type_name=tier.target.type,
        target_name=GROUP,
        prefix=prefix(GROUP),
        lead=tier.lead_time,
    )
    return tuple(made)


def schedule(*steps):
    starts = [(NOW + timedelta(minutes=m), size) for m, size in steps]
    return tuple(ScheduledAction(name_for(GROUP, s, ()), start=s, min_size=n) for s, n in starts)


FEW = (
    *schedule((10, 4), (20, 9), (30, 2)),
    *settings(
        target_tracking={"metric": "cpu", "target": 50},
        predictive={"metric": "cpu", "target": 50},
        warm_pool={"min": 1, "max": 9, "reuse": True},
    ),
)
OTHER = (
    *schedule((10, 6), (25, 3), (40, 2)),
    *settings(target_tracking={"metric": "cpu", "target": 60}, step=STEP),
)
CHANGES = {
    "made": ((), OTHER),
    "changed": (FEW, OTHER),
    "taken away": (OTHER, schedule((10, 6), (40, 2))),
}


class Job(Operator):
    """One group with items on it, one journal, and what an operator can do with them."""

    def __init__(self, target, store, old, new):
        self.target, self.old, self.new = target, old, new
        data = {"services": [{"name": "shop", "tiers": [TIER]}], "store": str(store)}
        self.config = parse_config(data, source="test")
        live = target.read(GROUP)
        target.delete(GROUP, [a.name for a in live.actions])
        target.settings.delete(GROUP, owned_settings(live))
        target.put(GROUP, [i for i in old if isinstance(i, ScheduledAction)])
        target.settings.put(GROUP, [i for i in old if not isinstance(i, ScheduledAction)])
        planned = TierPlan("shop", "web", target.read(GROUP), new, {}, (), {}, "us-east-1")
        self.plan = PlanFile(NOW, "us-east-1", self.config.digest(), (planned,))

    def clients(self):
        return (self.target.client, self.target.settings.alarms.client)

    def described(self):
        """All that AWS answers about the group's policies, alarms, pool and actions."""
        group = self.target.client.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])
        row = group["AutoScalingGroups"][0]
        policies = self.target.client.describe_policies(AutoScalingGroupName=GROUP)
        actions = self.target.client.describe_scheduled_actions(AutoScalingGroupName=GROUP)
        return {
            "pool": (row.get("WarmPoolConfiguration"), row["Tags"]),
            "policies": sorted(map(str, policies["ScalingPolicies"])),
            "actions": sorted(map(str, actions["ScheduledUpdateGroupActions"])),
            "alarms": sorted(self.alarms()),
        }

    def alarms(self):
        rows = self.clients()[1].describe_alarms(AlarmNamePrefix="foresail-")["MetricAlarms"]
        return [(r["AlarmName"], r["Threshold"], *r["AlarmActions"]) for r in rows]


def assert_safe(job, start, end, call):
    live = job.target.read(GROUP)
    before, after = (Floor.of(FLOOR, items) for items in (start, end))
    floor = Floor.of(FLOOR, live.actions)
    assert all(floor.at(t) >= min(before.at(t), after.at(t)) for t in MINUTES), call
    was, will = (policies_of(items) for items in (start, end))
    standing = policies_of(live.settings)
    assert was & will <= standing, call
    if any(floor.at(t) < before.at(t) for t in MINUTES):  # a lower floor may rely on these
        assert will <= standing, call
    if any(floor.at(t) < after.at(t) for t in MINUTES):  # this one relied on those
        assert was <= standing, call
    assert {alarm[0] for alarm in job.alarms()} <= {s.name for s in live.settings}, call
    assert "web-cpu" in live.dynamic_policies


def policies_of(items):
    return {i.name for i in items if i.kind == "scaling-policy" and i.name != "web-cpu"}


every_change = pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES.keys())
both_moments = pytest.mark.parametrize("moment", ["before", "after"])


@both_moments
@every_change
def test_apply_killed_at_any_write_resumes(target, tmp_path, old, new, moment):
    job = Job(target, tmp_path / "count", old, new)
    for call in places_to_die(job.clients(), job.apply):
        job = Job(target, tmp_path / str(call), old, new)
        kill_at(job.clients(), call, moment, job.apply)
        assert_safe(job, old, new, call)
        job.apply()
        assert by_time(owned_items(target.read(GROUP))) == by_time(new), call


@both_moments
@every_change
def test_rollback_killed_at_any_write_resumes_as_described_before(
    target, tmp_path, old, new, moment
):
    def applied(name):
        job = Job(target, tmp_path / name, old, new)
        before = job.described()
        job.apply()
        return job, before

    job, before = applied("count")
    places = places_to_die(job.clients(), job.rollback)
    assert job.described() == before
    for call in places:
        job, before = applied(str(call))
        kill_at(job.clients(), call, moment, job.rollback)
        assert_safe(job, new, old, call)
        job.rollback()
        assert job.described() == before, call
