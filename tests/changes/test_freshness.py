"""A plan is stale when the target changed in a way that the plan cannot explain."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from foresail.changes.freshness import staleness
from foresail.changes.names import name_for
from foresail.changes.planfile import TierPlan
from foresail.targets.base import LiveTarget, ScheduledAction

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def at(minutes, size):
    start = NOW + timedelta(minutes=minutes)
    return ScheduledAction(name_for("web", start, ()), start=start, min_size=size)


THEIRS = ScheduledAction("theirs", start=NOW + timedelta(minutes=20), min_size=3)
LIVE = LiveTarget("ec2-auto-scaling-group", "web", 2, 60, 2, (at(10, 4), THEIRS), ("tt",))
PLAN = TierPlan("shop", "web", LIVE, (at(15, 5), at(30, 2)), {}, (), {}, "us-east-1")


def test_an_unchanged_target_is_fresh():
    assert staleness(PLAN, LIVE, now=NOW, resuming=False) == []


@pytest.mark.parametrize(
    ("live", "says"),
    [
        (replace(LIVE, max_size=80), "MaxSize: 60 when planned, 80 now"),
        (replace(LIVE, min_size=7), "MinSize: 2 when planned, 7 now"),
        (replace(LIVE, dynamic_policies=()), "scaling policies of others"),
        (replace(LIVE, suspended=frozenset({"Launch"})), "suspended processes"),
        (replace(LIVE, actions=(at(10, 4),)), "scheduled actions of others.*theirs"),
        (replace(LIVE, actions=(at(10, 9), THEIRS)), "what foresail wrote"),
        (replace(LIVE, actions=(THEIRS,)), "what foresail wrote"),
    ],
)
def test_each_change_is_named(live, says):
    [found] = staleness(PLAN, live, now=NOW, resuming=False)
    assert __import__("re").search(says, found)


def test_actions_that_ran_meanwhile_explain_themselves():
    later = NOW + timedelta(minutes=11)
    ran = replace(LIVE, min_size=4, actions=(THEIRS,))
    assert staleness(PLAN, ran, now=later, resuming=False) == []


def test_a_cut_apply_may_stand_anywhere_between_before_and_after():
    half = replace(LIVE, actions=(at(10, 5), at(15, 5), THEIRS))
    assert staleness(PLAN, half, now=NOW, resuming=True) == []
    strange = replace(half, actions=(*half.actions, at(44, 9)))
    assert "no plan made" in staleness(PLAN, strange, now=NOW, resuming=True)[0]
