"""Guardrails refuse with the figure, the limit and the key to change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foresail.changes.guardrails import Evidence, Limits, refusals
from foresail.targets.base import LiveTarget, ScheduledAction

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
GOOD = Evidence(trust=0.8, trust_reasons="good", history=timedelta(days=14))


def plan(*sizes):
    """Build actions an hour apart; the last one is the return to the configured floor."""
    return [
        ScheduledAction(f"a{hour}", start=NOW + timedelta(hours=hour), min_size=size)
        for hour, size in enumerate(sizes, 1)
    ]


def live(floor):
    return LiveTarget("ec2-auto-scaling-group", "web", floor, 60, floor)


@pytest.mark.parametrize("sizes", [(10, 20, 5), (20, 5, 2), (10, 1), (5, 20, 0)])
def test_changes_up_to_the_limits_pass(sizes):
    assert refusals(live(10), plan(*sizes), Limits(), GOOD, NOW) == []


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ((21, 5), r"raise today's floor of 10 to 21 \(110%\).*\+100%.*guardrails.increase"),
        ((4, 12, 2), r"lower today's floor of 10 to 4 \(60%\).*-50%.*guardrails.decrease"),
    ],
)
def test_a_change_beyond_a_limit_is_refused(sizes, says):
    [reason] = refusals(live(10), plan(*sizes), Limits(), GOOD, NOW)
    assert __import__("re").search(says, reason)


def test_todays_floor_counts_what_is_already_scheduled():
    already = ScheduledAction("x", start=NOW + timedelta(hours=3), min_size=30)
    target = LiveTarget("ec2-auto-scaling-group", "web", 10, 60, 10, (already,))
    assert refusals(target, plan(50, 10), Limits(), GOOD, NOW) == []


def test_a_floor_of_one_may_still_become_two():
    assert refusals(live(1), plan(2, 1), Limits(increase=0.1), GOOD, NOW) == []
    assert refusals(live(0), plan(3, 0), Limits(), GOOD, NOW) != []


def test_a_reservation_may_begin_from_nothing():
    nothing = LiveTarget("elb-capacity-units", "web", 0, 60, None)
    assert refusals(nothing, plan(50, 10), Limits(), GOOD, NOW) == []
    assert refusals(live(0), plan(50, 10), Limits(), GOOD, NOW)


def test_poor_trust_and_short_history_are_refused_with_their_reason():
    poor = Evidence(
        trust=0.1, trust_reasons="worse than yesterday's value", history=timedelta(hours=30)
    )
    reasons = refusals(live(10), plan(10, 10), Limits(), poor, NOW)
    assert "0.10, below 0.30" in reasons[0]
    assert "worse than yesterday's value" in reasons[0]
    assert "only 30 h of history" in reasons[1]
