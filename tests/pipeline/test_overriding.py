"""An override is never undercut, nothing falls in a window, and actions say which one it was."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.overrides.rules import Override
from foresail.pipeline.overriding import Decided, decided_need, with_reasons
from foresail.plan.compile import compile_actions
from foresail.plan.cover import capacity_steps

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
EARLY = timedelta(minutes=10)


def at(minute):
    return NOW + timedelta(minutes=minute)


def need(levels):
    starts = pd.DatetimeIndex([at(30 * number) for number in range(len(levels))])
    ends = [*starts[1:], starts[-1] + timedelta(minutes=30)]
    return pd.DataFrame({"series": "web", "start": starts, "end": ends, "needed": levels})


def override(start, length, minimum, maximum=None, name="o-1"):
    end = at(start + length)
    return Override(name, "shop", "web", minimum, maximum, at(start), end, "launch", "ann", NOW)


def compiled(levels, decided, most_steps):
    """Actions as a plan would write them, their floor by time, and the last's time."""
    needed = decided_need(need(levels), decided.bounds(EARLY, NOW), decided.windows, floor=2)
    steps = capacity_steps(needed, most_steps)
    end = needed["end"].max().to_pydatetime()
    made = compile_actions(steps, end=end, floor=2, now=NOW, set_desired=False)
    return made, lambda when: [a.min_size for a in made if a.start <= when][-1]


@settings(deadline=None)
@given(
    levels=st.lists(st.integers(2, 50), min_size=1, max_size=20),
    spans=st.lists(
        st.tuples(st.integers(-300, 1500), st.integers(1, 600), st.integers(0, 60)),
        min_size=1, max_size=3,
    ),
    most_steps=st.integers(1, 12),
)  # fmt: skip
def test_the_compiled_floor_is_at_least_the_overrides_for_all_of_their_time(
    levels, spans, most_steps
):
    overrides = tuple(override(*span) for span in spans)
    _, floor = compiled(levels, Decided(overrides), most_steps)
    for minute in range(4, 2200, 3):  # the first action is due in three minutes
        least = [one.minimum for one in overrides if one.start <= at(minute) < one.end]
        assert floor(at(minute)) >= max(least, default=0)


@settings(deadline=None)
@given(
    levels=st.lists(st.integers(2, 50), min_size=1, max_size=20),
    start=st.integers(0, 700),
    length=st.integers(1, 300),
    most_steps=st.integers(2, 12),
)
def test_no_action_lowers_the_floor_within_a_window(levels, start, length, most_steps):
    made, _ = compiled(levels, Decided(windows=((at(start), at(start + length)),)), most_steps)
    falls = [b.start for a, b in pairwise(made) if b.min_size < a.min_size]
    assert not [when for when in falls if at(start) <= when < at(start + length)]


def test_a_cap_holds_in_its_time_and_a_removed_override_asks_for_nothing():
    capped = override(60, 60, None, 5)
    _, floor = compiled([20] * 6, Decided((capped,)), 9)
    assert [floor(at(m)) for m in (50, 61, 115, 121)] == [20, 5, 5, 20]
    gone = Decided((override(60, 60, 40).ended(NOW),))
    assert gone.bounds(EARLY, NOW) == []
    assert gone.notes(NOW) == []
    assert gone.aside(EARLY) == [(at(40), at(120))]


def test_actions_say_which_override_they_are_for():
    one = override(60, 60, 40)
    made, _ = compiled([6] * 6, Decided((one,)), 9)
    said = [(a.start, a.min_size, a.reason) for a in with_reasons(made, [one], EARLY)]
    assert said[1:] == [
        (at(48), 40, one.said()),
        (at(120), 6, "fall: 6 are enough; override o-1 ends"),
        (at(180), 2, "end of plan: configured floor"),
    ]
