from datetime import timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.coordination.stagger import staggered

START = pd.Timestamp("2026-11-09", tz="UTC")


def need(values, minutes=5):
    starts = [START + pd.Timedelta(minutes=minutes * i) for i in range(len(values) + 1)]
    return pd.DataFrame({"series": "db", "start": starts[:-1], "end": starts[1:], "needed": values})


def held(frame, at):
    rows = frame[(frame["start"] <= at) & (at < frame["end"])]
    return None if rows.empty else int(rows["needed"].iloc[0])


def test_rises_come_earlier_and_falls_later():
    out = staggered(need([2, 5, 5, 1]), timedelta(minutes=2), timedelta(minutes=3))
    at = lambda minutes: held(out, START + pd.Timedelta(minutes=minutes))  # noqa: E731
    assert [at(2), at(3), at(17), at(18)] == [2, 5, 5, 1]
    assert out["end"].iloc[-1] == START + pd.Timedelta(minutes=23)


def test_no_shift_changes_nothing():
    frame = need([2, 5])
    assert staggered(frame, timedelta(0), timedelta(0)) is frame


@settings(max_examples=50, deadline=None)  # minute by minute: slow on a busy machine
@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_it_is_the_highest_of_the_window(values, ahead, after):
    out = staggered(need(values), timedelta(minutes=ahead), timedelta(minutes=after))
    frame = need(values)
    for minute in range(-ahead, 5 * len(values) + after):
        when = START + pd.Timedelta(minutes=minute)
        window = frame[
            (frame["end"] > when - pd.Timedelta(minutes=after))
            & (frame["start"] <= when + pd.Timedelta(minutes=ahead))
        ]
        assert held(out, when) == window["needed"].max()
