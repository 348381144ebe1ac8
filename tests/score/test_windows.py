"""Windows: whole, settled, once; in each period the plan that was the last made before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from foresail.score.windows import due, in_force, told, why_partial
from score.sample import PERIOD, SIX, START, past, window

SETTLE = timedelta(minutes=20)
MOMENTS = st.integers(0, 2 * 365 * 86400).map(
    lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@given(MOMENTS, st.integers(0, 5 * 86400), st.sampled_from([1, 2, 3, 4, 6, 8, 12, 24]))
def test_windows_are_whole_apart_settled_and_none_is_left_out(since, seconds, hours):
    length, now = timedelta(hours=hours), since + timedelta(seconds=seconds)
    found = due(since, now, length, SETTLE)
    midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
    for at, one in enumerate(found):
        assert one.start >= since
        assert one.end + SETTLE <= now
        assert (one.start - midnight) % length == timedelta(0)
        assert one.end - one.start == length
        assert at == 0 or one.start == found[at - 1].end
    assert now - SETTLE - (found[-1].end if found else since) < 2 * length


def test_a_window_that_has_its_score_is_not_due_again():
    all_of_it = due(START, START + 4 * SIX + SETTLE, SIX, SETTLE)
    assert [one.key for one in all_of_it] == [window(n).key for n in range(4)]
    assert due(START, START + 4 * SIX + SETTLE, SIX, SETTLE, [window(1).key]) == [
        window(0), window(2), window(3),
    ]  # fmt: skip
    assert due(START, START + SIX + SETTLE - timedelta(seconds=1), SIX, SETTLE) == []


def test_the_plan_in_force_is_the_last_that_was_made_before_the_period():
    later = START + timedelta(hours=2, minutes=3)
    held = in_force([past(later, plan="second"), past(START, plan="first")], window())
    assert len(held) == 72
    by_plan = held.groupby("plan")["timestamp"]
    assert by_plan.max()["first"] == START + timedelta(hours=2)
    assert by_plan.min()["second"] == START + timedelta(hours=2, minutes=5)


def test_all_that_was_told_before_a_period_is_there_for_the_lead_times():
    both = [past(START), past(START + timedelta(hours=3))]
    assert len(told(both, window())) == 72 + 36


def test_a_window_without_a_plan_throughout_says_so():
    held = in_force([past(START, hours=4)], window())
    assert (
        why_partial(held, window(), PERIOD) == "a plan was in force in 48 of 72 periods of the 6h"
    )
    assert why_partial(in_force([], window()), window(), PERIOD).startswith(
        "a plan was in force in 0"
    )
    assert why_partial(in_force([past(START)], window()), window(), PERIOD) == ""
