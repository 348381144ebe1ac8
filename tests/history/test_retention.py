from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.errors import InputError
from foresail.history.retention import (
    MAX_POINTS,
    RETENTION,
    align,
    bands,
    oldest,
    reachable,
    windows,
)

quick = settings(deadline=None, max_examples=40)  # other work shares the machine
NOW = datetime(2026, 11, 24, 12, 34, 56, tzinfo=UTC)
MINUTE, FIVE, HOUR, DAY = (timedelta(minutes=m) for m in (1, 5, 60, 1440))
PERIODS = st.sampled_from([MINUTE, FIVE, 2 * FIVE, 6 * FIVE, HOUR, 6 * HOUR])
AGES = st.integers(1, 500 * 1440).map(lambda minutes: timedelta(minutes=minutes))


@quick
@given(PERIODS, AGES, st.integers(1, 500), st.integers(1, 2000))
def test_windows_cover_the_range_once_and_obey_the_limits(period, age, queries, max_points):
    start, end = align(NOW - age / 20, period), align(NOW, period)
    cut = list(windows(start, end, period, queries, max_points=max(max_points, queries)))
    assert [a for a, _ in cut] == ([start] + [b for _, b in cut[:-1]] if cut else [])
    assert not cut or cut[-1][1] == end
    for a, b in cut:
        assert a == align(a, period)
        assert (b - a) // period * queries <= max(max_points, queries)
        assert b - a <= max(DAY, 288 * period)


def test_windows_hold_a_day_and_at_most_the_points_of_one_call():
    assert [b - a for a, b in windows(NOW - 3 * DAY, NOW, FIVE, 1)] == [DAY] * 3
    full = next(windows(NOW - 15 * DAY, NOW, MINUTE, 500))
    assert (full[1] - full[0]) // MINUTE * 500 <= MAX_POINTS
    assert len(list(windows(NOW - 455 * DAY, NOW, HOUR, 1))) < 40
    assert list(windows(NOW, NOW, FIVE, 1)) == []
    assert len(list(windows(NOW - DAY, NOW, FIVE, 1, longest=HOUR))) == 24


@quick
@given(PERIODS, AGES)
def test_bands_join_without_gap_and_are_never_finer_than_their_age_allows(period, age):
    start = NOW - age
    found = bands(start, NOW, period, NOW)
    assert found and found[-1].end == NOW
    for before, after in pairwise(found):
        assert before.end == after.start
        assert before.period > after.period
        assert before.end == align(before.end, before.period)
    for band in found:
        assert band.start == align(band.start, band.period)
        assert band.period % period == timedelta(0)
        assert any(NOW - band.start <= kept and not band.period % fine for fine, kept in RETENTION)


@pytest.mark.parametrize(
    ("period", "days", "periods"),
    [
        (MINUTE, 10, [MINUTE]),
        (MINUTE, 30, [FIVE, MINUTE]),
        (MINUTE, 400, [HOUR, FIVE, MINUTE]),
        (FIVE, 400, [HOUR, FIVE]),
        (HOUR, 400, [HOUR]),
        (7 * MINUTE, 400, [7 * MINUTE]),
    ],
)
def test_bands_take_the_finest_period_each_age_has(period, days, periods):
    assert [band.period for band in bands(NOW - days * DAY, NOW, period, NOW)] == periods


def test_older_than_all_retention_is_left_out():
    assert bands(NOW - 900 * DAY, NOW, HOUR, NOW)[0].start > NOW - 455 * DAY


@quick
@given(PERIODS)
def test_reachable_aligns_and_stays_inside_what_is_kept(period):
    kept = next(age for fine, age in reversed(RETENTION) if not period % fine and period >= fine)
    assert reachable(NOW - DAY, period, NOW) == align(NOW - DAY, period)
    assert reachable(NOW - kept, period, NOW) == oldest(period, NOW) > NOW - kept
    with pytest.raises(InputError, match="only since"):
        reachable(NOW - kept - 2 * period - HOUR, period, NOW)


def test_too_fine_for_its_age_names_the_period_that_would_do():
    with pytest.raises(InputError, match=r"keeps 1m periods only since 2026-11-09") as error:
        reachable(NOW - 30 * DAY, MINUTE, NOW)
    assert "coarser period, 5m" in str(error.value.cure)
    with pytest.raises(InputError) as error:
        reachable(NOW - 900 * DAY, MINUTE, NOW)
    assert "coarser period: " in str(error.value.cure)


def test_a_period_cloudwatch_does_not_have_is_refused():
    with pytest.raises(InputError, match="keeps no period of 90s"):
        oldest(timedelta(seconds=90), NOW)
