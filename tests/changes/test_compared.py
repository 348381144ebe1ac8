"""Today's floor against a plan's."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from foresail.changes.compared import Compared, compare, outside
from foresail.changes.guardrails import Evidence, Limits, refusals
from foresail.targets.base import LiveTarget, ScheduledAction

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def hour(number):
    return NOW + timedelta(hours=number)


def action(number, size):
    return ScheduledAction(f"a{number}", start=hour(number), min_size=size)


def live(floor, *actions):
    return LiveTarget("ec2-auto-scaling-group", "web", floor, 60, None, actions)


def test_highest_lowest_and_unit_hours_of_both():
    made = compare(live(4, action(6, 8)), [action(12, 10), action(20, 3), action(30, 2)], NOW)
    assert (made.highest, made.lowest) == (8, 4)
    assert (made.planned_highest, made.planned_lowest) == (10, 3)
    assert made.hours == 4 * 6 + 8 * 18
    assert made.planned_hours == 4 * 12 + 10 * 8 + 3 * 4
    assert Compared.from_json(made.to_json()) == made


def test_what_an_override_made_of_the_day_is_no_measure():
    """An override of 40 ends, or was taken away: the fall to 5 is nobody's fault."""
    standing = live(5, action(2, 40), action(8, 5))
    evidence = Evidence(1.0, "", timedelta(days=14))
    wanted = [action(1, 6), action(30, 2)]
    raised = [action(1, 45), action(30, 2)]
    aside = [(hour(2), hour(8))]
    assert compare(standing, wanted, NOW, aside).highest == 5
    assert refusals(standing, wanted, Limits(), evidence, NOW, aside) == []
    assert refusals(standing, raised, Limits(), evidence, NOW) == []
    assert len(refusals(standing, raised, Limits(), evidence, NOW, aside)) == 1


def test_where_an_override_makes_the_whole_day_no_fall_is_too_deep():
    made = compare(live(40), [action(1, 5), action(30, 2)], NOW, [(hour(-5), hour(30))])
    assert (made.highest, made.lowest, made.hours) == (None, None, 0)
    evidence = Evidence(1.0, "", timedelta(days=14))
    aside = [(hour(-5), hour(30))]
    assert refusals(live(40), [action(1, 5), action(2, 2)], Limits(), evidence, NOW, aside) == []
    assert refusals(live(40), [action(1, 5), action(2, 2)], Limits(), evidence, NOW) != []


@given(st.lists(st.tuples(st.integers(-10, 60), st.integers(0, 20)), max_size=4))
def test_what_is_outside_is_in_no_window_and_all_else_is(windows):
    aside = [(hour(start), hour(start + length)) for start, length in windows]
    parts = outside((NOW, hour(48)), aside)
    for half in range(96):
        when = NOW + timedelta(minutes=30 * half + 15)
        inside = any(start <= when < end for start, end in aside)
        assert any(start <= when < end for start, end in parts) is not inside
