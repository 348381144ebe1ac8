"""Modes: a service is demoted after bad windows, and promoted back after good ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresail.score.drift import Drift
from foresail.score.modes import Hysteresis, Mode, next_mode, read_mode
from foresail.score.score import Score
from foresail.score.windows import Window

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
RULE = Hysteresis(demote_after=3, promote_after=4)
GOOD = Score("shop", "web", Window(NOW - timedelta(hours=6), NOW), ("p1",), 0.9, 0.7, 0.8, (), None)
BAD = replace(GOOD, bad=("the forecast erred 9 times as much as the day before repeated",))


def drift(*, severe):
    return Drift("boot-time", "shop/web", NOW, 600.0, 1200.0, severe, "launches take 20m")


def after(*scores, mode=None, drifts=()):
    mode = mode or Mode()
    for number, score in enumerate(scores):
        mode = next_mode(mode, [score], drifts, RULE, NOW + number * timedelta(hours=6))
    return mode


def test_three_bad_windows_in_a_row_demote_and_say_why():
    assert not after(BAD, BAD, GOOD, BAD, BAD).forecast_only
    mode = after(BAD, BAD, BAD)
    assert mode.forecast_only
    assert mode.since == NOW + timedelta(hours=12)
    assert mode.reason.startswith(
        "3 windows in a row were bad, in the last: web: the forecast erred"
    )


def test_four_good_windows_in_a_row_promote_back():
    demoted = after(BAD, BAD, BAD)
    assert after(GOOD, GOOD, GOOD, BAD, GOOD, GOOD, GOOD, mode=demoted).forecast_only
    back = after(GOOD, GOOD, GOOD, GOOD, mode=demoted)
    assert not back.forecast_only
    assert back.reason == "4 good windows in a row"


def test_a_severe_drift_demotes_at_once_and_a_lesser_one_only_is_told():
    assert not after(GOOD, GOOD, GOOD, drifts=[drift(severe=False)]).forecast_only
    mode = after(GOOD, drifts=[drift(severe=True)])
    assert mode.forecast_only
    assert mode.reason == "shop/web: boot-time: launches take 20m"


def test_a_window_without_scores_changes_nothing():
    mode = after(BAD, BAD)
    assert next_mode(mode, [], [drift(severe=True)], RULE, NOW) == mode


@given(st.lists(st.booleans(), max_size=60))
def test_it_never_changes_faster_than_its_rule(bad):
    mode, changes = Mode(), []
    for number, one in enumerate(bad):
        fresh = after(BAD if one else GOOD, mode=mode)
        if fresh.forecast_only != mode.forecast_only:
            changes.append(number)
            row = bad[number - (2 if fresh.forecast_only else 3) : number + 1]
            assert set(row) == {fresh.forecast_only}
        mode = fresh
    assert all(b - a >= 3 for a, b in pairwise(changes))


def test_it_reads_back_and_a_broken_record_writes_nothing_to_aws():
    mode = after(BAD, BAD, BAD)
    kept = {("mode", "shop"): SimpleNamespace(data=mode.to_json())}
    records = SimpleNamespace(get=lambda *key: kept.get(key))
    assert read_mode(records, "shop") == mode
    assert read_mode(records, "other") == Mode()
    kept["mode", "shop"] = SimpleNamespace(data={"forecast_only": False})
    broken = read_mode(records, "shop")
    assert broken.forecast_only
    assert "broken" in broken.reason


@pytest.mark.parametrize("mode", [Mode(), Mode(True, "why", NOW, 2, 0, NOW, ("shop/web: ratio",))])
def test_plain_values_read_back(mode):
    assert Mode.from_json(mode.to_json()) == mode
