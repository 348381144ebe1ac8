"""The search over levels is exact where brute force can tell, and so is what is out of reach."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.plan.allowed import Allowed, Past
from foresail.plan.moves import Moves
from foresail.plan.paths import Need, Search, reachable

TOP = 6
moves = st.builds(
    Moves,
    most_factor=st.sampled_from([None, 2.0, 1.5]),
    least_factor=st.sampled_from([None, 0.5]),
    most_rise=st.sampled_from([None, None, 1, 2]),
    per_day=st.sampled_from([None, None, 1, 2, 3]),
    falls_per_day=st.sampled_from([None, None, 1]),
    free_falls=st.sampled_from([None, None, 1, 2]),
    fall_rest=st.sampled_from([timedelta(0), timedelta(minutes=2), timedelta(minutes=3)]),
    rest=st.sampled_from([timedelta(0), timedelta(minutes=2), timedelta(minutes=3)]),
    may_fall=st.sampled_from([True, True, False]),
)
needs = st.lists(st.integers(0, TOP), min_size=1, max_size=6)


def may(rules, before, after, changes, falls, minute):
    """Whether a change is allowed, by the rules as they are told to people."""
    falling = after < before
    if falling and not rules.may_fall:
        return False
    if falling and rules.least_factor and after < before * rules.least_factor:
        return False
    if not falling and rules.most_factor and after > max(before * rules.most_factor, before + 1):
        return False
    if not falling and rules.most_rise and after > before + rules.most_rise:
        return False
    if not falling and after < before * (1 + rules.least_rise):
        return False
    if changes and minute - changes[-1] < max(rules.rest.total_seconds() / 60, 1):
        return False
    if rules.per_day and len([c for c in changes if c > minute - 1440]) >= rules.per_day:
        return False
    spent = len([c for c in falls if c > minute - 1440])
    free = rules.free_falls is None or spent < rules.free_falls
    if falling and not free and minute - falls[-1] < rules.fall_rest.total_seconds() / 60:
        return False
    return not (falling and rules.falls_per_day and spent >= rules.falls_per_day)


def ways(rules, length, level, minute=0, changes=(), falls=()):
    """Every sequence of levels, minute by minute, that the rules allow."""
    if minute == length:
        yield ()
        return
    for after in range(TOP + 1):
        if after == level:
            rest = ways(rules, length, level, minute + 1, changes, falls)
        elif may(rules, level, after, changes, falls, minute):
            fell = (*falls, minute) if after < level else falls
            rest = ways(rules, length, after, minute + 1, (*changes, minute), fell)
        else:
            continue
        yield from ((after, *way) for way in rest)


@settings(max_examples=60, deadline=None)
@given(rules=moves, levels=needs.filter(lambda one: len(one) < 6), current=st.integers(0, TOP))
def test_least_area_of_all_allowed_ways_that_cover_what_can_be_covered(rules, levels, current):
    need = Need(range(len(levels)), levels, len(levels))
    allowed = Allowed(rules, TOP)
    every = list(ways(rules, len(levels), current))
    highest = [max(way[at] for way in every) for at in range(len(levels))]
    lowered = reachable(need, allowed, current, Past())
    assert lowered.levels == [min(n, h) for n, h in zip(levels, highest, strict=True)]
    covering = [w for w in every if all(a >= b for a, b in zip(w, lowered.levels, strict=True))]
    best = Search(lowered, allowed, width=10**6).best(current, Past())
    assert best.area == min(map(sum, covering))
    assert tuple(followed(best, len(levels), current)) in covering


def followed(path, length, current):
    level, changes = current, dict(path.changes())
    for minute in range(length):
        level = changes.get(minute, level)
        yield level


@settings(max_examples=60, deadline=None)
@given(rules=moves, levels=needs, current=st.integers(0, TOP), width=st.integers(1, 4))
def test_a_narrow_search_still_covers_and_obeys(rules, levels, current, width):
    allowed = Allowed(rules, TOP)
    lowered = reachable(Need(range(len(levels)), levels, len(levels)), allowed, current, Past())
    way = list(
        followed(Search(lowered, allowed, width).best(current, Past()), len(levels), current)
    )
    assert all(have >= wanted for have, wanted in zip(way, lowered.levels, strict=True))
    changes, falls, before = (), (), current
    for minute, level in enumerate(way):
        if level != before:
            assert may(rules, before, level, changes, falls, minute)
            falls = (*falls, minute) if level < before else falls
            changes, before = (*changes, minute), level
