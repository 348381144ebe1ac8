"""Charts: what lies where, gaps, and steps."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresail.ui.drawing import HEIGHT, LEFT, WIDTH, Frame, area, chart, frame_for, line, short

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
END = START + timedelta(hours=48)
BERLIN = ZoneInfo("Europe/Berlin")
FRAME = Frame(START, END, 100.0, BERLIN)


def series(values, minutes=60):
    times = pd.date_range(START, periods=len(values), freq=f"{minutes}min")
    return pd.Series(values, index=times, dtype=float)


@given(st.lists(st.floats(0, 1e12), min_size=1, max_size=50))
def test_all_values_lie_within_the_chart(values):
    drawn = series(values)
    frame = frame_for(START, END, BERLIN, [drawn])
    assert frame.top >= max([*values, 1.0])
    for x, y in re.findall(r"([\d.]+) ([\d.]+)", line(frame, drawn, "k")):
        assert LEFT <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT


def test_a_line_breaks_where_nothing_is_known():
    drawn = line(FRAME, series([1, 2, np.nan, 4, 5]), "k")
    assert drawn.count("M") == 2 and drawn.count("L") == 2
    assert line(FRAME, series([np.nan]), "k") == '<path d="" class="line k"/>'


def test_steps_go_across_and_then_up():
    assert re.search(r'd="M62.0 200.0H\S+V\S+"', line(FRAME, series([0, 10]), "k", steps=True))


def test_what_lies_outside_is_not_drawn():
    late = series([5]).shift(freq="100h")
    assert line(FRAME, late, "k") == '<path d="" class="line k"/>'
    assert area(FRAME, late, late, "k") == ""


def test_time_is_ticked_by_the_wall_clock_also_when_it_changes():
    night = Frame(datetime(2026, 10, 24, 10, tzinfo=UTC), datetime(2026, 10, 26, 10, tzinfo=UTC),
                  1.0, BERLIN)  # fmt: skip
    ticks = re.findall(r'class="tick" text-anchor="middle">([^<]+)', chart(night, END, "x"))
    assert ticks == ["18:00", "Sun 25", "06:00", "12:00", "18:00", "Mon 26", "06:00"]


def test_the_present_is_marked_where_it_is_on_the_chart():
    assert ">now<" in chart(FRAME, START + timedelta(hours=1), "x")
    assert ">now<" not in chart(FRAME, END + timedelta(hours=1), "x")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (37.5, "37.5"),
        (1234, "1,234"),
        (12_345, "12.3k"),
        (2.5e6, "2.5M"),
        (float("nan"), "-"),
    ],
)
def test_numbers_are_short(value, said):
    assert short(value) == said
