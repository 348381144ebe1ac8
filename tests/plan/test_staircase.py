"""Steps fitted to how a target may move: every rule kept, nothing short that could be covered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.errors import InputError
from foresail.plan.allowed import Allowed, Past
from foresail.plan.moves import Moves
from foresail.plan.paths import Need, Search, reachable
from foresail.plan.staircase import staircase

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(hours=24)
KINESIS = Moves(most_factor=2, least_factor=0.5, per_day=10, rest=timedelta(minutes=30))


def at(minute):
    return START + timedelta(minutes=minute)


def steps(rows):
    return pd.DataFrame(
        {"start": [pd.Timestamp(at(m)) for m, _ in rows], "capacity": [c for _, c in rows]}
    )


def fitted(rows, moves, end=1440, current=1, floor=1, **options):
    made = staircase(
        steps(rows), start=START, end=at(end), floor=floor, current=current, moves=moves, **options
    )
    starts = [(t - START) // timedelta(minutes=1) for t in made.steps["start"]]
    return list(zip(starts, made.steps["capacity"], strict=True)), made.warnings


def test_a_rise_from_1_to_8_is_three_doublings_the_last_in_time():
    made, warnings = fitted([(0, 1), (600, 8), (700, 1)], KINESIS)
    assert made == [(0, 1), (540, 2), (570, 4), (600, 8), (700, 4), (730, 2), (760, 1)]
    assert warnings == ()


def test_a_rise_that_cannot_be_in_time_is_told_from_when_to_when_and_by_how_much():
    made, [warning] = fitted([(0, 1), (40, 8)], KINESIS)
    assert made[:3] == [(0, 2), (30, 4), (60, 8)]
    assert "from Tue 24 Nov 12:40Z to Tue 24 Nov 13:00Z up to 4 of 8 needed units" in warning


def test_changes_of_the_last_day_count():
    recent = [(START - timedelta(hours=h), 4, 2) for h in (9, 6, 3)]
    limit = Moves(per_day=3)
    made, [warning] = fitted([(0, 2), (60, 5)], limit, current=2, recent=recent)
    assert made[:2] == [(0, 2), (15 * 60, 5)]
    assert "from Tue 24 Nov 13:00Z to Wed 25 Nov 03:00Z up to 3 of 5" in warning


def test_falls_are_given_up_first_and_those_that_save_least():
    rows = [(0, 2), (100, 5), (200, 2), (300, 5), (310, 2), (400, 9), (500, 2)]
    made, warnings = fitted(rows, Moves(falls_per_day=2), current=2)
    assert made[:6] == [(0, 2), (100, 5), (200, 2), (300, 5), (400, 9), (500, 2)]
    assert made[6:] == [(200 + 1440, 1)]  # the first fall is a day ago then
    assert warnings == ()


def test_what_never_falls_is_told_to_stay():
    made, [warning] = fitted([(0, 2), (100, 5), (200, 3)], Moves(may_fall=False), current=2)
    assert made == [(0, 2), (100, 5)]
    assert "stays at 5, not 1" in warning


def test_a_smallest_rise_is_rounded_up_to():
    made, _ = fitted([(0, 100), (100, 101)], Moves(least_rise=0.1), current=100)
    assert made[1] == (100, 110)


def test_a_taken_minute_is_left_to_others():
    taken = frozenset({at(600), at(599), at(700)})
    made, _ = fitted([(0, 1), (600, 8), (700, 1)], Moves(), taken=taken)
    assert made == [(0, 1), (598, 8), (701, 1)]


def test_a_plan_that_ends_before_it_begins_is_refused():
    with pytest.raises(InputError, match="before its first change"):
        fitted([(0, 1)], KINESIS, end=0)


moves = st.builds(
    Moves,
    most_factor=st.sampled_from([None, 2.0, 1.5]),
    least_factor=st.sampled_from([None, 0.5]),
    most_rise=st.sampled_from([None, 3]),
    least_rise=st.sampled_from([0.0, 0.1]),
    per_day=st.sampled_from([None, 4, 10]),
    falls_per_day=st.sampled_from([None, 2]),
    free_falls=st.sampled_from([None, 1]),
    fall_rest=st.sampled_from([timedelta(minutes=45), timedelta(hours=5)]),
    rest=st.sampled_from([timedelta(0), timedelta(minutes=30), timedelta(hours=6)]),
    may_fall=st.sampled_from([True, True, False]),
)
demands = st.dictionaries(st.integers(0, 170), st.integers(1, 40), min_size=1, max_size=10)


def in_force(made, minute):
    return [level for m, level in made if m <= minute][-1]


@settings(max_examples=60, deadline=None)
@given(
    moves=moves,
    demand=demands,
    current=st.integers(1, 40),
    recent=st.lists(st.integers(-1500, -1), max_size=3, unique=True),
)
def test_every_rule_is_kept_and_nothing_is_short_that_is_not_told(moves, demand, current, recent):
    rows = sorted((10 * m, level) for m, level in ({0: current} | demand).items())
    past = [(at(m), 5, 4) for m in sorted(recent)]
    made, warnings = fitted(rows, moves, 1800, current, recent=past)
    assert_kept(moves, [(m, -1) for m in sorted(recent)], current, made)
    short = [m for m in range(1800) if in_force(made, m) < in_force(rows, m)]
    told = [w for w in warnings if "missing" in w]
    assert bool(short) == bool(told)


def assert_kept(moves, recent, current, made):
    """Each rule, as AWS tells it."""
    changes, before = list(recent), current
    for minute, level in made:
        if level == before:
            continue
        if level > before:
            assert moves.most_factor is None or level <= max(before * moves.most_factor, before + 1)
            assert moves.most_rise is None or level <= before + moves.most_rise
            assert level >= before * (1 + moves.least_rise) - 1e-9
        else:
            assert moves.may_fall
            assert moves.least_factor is None or level >= before * moves.least_factor
        changes.append((minute, level - before))
        before = level
    own = changes[len(recent) :]
    for number, (minute, _) in enumerate(own, len(recent)):
        if number:
            assert timedelta(minutes=minute - changes[number - 1][0]) >= moves.rest
        within = [by for m, by in changes[: number + 1] if m > minute - 1440]
        assert moves.per_day is None or len(within) <= moves.per_day
        falls = sum(by < 0 for by in within)
        fell = changes[number][1] < 0
        assert not fell or moves.falls_per_day is None or falls <= moves.falls_per_day
        if fell and moves.free_falls is not None and falls > moves.free_falls:
            last = max(m for m, by in changes[:number] if by < 0)
            assert timedelta(minutes=minute - last) >= moves.fall_rest


@settings(max_examples=60, deadline=None)
@given(
    factor=st.sampled_from([None, 2.0]),
    back=st.sampled_from([None, 0.5]),
    rest=st.integers(1, 4),
    demand=st.dictionaries(st.integers(0, 19), st.integers(1, 9), min_size=1, max_size=5),
    current=st.integers(1, 9),
)
def test_the_moments_tried_are_enough(factor, back, rest, demand, current):
    """Against a search that may change at any minute at all."""
    moves = Moves(factor, back, rest=timedelta(minutes=rest))
    rows = sorted(demand.items())
    wanted = [(0, rows[0][1]), *rows]
    levels = [in_force(wanted, m) for m in range(20)]
    allowed = Allowed(moves)
    any_minute = reachable(Need(range(20), levels, 20), allowed, current, Past())
    least = Search(any_minute, allowed, width=10**4).best(current, Past()).area
    made, _ = fitted(wanted, moves, 20, current, floor=levels[-1])
    area = sum(in_force(made, m) for m in range(20))
    assert area <= least * 1.1 + 1  # the moments are few; most often it is the same
