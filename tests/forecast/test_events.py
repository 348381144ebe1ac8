"""What a calendar does to demand: recovered from simulations, checked as properties, and real."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.errors import InputError
from foresail.forecast import events as module
from foresail.forecast.calendar import parse_calendar
from foresail.forecast.events import calendar_effects

ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe")


def periods(start, days, zone="UTC", period="1h"):
    """Local times of whole days from a local midnight on."""
    first = pd.Timestamp(start).tz_localize(zone)
    last = (pd.Timestamp(start) + pd.Timedelta(days=days)).tz_localize(zone)
    return pd.date_range(first, last, freq=period, inclusive="left")


def wave(times, series=1, noise=0.03, seed=0, sunday=0.5):
    """Demand with a day, quiet weekends that are also flatter, and noise that differs by series."""
    hour = np.asarray(times.hour + times.minute / 60)
    day = np.asarray(times.day_of_week)
    height = np.select([day == 6, day == 5], [0.2, 0.4], 0.6)
    level = np.select([day == 6, day == 5], [sunday, 0.8], 1.0)
    mean = 100 * level * (1 + height * np.sin((hour - 9) * np.pi / 12))
    return mean * np.exp(np.random.default_rng(seed).normal(0, noise, (series, len(times))))


def effects(spec, values, times, split, names=None):
    """Effects with the first `split` periods known."""
    names = names or [f"s{place}" for place in range(len(values))]
    past, future = times[:split], times[split:]
    return calendar_effects(parse_calendar(spec), values[:, :split], past, future, names)


def listed(*rows, name="Sale", **columns):
    frame = pd.DataFrame([{"name": name, "start": a, "end": b} for a, b in rows])
    return frame.assign(**columns)


def within(times, start, end):
    return np.asarray((times >= pd.Timestamp(start)) & (times < pd.Timestamp(end)))


def only(effect, name=None):
    """One row of what was learned."""
    rows = effect.learned if name is None else effect.learned[effect.learned["name"] == name]
    assert len(rows) == 1
    return rows.iloc[0]


SALES = [
    ("2026-11-06T12:00Z", "2026-11-06T16:00Z"),
    ("2026-11-10T09:00Z", "2026-11-10T13:00Z"),
    ("2026-11-16T12:00Z", "2026-11-16T16:00Z"),
]
TIMES = periods("2026-11-02", 16)
SPLIT = 14 * 24


def with_sales(values, times=TIMES, factors=(1.8, 1.8)):
    values = values.copy()
    for (start, end), factor in zip(SALES, factors, strict=False):
        values[:, within(times, start, end)] *= factor
    return values


def test_nothing_applies_where_there_is_nothing():
    values = wave(TIMES, 3)
    for spec in (None, "US", listed(("2026-08-01", "2026-08-02")), listed(SALES[0], series="x*")):
        effect = effects(spec, values[:, 264:], TIMES[264:], 96, ["a", "b", "c"])
        assert (effect.past_factor == 1).all()
        assert (effect.future_factor == 1).all()
        assert (effect.future_spread == 0).all()
        assert effect.learned.empty
        assert list(effect.learned.columns) == [
            "series", "name", "occurrences", "factor", "spread", "source",
        ]  # fmt: skip


def test_a_given_uplift_is_put_on_its_periods_and_widens():
    effect = effects(listed(SALES[2], uplift=1.8), wave(TIMES), TIMES, SPLIT)
    inside = within(TIMES[SPLIT:], *SALES[2])
    assert np.allclose(effect.future_factor[0, inside], 1.8)
    assert (effect.future_factor[0, ~inside] == 1).all()
    assert (effect.future_spread[0, inside] > 0.1).all()
    assert (effect.future_spread[0, ~inside] == 0).all()
    assert only(effect)["source"] == "given"


@pytest.mark.parametrize("factor", [0.4, 1.3, 1.8, 4.0])
@pytest.mark.parametrize("period", ["5min", "1h"])
def test_a_known_uplift_is_recovered(factor, period):
    times = periods("2026-11-02", 16, period=period)
    split = len(times) * 14 // 16
    values = with_sales(wave(times, 20, noise=0.05), times, (factor, factor))
    effect = effects(listed(*SALES), values, times, split)
    assert effect.learned["factor"].to_numpy() == pytest.approx(factor, rel=0.12)
    assert effect.learned["factor"].mean() == pytest.approx(factor, rel=0.03)
    assert set(effect.learned["source"]) == {"learned from 2 occurrences of Sale"}
    cleaned = values[:, :split] / effect.past_factor
    for sale in SALES[:2]:
        inside = within(times[:split], *sale)
        plain = wave(times, 20, noise=0.0)[:, :split]
        assert (cleaned / plain)[:, inside].mean() == pytest.approx(1, abs=0.05)


def test_no_effect_is_within_the_noise_and_is_drawn_to_one():
    effect = effects(listed(*SALES), wave(TIMES, 50, noise=0.3), TIMES, SPLIT)
    raw = np.exp(np.random.default_rng(1).normal(0, 0.3 / np.sqrt(8), 500))
    assert effect.learned["factor"].std() < raw.std()
    assert effect.learned["factor"].mean() == pytest.approx(1, abs=0.05)


def test_occurrences_that_differ_widen_and_those_that_agree_narrow():
    alike, apart = (
        only(effects(listed(*SALES), with_sales(wave(TIMES), factors=f), TIMES, SPLIT))
        for f in ((2.0, 2.0), (1.3, 3.1))
    )
    assert alike["spread"] < 0.25 < 0.4 < apart["spread"]


def test_a_shape_is_learned_only_where_two_agree():
    times = periods("2026-11-02", 16)
    values = wave(times, noise=0.02)
    ramp = np.array([1.0, 1.5, 2.0, 2.5])
    for start, end in SALES[:2]:
        values[:, within(times, start, end)] *= ramp
    inside = within(times[SPLIT:], *SALES[2])
    both = effects(listed(*SALES), values, times, SPLIT)
    assert both.future_factor[0, inside] == pytest.approx(ramp, rel=0.12)
    once = effects(listed(*SALES[1:]), values, times, SPLIT)
    assert np.ptp(once.future_factor[0, inside]) == pytest.approx(0, abs=1e-9)
    back = values.copy()
    back[:, within(times, *SALES[0])] *= ramp[::-1] / ramp
    disagree = effects(listed(*SALES), back, times, SPLIT).future_factor[0, inside]
    assert np.ptp(disagree) < 0.3 * np.ptp(both.future_factor[0, inside])


def test_without_an_earlier_occurrence_nothing_is_learned():
    effect = effects(listed(SALES[2]), wave(TIMES), TIMES, SPLIT)
    assert (effect.future_factor == 1).all()
    assert only(effect)["source"] == "not learned: no earlier occurrence"


def test_learning_from_another_name_and_passing_on():
    sale = listed(*SALES[:2])
    cyber = listed(SALES[2], name="Cyber", uplift="learn from Sale")
    later = listed(("2026-11-17T00:00Z", "2026-11-17T02:00Z"), name="X", uplift="learn from Cyber")
    effect = effects([sale, cyber, later], with_sales(wave(TIMES)), TIMES, SPLIT)
    for name in ("Cyber", "X"):
        row = only(effect, name)
        assert row["factor"] == pytest.approx(1.8, rel=0.1)
        assert row["source"] == "learned from 2 occurrences of Sale"


def test_gaps_and_censored_periods_teach_nothing():
    values = with_sales(wave(TIMES))
    first, second = (within(TIMES, *sale) for sale in SALES[:2])
    values[:, first] = np.nan
    effect = effects(listed(*SALES), values, TIMES, SPLIT)
    assert only(effect)["occurrences"] == 1
    assert effect.past_factor[0, first[:SPLIT]] == pytest.approx(1.8, rel=0.1)
    values[:, np.flatnonzero(second)[:3]] = np.nan  # one of four hours is left
    effect = effects(listed(*SALES), values, TIMES, SPLIT)
    assert only(effect)["source"] == "not learned: too little of the occurrence is known"


def test_an_event_that_goes_on_learns_from_its_beginning():
    values = wave(TIMES)
    going = ("2026-11-15T14:00Z", "2026-11-16T06:00Z")
    values[:, within(TIMES, *going)] *= 2
    effect = effects(listed(going), values, TIMES, SPLIT)
    assert effect.future_factor[0, :6] == pytest.approx(2, rel=0.15)
    assert (effect.future_factor[0, 6:] == 1).all()


def test_several_days_and_plain_dates():
    values = wave(TIMES)
    values[:, within(TIMES, "2026-11-05T00:00Z", "2026-11-07T00:00Z")] *= 1.5
    days = listed(("2026-11-05", "2026-11-06"), ("2026-11-16", "2026-11-17"))
    effect = effects(days, values, TIMES, SPLIT)
    assert effect.future_factor[0] == pytest.approx(1.5, rel=0.1)
    assert (effect.past_factor[0, : 3 * 24] == 1).all()


def test_overlapping_events_multiply_and_share_what_was_seen():
    given = [listed(SALES[2], uplift=2), listed(SALES[2], name="Other", uplift=1.5)]
    inside = within(TIMES[SPLIT:], *SALES[2])
    assert np.allclose(effects(given, wave(TIMES), TIMES, SPLIT).future_factor[0, inside], 3)
    values = wave(TIMES)
    long, short = ("2026-11-10T08:00Z", "2026-11-10T16:00Z"), SALES[1]
    values[:, within(TIMES, *long)] *= 1.5
    values[:, within(TIMES, *short)] *= 2.0
    short_on = listed(short, SALES[2], name="Short")
    effect = effects([listed(long), short_on], values, TIMES, SPLIT)
    assert only(effect, "Sale")["factor"] == pytest.approx(1.5, rel=0.1)
    assert only(effect, "Short")["factor"] == pytest.approx(2.0, rel=0.1)


def test_an_event_moves_its_own_series_only():
    values = with_sales(wave(TIMES, 2))
    effect = effects(listed(*SALES, series="shop-*"), values, TIMES, SPLIT, ["shop-a", "api"])
    assert (effect.future_factor[0] > 1.5).any()
    assert (effect.past_factor[1] == 1).all()
    assert (effect.future_factor[1] == 1).all()
    assert list(effect.learned["series"]) == ["shop-a"]


def test_after_its_expiry_an_event_neither_moves_nor_teaches():
    values, inside = with_sales(wave(TIMES)), within(TIMES[SPLIT:], *SALES[2])
    stale = listed(SALES[2], uplift=2).assign(expires="2026-11-16T14:00Z")
    effect = effects(stale, values, TIMES, SPLIT)
    assert np.allclose(effect.future_factor[0, inside], [2, 2, 1, 1])
    old = listed(*SALES[:2]).assign(expires="2026-11-12")
    effect = effects([old, listed(SALES[2])], values, TIMES, SPLIT)
    assert (effect.future_factor == 1).all()
    assert (effect.past_factor > 1.5).any()  # what it did to the past is still taken out


def test_a_period_covered_in_part_gets_part_of_the_effect():
    part = listed(("2026-11-16T12:30Z", "2026-11-16T13:15Z"), uplift=2)
    factor = effects(part, wave(TIMES), TIMES, SPLIT).future_factor[0]
    assert factor[12:14] == pytest.approx([1.5, 1.25])


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("period", ["15min", "1h"])
def test_a_holiday_on_a_wednesday_looks_like_a_sunday(zone, period):
    times = periods("2026-10-19", 24, zone, period)  # clocks change within it, or not
    day = np.asarray(times.date) == pd.Timestamp("2026-11-11").date()  # a Wednesday
    split = int(np.flatnonzero(day)[0])
    values = wave(times, 5, noise=0.02)
    effect = effects(pd.DataFrame({"date": ["2026-11-11"]}), values, times, split)
    last_sunday = day[split:].argmax() + np.arange(day.sum())
    wednesday = wave(times, noise=0.0)[:, split:][:, last_sunday]
    hours = times[split:][last_sunday]
    sunday = wave(hours - pd.Timedelta(days=3), noise=0.0)
    made = wednesday * effect.future_factor[:, last_sunday]
    assert np.abs(made / sunday - 1).mean() < 0.06
    assert (effect.future_factor[:, day.sum() :] == 1).all()
    assert (effect.future_spread[:, : day.sum()] > 0).all()
    assert set(effect.learned["source"]) == {"weekday -> Sunday shape"}


def test_a_country_brings_its_holidays_and_earlier_ones_teach():
    times = periods("2025-09-01", 456, "America/New_York")
    thanksgiving = [np.asarray(times.date) == pd.Timestamp(d).date()
                    for d in ("2025-11-27", "2026-11-26")]  # fmt: skip
    split = int(np.flatnonzero(thanksgiving[1])[0])
    values = wave(times, noise=0.02)
    values[:, thanksgiving[0]] *= 0.3
    effect = effects("US", values, times[: split + 24], split)
    row = only(effect, "Thanksgiving Day")
    assert row["source"] == "learned from 1 occurrence of Thanksgiving Day"
    assert row["factor"] == pytest.approx(0.3, rel=0.1)
    unseen = effects("DE", values, times[: split + 24], split)
    assert (unseen.future_factor == 1).all()


def test_holidays_that_were_seen_tell_how_like_a_sunday_others_are():
    days = pd.DataFrame({"date": ["2026-11-04", "2026-11-17"], "name": ["One", "Other"]})
    values = wave(TIMES)  # 4 November is an ordinary day in it
    effect = effects(days, values, TIMES, SPLIT)
    alone = effects(days[1:], values, TIMES, SPLIT)
    hours = slice(24 + 9, 24 + 17)
    assert (effect.future_factor[0, hours] > alone.future_factor[0, hours] + 0.1).all()
    nameless = effects(days[["date"]], values, TIMES, SPLIT)
    assert nameless.future_factor == pytest.approx(alone.future_factor, rel=0.05)
    again = effects(days.assign(name="One"), values, TIMES, SPLIT)
    assert again.future_factor[0, hours] == pytest.approx(1, abs=0.1)


def test_an_event_with_the_name_of_a_holiday_takes_its_place():
    times = periods("2026-10-26", 17, "America/New_York")
    split = 16 * 24 + 1  # clocks go back on 1 November
    off = listed(("2026-11-11", "2026-11-11"), name="veterans day", uplift=1.0, series="api")
    effect = effects(["US", off], wave(times, 2), times, split, ["api", "web"])
    assert (effect.future_factor[0] == 1).all()
    assert (effect.future_factor[1, 10:18] < 0.8).all()


def test_an_event_may_be_like_a_holiday():
    like = listed(("2026-11-17", "2026-11-17"), name="Works outing", uplift="learn from Rest")
    days = pd.DataFrame({"date": ["2026-11-05"], "name": ["Rest"]})
    values = wave(TIMES)
    values[:, within(TIMES, "2026-11-05T00:00Z", "2026-11-06T00:00Z")] *= 0.25
    effect = effects([days, like], values, TIMES, SPLIT)
    assert only(effect, "Works outing")["factor"] == pytest.approx(0.25, rel=0.1)
    assert (effect.future_factor[0, :24] == 1).all()


def test_a_week_with_a_clock_change_keeps_local_days():
    times = periods("2026-10-12", 16, "Europe/Berlin")  # 25 October has 25 hours
    split = 13 * 24
    day = listed(("2026-10-25", "2026-10-25"), uplift=2)
    factor = effects(day, wave(times), times, split).future_factor[0]
    assert (factor == 2).sum() == 25
    assert set(times[split:][factor == 2].day) == {25}
    values = wave(times)
    rest = effects(pd.DataFrame({"date": ["2026-10-26"]}), values, times, 14 * 24 + 1)
    assert rest.future_factor[0, 9:17].max() < 0.9


@pytest.mark.parametrize(
    ("values", "source"),
    [
        (np.zeros((1, SPLIT)), "no demand on comparable days"),
        (np.full((1, SPLIT), np.nan), "the history has no Sunday"),
        (np.where(TIMES[:SPLIT].day_of_week == 6, np.nan, 9.0)[None], "the history has no Sunday"),
        (np.where(TIMES[:SPLIT].day_of_week == 1, np.nan, 9.0)[None], "the history has no Tuesday"),
    ],
)
def test_without_a_profile_the_factor_is_one_and_says_why(values, source):
    spec = pd.DataFrame({"date": ["2026-11-17"], "name": "Rest"})
    effect = calendar_effects(parse_calendar(spec), values, TIMES[:SPLIT], TIMES[SPLIT:], ["s"])
    assert (effect.future_factor == 1).all()
    assert (effect.future_spread == 0).all()
    assert only(effect)["source"] == f"not learned: {source}"


def test_zero_demand_does_not_teach():
    effect = effects(listed(*SALES), np.zeros((1, len(TIMES))), TIMES, SPLIT)
    assert (effect.past_factor == 1).all()
    assert only(effect)["source"] == "not learned: no demand on comparable days"


def test_no_history_at_all_still_gives_what_was_given():
    effect = effects(["US", listed(SALES[2], uplift=2)], wave(TIMES)[:, :0], TIMES[SPLIT:], 0)
    assert effect.future_factor.max() == 2
    assert effect.past_factor.shape == (1, 0)


def test_misfits_are_errors():
    calendar, values = parse_calendar("US"), wave(TIMES)
    with pytest.raises(InputError, match="1 series over 10 periods"):
        calendar_effects(calendar, values, TIMES[:10], TIMES[:2], ["s"])
    with pytest.raises(InputError, match="no time zone"):
        calendar_effects(calendar, values, TIMES.tz_localize(None), TIMES[:2], ["s"])


# Properties -----------------------------------------------------------------------------------

moments = st.integers(0, 16 * 24 * 4).map(
    lambda quarter: pd.Timestamp("2026-11-02T00:00Z") + pd.Timedelta(minutes=15 * quarter)
)


@st.composite
def calendars(draw):
    rows = []
    for _ in range(draw(st.integers(1, 5))):
        start = draw(moments)
        rows.append(
            {
                "name": draw(st.sampled_from(["A", "B", "Veterans Day"])),
                "start": start,
                "end": start + pd.Timedelta(minutes=draw(st.integers(1, 4000))),
                "series": draw(st.sampled_from(["", "a*", "b"])),
                "uplift": draw(st.sampled_from(["", "1.5", "0", "-20%", "learn from A"])),
                "expires": draw(st.sampled_from([None, start + pd.Timedelta("1h")])),
            }
        )
    rows.append({**rows[0], "name": "A", "uplift": "2"})
    days = pd.DataFrame({"date": ["2026-11-05", "2026-11-17"], "name": ["D", "D"]})
    return parse_calendar([pd.DataFrame(rows), days, *draw(st.sampled_from([[], ["US"], ["IL"]]))])


odd = st.sampled_from([0.0, 1e-300, 1e300, np.nan, np.inf, -1.0, 5.0])


@st.composite
def batches(draw):
    values = wave(TIMES, 3, noise=draw(st.sampled_from([0.0, 0.2])), seed=draw(st.integers(0, 9)))
    values[1] *= draw(odd)
    for _ in range(draw(st.integers(0, 4))):
        low = draw(st.integers(0, len(TIMES)))
        values[draw(st.integers(0, 2)), low : low + draw(st.integers(1, 80))] = draw(odd)
    return values


@settings(max_examples=60, deadline=None)
@given(calendars(), batches(), st.sampled_from(ZONES), st.integers(0, len(TIMES)))
def test_factors_are_finite_positive_and_each_series_own(calendar, values, zone, split):
    times, names = TIMES.tz_convert(zone), ["a1", "a2", "b"]
    whole = effects(calendar, values, times, split, names)
    for factor in (whole.past_factor, whole.future_factor):
        assert np.isfinite(factor).all()
        assert (factor > 0).all()
    assert np.isfinite(whole.future_spread).all()
    assert (whole.future_spread >= 0).all()
    assert np.isfinite(whole.learned[["factor", "spread"]].to_numpy()).all()
    assert whole.learned["source"].str.len().gt(0).all()
    later = values.copy()
    later[:, split:] = 7.0
    for place, name in enumerate(names):
        alone = effects(calendar, later[[place]], times, split, [name])
        assert np.array_equal(alone.past_factor[0], whole.past_factor[place])
        assert np.array_equal(alone.future_factor[0], whole.future_factor[place])
        assert np.array_equal(alone.future_spread[0], whole.future_spread[place])
        rows = whole.learned[whole.learned["series"] == name].reset_index(drop=True)
        assert alone.learned.equals(rows)


@settings(max_examples=20, deadline=None)
@given(calendars(), st.floats(1e-6, 1e6))
def test_the_unit_of_demand_does_not_matter(calendar, scale):
    values, names = wave(TIMES, 3, noise=0.1), ["a1", "a2", "b"]
    one, other = (effects(calendar, v, TIMES, SPLIT, names) for v in (values, values * scale))
    assert np.allclose(one.future_factor, other.future_factor, rtol=1e-9)
    assert np.allclose(one.past_factor, other.past_factor, rtol=1e-9)


def test_blocks_change_nothing(monkeypatch):
    values = with_sales(wave(TIMES, 7))
    whole = effects(["US", listed(*SALES)], values, TIMES, SPLIT)
    monkeypatch.setattr(module, "BLOCK", 2 * SPLIT)
    parts = effects(["US", listed(*SALES)], values, TIMES, SPLIT)
    assert np.array_equal(whole.future_factor, parts.future_factor)
    assert np.array_equal(whole.past_factor, parts.past_factor)
    assert whole.learned.equals(parts.learned)


# Real demand ----------------------------------------------------------------------------------


def taxi(trace):
    frame = trace("nyc_taxi")  # its times are New York's own, whatever they are labelled
    times = pd.date_range(frame["timestamp"].min(), frame["timestamp"].max(), freq="30min")
    values = frame.set_index("timestamp")["value"].reindex(times).to_numpy(dtype=float)
    return times, values[None]


def test_holidays_of_new_york_have_less_demand_in_working_hours(trace):
    times, values = taxi(trace)
    effect = effects("US", values, times, len(times))
    learned = effect.learned.set_index("name")["factor"]
    assert learned["Christmas Day"] < 0.7
    assert learned["Thanksgiving Day"] < 0.8
    assert learned["Independence Day"] < 0.8
    work = np.asarray((times.hour >= 8) & (times.hour < 10))
    for day in ("2014-07-04", "2014-09-01", "2014-11-27", "2014-12-25"):
        on = work & (times.strftime("%Y-%m-%d") == day)
        assert (effect.past_factor[0, on] < 1).all()


def test_taking_a_learned_holiday_out_makes_the_trace_more_regular(trace):
    times, values = taxi(trace)
    effect = effects("US", values, times, len(times))
    for day in ("2014-11-27", "2014-12-25"):
        on = np.flatnonzero(times.strftime("%Y-%m-%d") == day)
        before = values[0, on - 7 * 48]
        raw = np.abs(values[0, on] - before).sum()
        cleaned = np.abs(values[0, on] / effect.past_factor[0, on] - before).sum()
        assert cleaned < raw
