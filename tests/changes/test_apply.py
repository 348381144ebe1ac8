"""Apply on the sandbox: resume, stale plans, rollback byte for byte (faults: tests/faults)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from foresail.changes.apply import Writer, apply_tier
from foresail.changes.names import name_for, owned
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.changes.rollback import drift, last_run, restored
from foresail.errors import ApplyError, AwsError, InputError, RefusedError
from foresail.sandbox import Sandbox, create_group
from foresail.store.opening import folder_store
from foresail.targets.base import ScheduledAction
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
GROUP = "web"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        create_group(running, GROUP, min_size=2, max_size=60, target_tracking=70)
        yield running


@pytest.fixture
def target(sandbox):
    """A target on a group without actions, at noon."""
    made = AutoScalingGroup(sandbox.aws)
    sandbox.clock.now = NOW
    for names in [[a.name for a in made.read(GROUP).actions]]:
        if names:
            made.delete(GROUP, names)
    return made


@pytest.fixture
def journal(tmp_path):
    return folder_store(tmp_path).journal


def schedule(*steps):
    return tuple(
        ScheduledAction(
            name_for(GROUP, NOW + timedelta(minutes=m), ()),
            start=NOW + timedelta(minutes=m),
            min_size=size,
        )
        for m, size in steps
    )


def plan_for(target, wanted, refused=()):
    tier = TierPlan(
        "shop", "web", target.read(GROUP), tuple(wanted), {}, tuple(refused), {}, "us-east-1"
    )
    return PlanFile(NOW, "us-east-1", "digest", (tier,))


def run(plan, target, journal, sandbox):
    return apply_tier(plan, plan.tiers[0], target, journal, lambda: sandbox.clock.now)


OLD = schedule((10, 4), (20, 9), (30, 5), (45, 3), *((m, m % 7 + 2) for m in range(50, 110)))
NEW = schedule(
    (10, 6), (15, 3), (25, 8), (31, 9), (50, 2), *((m, m % 5 + 2) for m in range(55, 112))
)


def test_applying_twice_changes_nothing_the_second_time(target, journal, sandbox):
    plan = plan_for(target, NEW)
    first = run(plan, target, journal, sandbox)
    [journalled] = journal.runs("us-east-1", target.type_name, GROUP)
    assert (first.changes.count("create"), first.run_id) == (len(NEW), journalled.id)
    second = run(plan, target, journal, sandbox)
    assert (second.run_id, second.changes.pending) == (None, ())


def test_rollback_restores_what_was_there_byte_for_byte(target, journal, sandbox):
    def described():
        answer = target.client.describe_scheduled_actions(AutoScalingGroupName=GROUP)
        rows = answer["ScheduledUpdateGroupActions"]
        return sorted(rows, key=lambda row: row["ScheduledActionName"])

    theirs = ScheduledAction(
        "nightly", recurrence="0 3 * * *", time_zone="Asia/Kolkata", min_size=0
    )
    target.put(GROUP, (*OLD[:5], theirs))
    before = described()
    run(plan_for(target, NEW), target, journal, sandbox)
    assert described() != before
    last = last_run(journal.runs("us-east-1", target.type_name, GROUP))
    live = target.read(GROUP)
    wanted = restored(last, live, NOW)
    writer = Writer(target, journal, "undo", "rollback", "us-east-1", lambda: NOW)
    writer.write(live, wanted)
    assert described() == before


def test_rollback_after_actions_ran_puts_the_floor_back(target, journal, sandbox):
    run(plan_for(target, schedule((10, 7), (60, 2))), target, journal, sandbox)
    last = last_run(journal.runs("us-east-1", target.type_name, GROUP))
    later = NOW + timedelta(minutes=30)
    live = replace(target.read(GROUP), min_size=7)
    [action] = restored(last, live, later)
    assert (action.min_size, action.start) == (2, later + timedelta(minutes=3))


def test_others_actions_are_left_alone_and_warned_about(target, journal, sandbox):
    theirs = ScheduledAction("launch-day", start=NOW + timedelta(minutes=33), min_size=1)
    target.put(GROUP, [theirs])
    done = run(plan_for(target, NEW), target, journal, sandbox)
    assert theirs in done.live.actions
    assert any("launch-day" in warning for warning in done.changes.warnings)


def test_a_stale_plan_is_refused_and_nothing_is_written(target, journal, sandbox):
    plan = plan_for(target, NEW)
    target.put(GROUP, [ScheduledAction("x", start=NOW + timedelta(minutes=33), min_size=1)])
    before = target.read(GROUP)
    with pytest.raises(InputError, match=r"stale.*others.*x"):
        run(plan, target, journal, sandbox)
    assert target.read(GROUP) == before
    assert journal.runs("us-east-1", target.type_name, GROUP) == []


def test_a_refused_plan_is_not_written(target, journal, sandbox):
    with pytest.raises(RefusedError, match="too far"):
        run(plan_for(target, NEW, refused=["too far"]), target, journal, sandbox)
    assert target.read(GROUP).actions == ()


def test_a_partial_failure_names_the_action_and_resumes(target, journal, sandbox):
    plan = plan_for(target, NEW)
    clash = ScheduledAction("theirs", start=NEW[2].start, min_size=1)
    put = target.put

    def meanwhile(name, actions):
        put(name, [clash])  # somebody takes the minute between the check and the write
        return put(name, actions)

    target.put = meanwhile
    with pytest.raises(ApplyError, match="AlreadyExists"):
        run(plan, target, journal, sandbox)
    target.put = put
    target.delete(GROUP, ["theirs"])
    assert run(plan, target, journal, sandbox).resumed
    assert owned(target.read(GROUP)) == tuple(sorted(NEW, key=lambda a: a.start))


@pytest.mark.parametrize(("calls", "error"), [(0, AwsError), (1, ApplyError)])
def test_a_refusal_that_wrote_nothing_is_told_from_a_stop_half_way(
    target, journal, sandbox, calls, error
):
    """Exit 2 says that nothing was written, so a denial after the first batch is no exit 2."""
    seen = iter(range(100))

    def deny(**_):
        if next(seen) == calls:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "BatchPut")

    event = "before-call.auto-scaling.BatchPutScheduledUpdateGroupAction"
    target.client.meta.events.register(event, deny)
    plan = plan_for(target, NEW)
    assert len(NEW) > 50  # two batches
    with pytest.raises(error, match="no permission for autoscaling:BatchPut"):
        run(plan, target, journal, sandbox)
    target.client.meta.events.unregister(event, deny)
    assert run(plan, target, journal, sandbox).resumed
    assert owned(target.read(GROUP)) == tuple(sorted(NEW, key=lambda a: a.start))


def test_a_plan_reviewed_for_long_still_brings_the_floor_that_is_due(target, journal, sandbox):
    plan = plan_for(target, schedule((5, 6), (40, 3), (60, 2)))
    sandbox.clock.now = NOW + timedelta(minutes=12, seconds=20)
    done = run(plan, target, journal, sandbox)
    first = owned(done.live)[0]
    assert (first.min_size, first.start) == (6, NOW + timedelta(minutes=15))


def test_drift_names_what_somebody_changed(target, journal, sandbox):
    run(plan_for(target, NEW), target, journal, sandbox)
    last = last_run(journal.runs("us-east-1", target.type_name, GROUP))
    assert drift(last, target.read(GROUP), NOW).pending == ()
    target.put(GROUP, [replace(NEW[0], min_size=1)])
    target.delete(GROUP, [NEW[1].name])
    kinds = {c.name: c.operation for c in drift(last, target.read(GROUP), NOW).pending}
    assert kinds == {NEW[0].name: "update", NEW[1].name: "create"}
