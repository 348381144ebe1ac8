"""A plan waits for a person by its risk, and a larger change never for less."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresail.approval.grade import Facts, grade
from foresail.changes.changeset import Change, ChangeSet
from foresail.changes.compared import Compared
from foresail.config.approval import AutoConfig
from foresail.policies.items import WarmPool
from foresail.targets.base import LiveTarget, ScheduledAction

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ACTION = ScheduledAction("a", start=NOW + timedelta(hours=1), min_size=5)
CHANGED = ChangeSet("web", (Change("create", "a", None, ACTION),))
LIVE = LiveTarget("ec2-auto-scaling-group", "web", 10, 60, None)
SAME = Compared(10, 10, 10, 10, 240, 240)
SMALL = Facts(LIVE, SAME, CHANGED, 0.9, first=False, price=Decimal("0.10"))


def reasons(auto=None, **changes):
    return grade(replace(SMALL, **changes), auto or AutoConfig())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"compared": replace(SAME, planned_highest=16)}, "raises today's floor of 10 to 16, +60%"),
        ({"compared": replace(SAME, planned_lowest=7)}, "lowers today's floor of 10 to 7, -30%"),
        ({"compared": replace(SAME, planned_hours=1241)}, "cost $100.10 more"),
        ({"trust": 0.4}, "trust in its forecast is 0.40, below 0.50"),
        ({"first": True}, "it is the first plan of web (approval.auto.first_plan)"),
        (
            {
                "changes": ChangeSet(
                    "web", (Change("update", "p", WarmPool("p", {}), WarmPool("p", {})),)
                )
            },
            "it changes p (approval.auto.policy_changes)",
        ),
    ],
)
def test_each_risk_is_told_with_its_figure_and_key(changes, says):
    [reason] = reasons(**changes)
    assert says in reason
    everything = AutoConfig(
        increase=9, decrease=1, cost_per_day=9999, min_trust=0, policy_changes=True, first_plan=True
    )
    assert reasons(everything, **changes) == []


def test_what_a_person_rolled_back_waits_whatever_goes_by_itself():
    everything = AutoConfig(
        increase=9, decrease=1, cost_per_day=9999, min_trust=0, policy_changes=True, first_plan=True
    )
    [reason] = reasons(everything, rolled_back="at 2026-11-24 11:00Z by ann")
    assert reason == "the last plan of web was rolled back at 2026-11-24 11:00Z by ann"


def test_a_small_change_and_none_at_all_go_by_themselves():
    assert reasons() == []
    assert reasons(compared=replace(SAME, planned_highest=15, planned_lowest=8)) == []
    assert reasons(changes=ChangeSet("web", ()), first=True, trust=0.0) == []


def test_without_a_price_money_is_no_reason():
    dear = replace(SAME, planned_hours=99_999)
    assert reasons(compared=dear, price=None) == []
    assert replace(SMALL, price=None).cost_per_day is None


counts = st.integers(0, 80)


@given(
    floors=st.tuples(counts, counts), planned=st.tuples(counts, counts), more=st.integers(0, 40),
    hours=st.floats(0, 5000), trust=st.floats(0, 1), first=st.booleans(),
)  # fmt: skip
def test_a_larger_change_waits_for_at_least_as_many_reasons(
    floors, planned, more, hours, trust, first
):
    today, plan = sorted(floors), sorted(planned)
    seen = Compared(today[1], today[0], plan[1], plan[0], 240, hours)
    larger = replace(
        seen, planned_highest=plan[1] + more, planned_lowest=plan[0] - more,
        planned_hours=hours + 10 * more,
    )  # fmt: skip
    before = reasons(compared=seen, trust=trust, first=first)
    after = reasons(compared=larger, trust=trust / 2, first=True)
    keys = lambda found: {one.rsplit("(", 1)[1] for one in found}  # noqa: E731
    assert keys(before) <= keys(after)
