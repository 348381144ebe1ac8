"""Overrides that no plan could follow, or that nobody would remember, are refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from foresail.config import TierConfig
from foresail.errors import InputError
from foresail.overrides.rules import Override, check_override
from foresail.plan.bounds import Bound

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TIER = TierConfig.model_validate(
    {
        "name": "web", "min": 2, "max": 60, "unit_capacity": "9 requests/s",
        "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": {"namespace": "Shop", "metric": "Calls"},
    }
)  # fmt: skip
GOOD = Override("o1", "shop", "web", 40, None, NOW, NOW + timedelta(hours=6), "launch", "ann", NOW)
LATER = {"start": NOW + timedelta(days=2), "end": NOW + timedelta(days=40)}


@pytest.mark.parametrize(
    ("changes", "says", "cure"),
    [
        ({"reason": " "}, "needs a reason", "--reason"),
        ({"reason": "x" * 501}, "501 characters", "500"),
        ({"end": NOW}, "ends before it begins", "--until after --from"),
        ({"start": NOW - timedelta(days=2), "end": NOW - timedelta(days=1)}, "is past", "to come"),
        (LATER, "38 days, longer than 31", "--longer-than-a-month"),
        ({"minimum": None}, "asks for nothing", "--min"),
        ({"minimum": 61}, "--min 61 is above max of shop/web, 60", "raise max in foresail.yaml"),
        ({"minimum": -1}, "below zero", "0 or more"),
        ({"maximum": 39}, "--min 40 is above --max 39", "lower --min"),
        ({"minimum": None, "maximum": 1}, "--max 1 is below min of shop/web, 2", "lower min"),
    ],
)
def test_what_cannot_be_is_refused_with_its_cure(changes, says, cure):
    with pytest.raises(InputError) as error:
        check_override(replace(GOOD, **changes), TIER, [], NOW)
    assert says in error.value.message
    assert cure in (error.value.cure or "")


def test_a_good_one_passes_and_more_than_a_month_when_it_is_meant():
    check_override(GOOD, TIER, [], NOW)
    check_override(replace(GOOD, **LATER), TIER, [], NOW, long=True)


def test_two_that_leave_nothing_to_plan_contradict_each_other():
    cap = replace(GOOD, id="o2", minimum=None, maximum=30, reason="cost")
    with pytest.raises(InputError, match="contradicts override o1: at least 40") as error:
        check_override(cap, TIER, [GOOD], NOW)
    assert error.value.cure == "remove that one first: foresail override --remove o1"
    apart = replace(cap, start=GOOD.end, end=GOOD.end + timedelta(hours=1))
    check_override(apart, TIER, [GOOD], NOW)


def test_units_are_asked_for_early_and_a_cap_holds_in_its_own_time():
    early = timedelta(minutes=12)
    both = replace(GOOD, maximum=50)
    assert both.bounds(early) == [
        Bound(NOW - early, GOOD.end, least=40),
        Bound(NOW, GOOD.end, most=50),
    ]


def test_it_stands_until_it_ends_or_is_removed_and_reads_back():
    assert GOOD.stands(NOW)
    assert not GOOD.stands(GOOD.end)
    gone = GOOD.ended(NOW)
    assert not gone.stands(NOW)
    for one in (GOOD, gone):
        assert Override.from_json(one.to_json()) == one
    assert GOOD.said() == (
        "override o1: at least 40, 2026-11-24 12:00Z to 2026-11-24 18:00Z: launch (by ann)"
    )
