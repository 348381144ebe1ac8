"""Bounds of a need, and windows in which nothing falls."""

from datetime import UTC, datetime, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.plan.bounds import Bound, bounded, without_falls

START = datetime(2026, 11, 24, tzinfo=UTC)
MINUTES = range(0, 1440, 7)


def at(minute):
    return START + timedelta(minutes=minute)


def need(levels, step=60):
    starts = pd.DatetimeIndex([at(step * number) for number in range(len(levels))])
    ends = [*starts[1:], starts[-1] + timedelta(minutes=step)]
    return pd.DataFrame({"series": "web", "start": starts, "end": ends, "needed": levels})


def level(frame, when, column="needed"):
    return int(frame[frame["start"] <= when][column].iloc[-1])


bounds = st.lists(
    st.builds(
        lambda start, length, least, most: Bound(at(start), at(start + length), least, most),
        st.integers(-200, 1500),
        st.integers(1, 900),
        st.one_of(st.none(), st.integers(0, 60)),
        st.one_of(st.none(), st.integers(0, 60)),
    ),
    max_size=4,
)
levels = st.lists(st.integers(0, 50), min_size=1, max_size=12)


@settings(deadline=None)
@given(levels=levels, bounds=bounds)
def test_at_each_moment_the_need_is_within_all_bounds_and_else_as_it_was(levels, bounds):
    before = need(levels)
    after = bounded(before, bounds, floor=2)
    assert list(after["end"][:-1]) == list(after["start"][1:])
    end = after["end"].iloc[-1]
    for when in (at(m) for m in MINUTES if at(m) < end):
        inside = [one for one in bounds if one.start <= when < one.end]
        least = max((b.least for b in inside if b.least is not None), default=0)
        most = min((b.most for b in inside if b.most is not None), default=99)
        was = level(before, when) if when < before["end"].iloc[-1] else 2
        assert level(after, when) == max(min(was, most), least)


@settings(deadline=None)
@given(
    levels=levels,
    windows=st.lists(st.tuples(st.integers(-100, 700), st.integers(1, 200)), max_size=3),
)
def test_nothing_falls_within_a_window_and_nothing_is_lower_than_before(levels, windows):
    spans = [(at(start), at(start + length)) for start, length in windows]
    before = need(levels)
    after = without_falls(before, spans, "needed")
    falls = [b for (_, a), (b, c) in zip(rows(after), rows(after)[1:], strict=False) if c < a]
    assert not [one for one in falls if any(start <= one < end for start, end in spans)]
    for when in (at(m) for m in MINUTES if at(m) < before["end"].iloc[-1]):
        assert level(after, when) >= level(before, when)
        if not any(start <= when < end for start, end in spans):
            assert level(after, when) == level(before, when)


def rows(frame):
    return list(zip(frame["start"], frame["needed"], strict=True))


def test_a_bound_after_the_need_keeps_the_floor_between():
    after = bounded(need([5, 5]), [Bound(at(300), at(360), least=40)], floor=2)
    assert [level(after, at(m)) for m in (0, 119, 120, 299, 300, 359)] == [5, 5, 2, 2, 40, 40]
    assert after["end"].iloc[-1] == at(360)
