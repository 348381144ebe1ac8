"""Apply and rollback killed at every write to AWS in turn, before it is sent and after it is done.

Each goes through the same functions as the command line. Whatever stood before (nothing, a
schedule, a full group) and wherever it dies: the floor is never under the lower of old and new,
and running the same again ends where an undisturbed run ends.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from faults.killing import FLOOR, GROUP, NOW, Operator, kill_at, places_to_die
from foresail.changes.floor import Floor
from foresail.changes.names import name_for, owned
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.config import parse_config
from foresail.targets.base import ScheduledAction, by_time

MINUTES = [NOW + timedelta(minutes=m) for m in range(140)]
THEIRS = ScheduledAction("nightly", recurrence="0 3 * * *", time_zone="Asia/Kolkata", min_size=0)


def schedule(*steps):
    starts = [(NOW + timedelta(minutes=m), size) for m, size in steps]
    return tuple(
        ScheduledAction(name_for(GROUP, start, ()), start=start, min_size=size)
        for start, size in starts
    )


NEW = schedule(
    (10, 6), (15, 3), (25, 8), (31, 9), (50, 2), *((m, m % 5 + 2) for m in range(55, 112))
)
BEFORE = {
    "nothing": (),
    "a schedule": schedule((10, 4), (20, 9), (30, 5), (45, 3), (50, 7), (90, 2)),
    "a full group": schedule(*((m, m % 7 + 2) for m in range(9, 132))),
}


class Job(Operator):
    """One group, one journal, and what an operator can do with them."""

    def __init__(self, target, store, old):
        self.target = target
        tier = {
            "name": "web",
            "target": {"type": "ec2-auto-scaling-group", "name": GROUP},
            "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount"},
            "unit_capacity": "100 requests/s",
            "max": 60,
        }
        data = {"services": [{"name": "shop", "tiers": [tier]}], "store": str(store)}
        self.config = parse_config(data, source="test")
        target.delete(GROUP, [a.name for a in target.read(GROUP).actions])
        target.put(GROUP, (*old, THEIRS))
        planned = TierPlan("shop", "web", target.read(GROUP), NEW, {}, (), {}, "us-east-1")
        self.plan = PlanFile(NOW, "us-east-1", self.config.digest(), (planned,))

    def described(self):
        pages = self.target.client.get_paginator("describe_scheduled_actions")
        rows = pages.paginate(AutoScalingGroupName=GROUP).build_full_result()
        by_name = {r["ScheduledActionName"]: r for r in rows["ScheduledUpdateGroupActions"]}
        return dict(sorted(by_name.items()))


def least(*schedules):
    floors = [Floor.of(FLOOR, s) for s in schedules]
    return [min(floor.at(t) for floor in floors) for t in MINUTES]


def assert_covered(target, needed, call):
    floor = Floor.of(FLOOR, owned(target.read(GROUP)))
    short = [t for t, low in zip(MINUTES, needed, strict=True) if floor.at(t) < low]
    assert not short, f"under the floor after call {call}: {short[:3]}"


both_moments = pytest.mark.parametrize("moment", ["before", "after"])
every_start = pytest.mark.parametrize("old", BEFORE.values(), ids=BEFORE.keys())


@both_moments
@every_start
def test_apply_killed_at_any_write_resumes_and_is_never_short(target, tmp_path, old, moment):
    for call in places_to_die([target.client], Job(target, tmp_path / "count", old).apply):
        job = Job(target, tmp_path / str(call), old)
        kill_at([target.client], call, moment, job.apply)
        assert_covered(target, least(old, NEW), call)
        job.apply()
        assert owned(target.read(GROUP)) == tuple(by_time(NEW)), call
        assert THEIRS in target.read(GROUP).actions


@both_moments
@every_start
def test_rollback_killed_at_any_write_resumes_byte_for_byte(target, tmp_path, old, moment):
    def applied(name):
        job = Job(target, tmp_path / name, old)
        before = job.described()
        job.apply()
        return job, before

    for call in places_to_die([target.client], applied("count")[0].rollback):
        job, before = applied(str(call))
        kill_at([target.client], call, moment, job.rollback)
        assert_covered(target, least(old, NEW), call)
        job.rollback()
        assert job.described() == before, call


@every_start
def test_a_killed_apply_can_be_rolled_back_even_by_a_killed_rollback(target, tmp_path, old):
    for call in places_to_die([target.client], Job(target, tmp_path / "count", old).apply):
        job = Job(target, tmp_path / str(call), old)
        before = job.described()
        kill_at([target.client], call, "after", job.apply)
        if before == job.described():
            continue
        kill_at([target.client], 3, "after", job.rollback)
        assert_covered(target, least(old, NEW), call)
        job.rollback()
        assert job.described() == before, call
