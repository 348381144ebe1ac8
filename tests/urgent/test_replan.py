"""From an event to a raised floor on the sandbox; and what is never done."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest

from foresail.errors import InputError
from foresail.operations import rollback_all, rollback_plan
from foresail.overrides.freeze import Freeze, freeze
from foresail.pipeline import tiers
from foresail.store.opening import open_store
from foresail.urgent import replan_urgently
from foresail.urgent.replan import _with_needs
from foresail.urgent.rise import Rise
from urgent.sample import (
    GROUP,
    LATER,
    alarm,
    business,
    config,
    demand,
    points,
)

WINDOW = timedelta(hours=3)


def minutes(start, end):
    return [start + timedelta(minutes=m) for m in range(int((end - start).total_seconds() // 60))]


def test_an_alarm_raises_the_floor_of_the_next_hours_and_nothing_else(shop):
    before = shop.floor()
    [outcome] = shop.run(alarm(LATER))
    assert outcome.state == "applied", outcome
    assert "above the forecast of the last 15 min" in outcome.reasons[0]
    after = shop.floor()
    soon = LATER + timedelta(minutes=5)
    assert after.at(soon) > before.at(soon) * 1.2
    assert all(after.at(t) >= before.at(t) for t in minutes(LATER, LATER + timedelta(hours=23)))
    end = LATER + WINDOW + timedelta(minutes=5)
    assert all(after.at(t) == before.at(t) for t in minutes(end, end + timedelta(hours=18)))


def test_a_rollback_puts_back_what_stood(shop):
    before = shop.ahead()
    shop.run(alarm(LATER))
    assert shop.ahead() != before
    told = shop.config()
    steps = rollback_plan(told, shop.sandbox.aws, LATER)
    rollback_all(told, shop.sandbox.aws, steps, lambda: LATER)
    assert shop.ahead() == before


def test_a_raise_is_bounded_by_the_guardrail_over_the_plans_own_floor(shop):
    before = shop.floor()
    highest = max(before.at(t) for t in minutes(LATER, LATER + timedelta(hours=24)))
    [outcome] = shop.run(
        business(LATER, {"service": "shop", "factor": 3.0}),
        guardrails={"increase": "20%", "decrease": "100%"},
    )
    assert outcome.state == "applied"
    after = shop.floor()
    assert max(after.values) <= max(highest * 1.2, highest + 1)


def test_demand_as_was_forecast_changes_nothing(shop):
    quiet = points((LATER - timedelta(minutes=1), demand_at(LATER)))
    before = shop.target.read(GROUP)
    [outcome] = shop.run(quiet)
    assert (outcome.state, outcome.reasons[0].split(":")[0]) == (
        "unchanged",
        "demand does not lie above the forecast",
    )
    assert shop.target.read(GROUP) == before


def demand_at(when):
    import pandas as pd

    return float(demand(pd.DatetimeIndex([when]))[0])


def test_points_of_a_stream_raise_it_before_cloudwatch_knows(shop):
    high = points((LATER - timedelta(minutes=1), 2 * demand_at(LATER)))
    [outcome] = shop.run(high)
    assert outcome.state == "applied", outcome
    assert shop.floor().at(LATER + timedelta(minutes=5)) >= 2 * demand_at(LATER) / 100


def test_the_same_event_twice_acts_once(shop):
    shop.run(alarm(LATER))
    stands = shop.target.read(GROUP)
    shop.now += timedelta(minutes=20)
    [again] = shop.run(alarm(LATER))
    assert (again.state, again.reasons) == ("unchanged", ("the event was answered before",))
    assert shop.target.read(GROUP) == stands


def test_events_out_of_order_too_old_or_too_soon_are_not_answered(shop):
    shop.run(alarm(LATER))
    shop.now += timedelta(minutes=1)
    said = {}
    for name, at in (("older", -5), ("old", -61), ("soon", 1), ("ahead", 20)):
        [outcome] = shop.run(alarm(LATER + timedelta(minutes=at), event_id=name))
        assert outcome.state == "unchanged"
        said[name] = outcome.reasons[0]
    assert "a later event" in said["older"]
    assert "more than an hour ago" in said["old"]
    assert "none before 2026-11-20T16:12:00Z" in said["soon"]
    assert "still to come" in said["ahead"]


def test_a_frozen_service_is_left_alone(shop):
    store = open_store(shop.config(), shop.sandbox.aws, lambda: LATER)
    made = Freeze("shop", LATER + timedelta(hours=1), "sale", "me", LATER)
    freeze(store.records, made)
    before = shop.target.read(GROUP)
    [outcome] = shop.run(alarm(LATER))
    assert outcome.state == "frozen"
    assert shop.target.read(GROUP) == before


def test_where_every_plan_waits_an_urgent_one_does(shop):
    service = {"approval": {"ask": "always"}}
    [outcome] = shop.run(alarm(LATER), service=service)
    assert outcome.state == "waiting"


def test_another_run_at_work_is_waited_for_by_the_sender(shop):
    store = open_store(shop.config(), shop.sandbox.aws, lambda: LATER)
    store.leases.acquire("service/shop", "somebody", timedelta(minutes=5))
    [outcome] = shop.run(alarm(LATER))
    assert outcome.state == "held"
    assert not outcome.good


def test_without_a_forecast_it_fails_and_is_answered_once_there_is_one(shop, planned):
    empty = config(shop.store.parent / "empty")
    [outcome] = replan_urgently(empty, shop.sandbox.aws, alarm(LATER), lambda: LATER)
    assert outcome.state == "failed"
    assert "no forecast of the hours ahead" in outcome.reasons[0]
    shutil.copytree(planned[0], shop.store.parent / "empty", dirs_exist_ok=True)
    [outcome] = replan_urgently(empty, shop.sandbox.aws, alarm(LATER), lambda: LATER)
    assert outcome.state == "applied"


def test_an_alarm_that_ended_calls_for_nothing(shop):
    assert shop.run(alarm(LATER, state="OK")) == []


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ([], "no JSON object"),
        ({"hello": 1}, "none of the known shapes"),
        (alarm(LATER, name="foresail-shop/web/stale-forecast"), "no alarm on demand above"),
        (business(LATER, {"service": "shop"}, source="other"), "events of other call for no plan"),
        (business(LATER, {"service": "nobody"}), "no service 'nobody'"),
        (business(LATER, {"service": "shop", "tier": "db"}), "no tier 'db'"),
        (business(LATER, {"service": "shop", "factor": 0.5}), "factor: input should be greater"),
        (business(LATER, {"service": "shop", "factor": "2"}), "factor: input should be a valid"),
        (points((LATER, -1.0)), "points.0.value"),
        (points((LATER, float("nan"))), "points.0.value"),
        (points((LATER, 1.0), unit="rps"), "unit: extra inputs"),
        ({**alarm(LATER), "time": "yesterday"}, "time"),
    ],
)
def test_what_is_none_of_the_shapes_is_refused_with_the_reason(tmp_path, event, said):
    with pytest.raises(InputError, match=said):
        replan_urgently(config(tmp_path), None, event, lambda: LATER)


def test_what_a_raised_tier_needs_is_raised_by_the_highest_factor(tmp_path):
    names = {"edge": ["web"], "web": ["db"], "db": [], "jobs": ["db"]}
    [known] = config(tmp_path, plain=True)["services"][0]["tiers"]
    rows = [
        {**known, "name": name, "target": {**known["target"], "name": name}, "needs": needs}
        for name, needs in names.items()
    ]
    group = tiers(config(tmp_path, service={"tiers": rows}))
    rises = {"web": Rise(1.5, True, "demand"), "jobs": Rise(2.0, False, "sale")}
    found = _with_needs(group, rises)
    assert {name: rise.factor for name, rise in found.items()} == {
        "web": 1.5,
        "jobs": 2.0,
        "db": 2.0,
    }
    assert found["db"].why == "sale (jobs needs db)"
