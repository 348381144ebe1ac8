"""A run applies what is small, lets the rest wait, and holds still where somebody said so."""

from datetime import timedelta

import pytest

from cycle.conftest import FREE
from foresail.cycle.approving import approve
from foresail.cycle.history import history_of
from foresail.cycle.keeping import kept_outcomes
from foresail.errors import InputError
from foresail.operations import apply_all, rollback_all, rollback_plan
from foresail.overrides.freeze import Freeze, freeze
from foresail.pipeline import plan_all
from foresail.score.modes import PARTITION as MODE
from foresail.score.modes import Mode
from foresail.store.leases import LeaseHeld
from foresail.store.records import Put


def states(outcomes):
    return {one.service: one.state for one in outcomes}


def test_all_services_are_applied_and_the_same_again_is_unchanged(operator):
    operator.service = {"approval": FREE}
    done = operator.run(None)
    assert states(done) == {"shop": "applied", "batch": "applied"}
    assert operator.written("web")
    assert operator.written("jobs")
    assert done[0].rows[0]["verified"]
    operator.later(minutes=1)
    assert states(operator.run("shop")) == {"shop": "unchanged"}
    kept = kept_outcomes(operator.store.records, "shop")
    assert [one.outcome["state"] for one in kept] == ["unchanged", "applied"]
    [decision] = operator.store.decisions.latest("shop")
    assert (decision.tier, decision.plan_id) == ("web", done[0].plan_id)
    assert decision.strategy == "scheduled-actions"


def test_a_service_that_fails_stops_no_other(operator, sandbox):
    operator.service = {"approval": FREE}
    client = sandbox.client("autoscaling")
    client.update_auto_scaling_group(AutoScalingGroupName="web", MinSize=0)
    client.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    done = operator.run(None)
    assert states(done) == {"shop": "failed", "batch": "applied"}
    assert "web" in done[0].reasons[0]
    assert not done[0].good
    with pytest.raises(InputError, match="no service 'shpo'"):
        operator.run("shpo")


def test_the_first_plan_waits_by_default_and_nothing_is_written(operator):
    [done] = operator.run()
    assert (done.state, done.good) == ("waiting", True)
    assert any("first plan of web" in reason for reason in done.reasons)
    assert operator.written() == []
    [waiting] = operator.work.pending.waiting(operator.now)
    assert waiting.plan_id == done.plan_id


def test_what_a_guardrail_refuses_is_refused_though_nobody_is_asked(operator):
    operator.service, operator.tier = {"approval": FREE}, {"guardrails": {"increase": "10%"}}
    [done] = operator.run()
    assert (done.state, done.good) == ("refused", False)
    assert "guardrails.increase" in done.reasons[0]
    assert operator.written() == []


def stop(operator, how):
    if how == "frozen":
        until = operator.now + timedelta(hours=2)
        freeze(operator.store.records, Freeze("shop", until, "peak", "ann", operator.now))
    elif how == "maintenance":
        operator.service["maintenance"] = [{"cron": "0 15 * * *", "duration": "2h"}]
    else:
        data = Mode(forecast_only=True, reason="calibration lost").to_json()
        operator.store.records.write(Put(MODE, "shop", data))


@pytest.mark.parametrize(
    ("how", "state", "says"),
    [
        ("frozen", "frozen", "frozen until 2026-11-20 17:03Z: peak (by ann)"),
        ("maintenance", "frozen", "maintenance until 2026-11-20 17:00Z"),
        ("demoted", "forecast-only", "calibration lost"),
    ],
)
def test_a_service_at_a_standstill_is_planned_and_not_written(operator, how, state, says):
    operator.service = {"approval": FREE}
    stop(operator, how)
    [done] = operator.run()
    assert (done.state, done.reasons, done.good) == (state, (says,), True)
    assert done.plan_id
    assert operator.written() == []
    operator.later(hours=3)
    if how == "frozen":
        assert states(operator.run()) == {"shop": "applied"}


def play(operator, **span):
    """Let time pass on AWS, too: due actions run."""
    operator.later(**span)
    operator.sandbox.advance(operator.now)


def test_a_run_does_not_write_again_what_a_person_rolled_back(operator):
    operator.service = {"approval": {"auto": {"increase": 20, "first_plan": True}}}
    assert states(operator.run()) == {"shop": "applied"}
    play(operator, minutes=10)
    steps = rollback_plan(operator.config, operator.aws, operator.now, "shop")
    rollback_all(
        operator.config, operator.aws, steps, lambda: operator.now, approved_by="ann: too many"
    )
    play(operator, minutes=50)
    [done] = operator.run()
    assert done.state == "waiting", done.reasons
    assert "web was rolled back at 2026-11-20 15:13Z by ann: too many" in done.reasons[-1]
    assert operator.written() == []
    assert approve(operator.work, done.plan_id, "bob", "a drill").state == "applied"
    operator.later(minutes=10)
    assert states(operator.run())["shop"] in ("applied", "unchanged")


def test_a_run_that_meets_another_at_work_leaves_the_service_to_it(operator):
    operator.service = {"approval": FREE}
    leases = operator.store.leases
    leases.acquire("service/shop", "another host", timedelta(minutes=15))
    done = operator.run(None)
    assert states(done) == {"shop": "held", "batch": "applied"}
    assert "held by another host" in done[0].reasons[0]
    assert operator.written() == []
    plan, _ = plan_all(operator.config, operator.aws, operator.now, service="shop")
    with pytest.raises(LeaseHeld, match="another host"):
        apply_all(operator.config, plan, operator.aws, lambda: operator.now)
    operator.later(minutes=16)
    assert states(operator.run()) == {"shop": "applied"}


def test_history_says_who_wrote_what_and_what_was_left_alone(operator):
    [waiting] = operator.run()
    operator.later(minutes=5)
    operator.service = {"approval": FREE}
    [applied] = operator.run()
    rows = history_of(operator.config, operator.store, "shop")
    assert [(one.what, one.plan) for one in rows] == [
        ("apply", applied.plan_id), ("waiting", waiting.plan_id)
    ]  # fmt: skip
    assert (rows[0].target, rows[0].state) == ("web", "done")
