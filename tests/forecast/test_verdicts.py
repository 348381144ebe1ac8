"""Odd series get a verdict of their own; a frame that is wrong as a whole is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.forecast.verdicts import split_usable

START = pd.Timestamp("2026-11-02T00:00Z")
LAST = START + pd.Timedelta(hours=71)


def frame(series="good", hours=72, freq="1h", value=5.0):
    times = pd.date_range(START, periods=hours, freq=freq)
    return pd.DataFrame({"series": series, "timestamp": times, "value": value})


def with_one(value, series="odd", at=10):
    odd = frame(series)
    odd["value"] = odd["value"].astype(object if isinstance(value, str) else float)
    odd.loc[at, "value"] = value
    return odd


def split(*frames, at=None):
    good, rest = split_usable(pd.concat(frames, ignore_index=True), at=at)
    return good, dict(zip(rest["series"], rest["verdict"], strict=True))


def test_good_series_pass_in_their_order():
    good, rest = split(frame("b"), frame("a", hours=60))
    assert good.names == ("b", "a")
    assert good.period == pd.Timedelta("1h")
    assert len(good.frame) == 132
    assert not rest


@pytest.mark.parametrize(
    ("odd", "says"),
    [
        (frame("odd", value=np.nan), "the value at 2026-11-02 00:00:00+00:00 is NaN"),
        (with_one(np.nan), "2026-11-02 10:00:00+00:00 is NaN"),
        (with_one(np.inf), "infinite"),
        (with_one(-0.5), "2026-11-02 10:00:00+00:00 is negative"),
        (with_one(1e300), "beyond measure"),
        (with_one("x"), "the value 'x' at 2026-11-02 10:00:00+00:00 is no number"),
        (frame("odd", value="much"), "the value 'much' at 2026-11-02 00:00:00"),
        (frame("odd", hours=1), "1.0 h of history, less than 2d"),
        (frame("odd", hours=3), "3.0 h of history, less than 2d"),
        (frame("odd", hours=47), "47.0 h of history"),
    ],
)
def test_an_odd_series_is_set_aside_and_the_good_ones_stay(odd, says):
    for frames in ([odd, frame()], [frame(), odd]):
        good, rest = split(*frames)
        assert good.names == ("good",)
        assert good.frame["value"].tolist() == [5.0] * 72
        assert set(rest) == {"odd"}
        assert says in rest["odd"]


@pytest.mark.parametrize("value", [0.0, 7, 1e-300, 1e99])
def test_a_constant_of_any_size_can_be_forecast(value):
    good, rest = split(frame("odd", value=value), frame())
    assert good.names == ("odd", "good")
    assert not rest


def test_numbers_written_as_text_are_numbers_beside_a_good_series():
    good, rest = split(frame("odd", value="7.5"), frame())
    assert good.frame["value"].dtype == float
    assert set(good.frame["value"]) == {7.5, 5.0}
    assert not rest


@pytest.mark.parametrize(
    ("odd", "says"),
    [
        (frame(value=np.nan), "NaN or infinite"),
        (with_one(-1.0), "negative"),
        (with_one(1e300), "over 1e"),
        (frame(hours=3), "3.0 h of history"),
        (frame(hours=1), "a single observation has no period"),
        (frame(value="x"), "not numbers"),
        (frame().iloc[:0], "no rows"),
        (frame().drop(columns="value"), "no column value"),
    ],
)
def test_a_batch_of_only_odd_series_is_refused(odd, says):
    with pytest.raises(InputError, match=says):
        split_usable(odd)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda f: pd.concat([f, f.iloc[5:6]], ignore_index=True), "twice"),
        (lambda f: f.iloc[::-1].reset_index(drop=True), "not sorted"),
        (lambda f: f.assign(timestamp=f["timestamp"].dt.tz_localize(None)), "no time zone"),
        (lambda f: f.assign(timestamp=f["timestamp"].astype(str)), "not times"),
        (lambda f: f.assign(series=f["series"].where(f.index != 3)), "name no series"),
        (
            lambda f: f.assign(
                timestamp=f["timestamp"] + pd.to_timedelta(7 * (f.index > 50), "min")
            ),
            "mixed periods",
        ),
    ],
)
def test_a_frame_that_is_wrong_as_a_whole_is_refused(wrong, says):
    with pytest.raises(InputError, match=says):
        split_usable(wrong(frame()))


def test_duplicates_of_one_series_are_an_error_in_a_batch_too():
    with pytest.raises(InputError, match=r"'odd' has .* twice"):
        split(frame(), pd.concat([frame("odd"), frame("odd").iloc[:1]]).sort_values("timestamp"))


def test_periods_that_had_not_ended_at_the_origin_are_not_known():
    good, _ = split(frame(), at=LAST)
    assert good.frame["timestamp"].iloc[-1] == LAST - pd.Timedelta("1h")
    good, _ = split(frame(), at=LAST + pd.Timedelta("59min"))
    assert good.frame["timestamp"].iloc[-1] == LAST - pd.Timedelta("1h")
    good, _ = split(frame(), at=(LAST + pd.Timedelta("1h")).tz_convert("Asia/Kolkata"))
    assert good.frame["timestamp"].iloc[-1] == LAST


def test_series_that_began_late_are_named():
    late = frame("late").iloc[40:]
    _, rest = split(frame(), late, at=START + pd.Timedelta(hours=50))
    assert rest == {"late": "10.0 h of history, less than 2d"}
    _, rest = split(frame(), frame("later").iloc[60:], at=START + pd.Timedelta(hours=50))
    assert rest == {"later": "0.0 h of history, less than 2d"}


# bug: an odd value, a duplicate or another step after the origin changed what was said before it
@pytest.mark.parametrize("value", [np.nan, -1.0, np.inf, 1e300, "x"])
def test_an_odd_value_after_the_origin_changes_nothing(value):
    origin = START + pd.Timedelta(hours=60)
    clean, _ = split(frame(), frame("odd"), at=origin)
    spoiled, rest = split(frame(), with_one(value, at=65), at=origin)
    assert not rest
    assert spoiled.names == clean.names
    pd.testing.assert_frame_equal(spoiled.frame, clean.frame)


def test_odd_times_after_the_origin_change_nothing():
    origin = START + pd.Timedelta(hours=60)
    clean, _ = split(frame(), at=origin)
    more = pd.date_range(LAST, periods=300, freq="1min") + pd.Timedelta("1h")
    after = pd.DataFrame({"series": "good", "timestamp": more, "value": 1.0})
    for later in (after, pd.concat([frame().iloc[70:], frame().iloc[70:]])):
        spoiled, rest = split(frame(), later, at=origin)
        assert not rest
        assert spoiled.period == clean.period
        pd.testing.assert_frame_equal(spoiled.frame, clean.frame)


@pytest.mark.parametrize(
    ("at", "says"),
    [("soon", "is no time"), ("2026-11-03", "no time zone"), ("2020-01-01T00:00Z", "no history")],
)
def test_a_bad_origin_is_named(at, says):
    with pytest.raises(InputError, match=says):
        split_usable(frame(), at=at)
