"""Anomalies: actual demand against the forecast's band, as incidents with direction and severity.

`find_anomalies` compares any actuals with any forecast. `detect` goes through a whole history
with one-day-ahead bands, and learns from each series' own past how far outside its band a value
must lie so that false alarms stay as rare as asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foresail.errors import InputError
from foresail.forecast.tails import seen_lately, tail_threshold
from foresail.history.frame import check_history, infer_period
from foresail.times import utc_time
from foresail.units import parse_duration

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

HOUR = pd.Timedelta("1h")
DAY = pd.Timedelta("1D")
WEEK_HOURS = 168.0
COLUMNS = (
    "series",
    "start",
    "end",
    "direction",
    "severity",
    "grade",
    "peak",
    "expected",
    "excess",
    "hours",
)
GRADES = ((2 / 3, "high"), (1 / 3, "medium"), (-1.0, "low"))
LONG_HOURS = 12.0
LARGEST_EXCESS = 1000.0
LEAST_WIDTH = 0.01  # of the local level: a band of no width would make everything an anomaly

BAND = (0.05, 0.5, 0.95)
FIRST = pd.Timedelta("2D")  # history before the first band
LEARNING = pd.Timedelta("2D")  # bands that are watched before the first alarm
MEMORY = pd.Timedelta("28D")
PROFILE_DAYS = 14  # whose usual shape inside the hour counts,
FRESH_DAYS = 2  # or that of these, where it said clearly more of yesterday
CLEARLY = 0.9
FEW_DAYS = 1.0  # by which a shape is shrunk
SLOW = 6  # hours whose mean is watched for what is small but lasts


def find_anomalies(
    actual: pd.DataFrame, forecast: pd.DataFrame, *, bridge: str | timedelta | None = None
) -> pd.DataFrame:
    """Incidents in which actual demand lay outside the outermost quantiles of a forecast.

    Parameters
    ----------
    actual
        series, timestamp, value; rows without a forecast play no part.
    forecast
        series, timestamp and quantile columns, two at least. Without a quantile under 0.5 the
        band below the median is taken to be as wide as that above it.
    bridge
        Periods outside that are no more than this apart are one incident; an hour, or a period
        where that is longer, when None.

    Returns
    -------
    DataFrame
        One row per incident, ordered by series and start: ``series``, ``start``, ``end`` (of its
        last period), ``direction`` (above, below), ``severity``, ``grade`` (low, medium, high by
        thirds), ``peak`` (the value furthest outside), ``expected`` (median then), ``excess``
        (how far outside the peak lay, in distances from median to outer quantile), ``hours``.

    Notes
    -----
    Severity is 1 - 1 / ((1 + excess) * (1 + hours / 12)): 0.5 for a moment at twice the distance
    of the outer quantile, and for half a day just outside it; near 1 for far and long.
    """
    names = _quantiles(forecast)
    if len(names) < 2:
        raise InputError(
            f"an anomaly band needs two quantiles, the forecast has {', '.join(names) or 'none'}",
            cure="forecast with quantiles=(0.05, 0.5, 0.95)",
        )
    for frame, column in ((actual, "value"), (forecast, names[0])):
        missing = {"series", "timestamp", column} - set(frame.columns)
        if missing:
            raise InputError(f"no column {', '.join(sorted(missing))}", cure="pass a tidy frame")
    both = actual[["series", "timestamp", "value"]].merge(forecast, on=["series", "timestamp"])
    period = _period(forecast)
    reach = max(pd.Timedelta(parse_duration(bridge)) if bridge is not None else HOUR, period)
    found: list[_Incident] = []
    for name, rows in both.sort_values("timestamp", kind="stable").groupby("series"):
        known = rows[rows["value"].notna()]
        times = pd.DatetimeIndex(known["timestamp"])
        band = _Band.of(known, names)
        found += _incidents(str(name), times, known["value"].to_numpy(float), band, period, reach)
    return _frame(found)


def detect(
    history: pd.DataFrame,
    *,
    weeks_per_false_alarm: float = 4.0,
    start: datetime | str | None = None,
    bands: pd.DataFrame | None = None,
    calendar: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Find the incidents of a whole history, each judged by what was known before it.

    Each day gets a band forecast at its start. How far outside that band a value must lie to be
    an incident is learned from the series' own past: the peaks over a threshold of its scores,
    declustered, follow a generalised Pareto tail, which is extrapolated to the rate asked for
    (Siffer et al., 2017, SPOT; probability-weighted moments of Hosking and Wallis, 1987, shrunk to
    a shape of 0.1 while there are few). Past alarms enter the tail cut at their threshold: one
    incident does not blind the detector, a series that has become wilder is soon believed.

    Right after a shift a band is wide, back to the old level and as far again beyond. So a value is
    an incident, too, that lies outside all that was seen in two weeks, by as many errors as are
    usual lately as the threshold has widths.

    A history finer than an hour is watched twice: as hourly means against hourly bands, for
    incidents that last, and at its own period against the hourly band with the usual shape and
    spread inside the hour, for short ones. Each watch and direction gets its share of the rate.

    Parameters
    ----------
    history
        series, timestamp, value: as for `foresail.forecast`, any number of series.
    weeks_per_false_alarm
        About one false alarm in so many weeks per series, in the long run.
    start
        Look for incidents from here on only; what lies before is history to learn from. Spares
        time: without it, all of the history but its first two days gets bands.
    bands
        Forecasts made before, as `rolling_bands` makes them: spares forecasting.
    calendar
        Passed on to the forecasts.

    Returns
    -------
    DataFrame
        As `find_anomalies`; the excess is in distances from the median to the alarm's threshold.

    Notes
    -----
    An incident that only the six-hour mean shows starts when it is seen, not when it began, and
    its peak is such a mean. Nothing is found in the first four days of a history: two to forecast
    from, two to learn from.

    On eleven traces at 5 or 30 minutes (79 weeks; ten of them with the labelled windows of the
    Numenta Anomaly Benchmark, whatever else is unusual in them being counted as false): 0.88, 0.48
    and 0.38 false alarms a week where 1, 0.5 and 0.25 were asked, and 19, 19 and 16 of 25 windows
    hit, three of which lie in the first days; trace by trace in docs/anomalies.md. On stationary
    hourly noise in its true band there were 0.3 to 0.6 times as many as asked where it was normal
    or exponential, 1.2 to 2 times where it was Student's t with 3 degrees of freedom.
    """
    if not weeks_per_false_alarm > 0:
        raise InputError(
            f"weeks_per_false_alarm {weeks_per_false_alarm!r} is not above zero", cure="pass 4"
        )
    checked = check_history(history)
    period = pd.Timedelta(infer_period(checked))
    coarse = _hourly(checked, period)
    begin = None if start is None else utc_time(start, "start")
    if bands is None:
        learn = None if begin is None else begin - 7 * DAY
        bands = rolling_bands(coarse, start=learn, calendar=calendar)
    watches = 1 + (period <= HOUR) + (period < HOUR)
    rate = 1 / (weeks_per_false_alarm * 2 * watches)
    found: list[_Incident] = []
    for name, rows in checked.groupby("series", sort=False):
        ahead = bands[bands["series"] == name]
        hours = coarse[coarse["series"] == name]
        if len(ahead):
            found += _watch(str(name), rows, hours, ahead, period, rate)
    frame = _frame(found)
    return frame if begin is None else frame[frame["end"] > begin].reset_index(drop=True)


def rolling_bands(
    history: pd.DataFrame,
    *,
    start: datetime | str | None = None,
    calendar: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Forecast each day of a history (UTC) from what was known at its start.

    Parameters
    ----------
    history
        series, timestamp, value; hourly is quick and enough for `detect`.
    start
        First day; as early as two days of history allow when None.
    calendar
        Passed on to the forecasts.

    Returns
    -------
    DataFrame
        series, timestamp, q0.05, q0.5, q0.95.
    """
    from foresail.forecast.rolling import rolling_forecasts

    times = history["timestamp"]
    first = (times.min() + FIRST).ceil("D")
    wanted = first if start is None else max(first, utc_time(start, "start").floor("D"))
    origins = pd.date_range(wanted, times.max(), freq="1D")
    spans = times.groupby(history["series"]).agg(["min", "max"])
    if (
        not len(origins)
        or not (spans["max"] - spans["min"].clip(lower=wanted - FIRST) >= FIRST).any()
    ):
        columns = ["series", "timestamp", *(f"q{q:g}" for q in BAND)]
        return pd.DataFrame({name: [] for name in columns})
    rolled = rolling_forecasts(history, origins, "24h", BAND, calendar=calendar)
    return _not_silent(rolled, history).drop(columns="origin").reset_index(drop=True)


def _not_silent(rolled: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Bands of series that were measured in the day before the origin."""
    day = history["timestamp"].dt.floor("D") + DAY
    heard = pd.MultiIndex.from_arrays([history["series"], day]).unique()
    mine = pd.MultiIndex.from_arrays([rolled["series"], rolled["origin"]])
    return rolled[mine.isin(heard)]


@dataclass(frozen=True)
class _Incident:
    series: str
    start: pd.Timestamp
    end: pd.Timestamp
    direction: str
    peak: float
    expected: float
    excess: float
    period: pd.Timedelta

    def join(self, other: _Incident) -> _Incident:
        """One incident of both; a finer start or end within a period of a coarser one counts."""
        early, late = sorted((self, other), key=lambda one: one.start)
        start = late.start if late.start - early.start < early.period else early.start
        early, late = sorted((self, other), key=lambda one: one.end)
        end = early.end if late.end - early.end < late.period else late.end
        further = other if other.excess > self.excess else self
        return replace(further, start=start, end=end, period=min(self.period, other.period))


@dataclass(frozen=True)
class _Band:
    """Median and the distances to the outer limits, at each period."""

    middle: Floats
    above: Floats
    below: Floats

    @classmethod
    def of(cls, rows: pd.DataFrame, names: list[str]) -> _Band:
        low, high = (rows[name].to_numpy(float) for name in (names[0], names[-1]))
        middle = rows["q0.5"].to_numpy(float) if "q0.5" in rows else _between(low, high, names)
        above = high - middle if float(names[-1][1:]) > 0.5 else middle - low
        below = middle - low if float(names[0][1:]) < 0.5 else above
        level = np.abs(middle)
        least = LEAST_WIDTH * np.where(level > 0, level, 1e-9)
        return cls(middle, np.maximum(above, least), np.maximum(below, least))

    def map(self, change: Callable[[Floats], Floats]) -> _Band:
        return _Band(change(self.middle), change(self.above), change(self.below))

    def excess(self, values: Floats) -> tuple[Floats, Floats]:
        """How far above and below the limits, in widths; zero inside."""
        over = np.clip((values - self.middle) / self.above - 1, 0, LARGEST_EXCESS)
        under = np.clip((self.middle - values) / self.below - 1, 0, LARGEST_EXCESS)
        return over, under


def _between(low: Floats, high: Floats, names: list[str]) -> Floats:
    """Stand in for a median: the limit itself when both lie on one side of it."""
    if float(names[0][1:]) > 0.5:
        return low
    return high if float(names[-1][1:]) < 0.5 else (low + high) / 2


def _incidents(
    name: str,
    times: pd.DatetimeIndex,
    values: Floats,
    band: _Band,
    period: pd.Timedelta,
    reach: pd.Timedelta,
) -> Iterator[_Incident]:
    over, under = band.excess(values)
    for direction, excess in (("above", over), ("below", under)):
        outside = np.flatnonzero(excess > 0)
        if not len(outside):
            continue
        apart = times[outside[1:]] - times[outside[:-1]] - period > reach
        for part in np.split(outside, np.flatnonzero(apart) + 1):
            first, last = int(part[0]), int(part[-1])
            peak = int(part[np.argmax(excess[part])])
            yield _Incident(
                name,
                times[first],
                times[last] + period,
                direction,
                float(values[peak]),
                float(band.middle[peak]),
                float(excess[peak]),
                period,
            )


def _frame(found: list[_Incident]) -> pd.DataFrame:
    """Order incidents, and add how severe each is."""
    if not found:
        times = pd.DatetimeIndex([], tz="UTC")
        texts = {name: pd.Series([], dtype="str") for name in ("series", "direction", "grade")}
        empty = {name: pd.Series([], dtype="float64") for name in COLUMNS}
        return pd.DataFrame(empty).assign(start=times, end=times, **texts)
    frame = pd.DataFrame([vars(one) for one in found]).drop(columns="period")
    hours = (frame["end"] - frame["start"]).dt.total_seconds() / 3600
    severity = 1 - 1 / ((1 + frame["excess"]) * (1 + hours / LONG_HOURS))
    grade = [next(word for least, word in GRADES if one >= least) for one in severity]
    frame = frame.assign(hours=hours, severity=severity, grade=grade)
    ordered = frame.sort_values(["series", "start", "direction"], kind="stable")
    return ordered[list(COLUMNS)].reset_index(drop=True)


def _watch(
    name: str,
    rows: pd.DataFrame,
    hours: pd.DataFrame,
    ahead: pd.DataFrame,
    period: pd.Timedelta,
    rate: float,
) -> list[_Incident]:
    """Incidents of one series, from both watches, overlapping ones merged."""
    names, ahead = _quantiles(ahead), ahead.sort_values("timestamp")
    both = hours.merge(ahead, on=["series", "timestamp"]).sort_values("timestamp")
    times = pd.DatetimeIndex(both["timestamp"])
    values = both["value"].to_numpy(float)
    band = _Band.of(both, names)
    found = _alarms(name, times, values, band, max(period, HOUR), rate)
    if period <= HOUR:
        found += _alarms(name, times, _slow(values), band.map(_slow), HOUR, rate, width=SLOW)
    if period < HOUR:
        at, inside, fine = _fine_band(rows, ahead, names, period)
        found += _alarms(name, at, inside, fine, period, rate)
    return _merged(found)


def _alarms(
    name: str,
    times: pd.DatetimeIndex,
    values: Floats,
    band: _Band,
    period: pd.Timedelta,
    rate: float,
    width: int = 1,
) -> list[_Incident]:
    """Incidents beyond thresholds that each day takes from the days before it."""
    if not len(times):
        return []
    gap = max(int(HOUR / period), 1) + width
    day = _days(times, times[0])
    widths = []
    for sign, size in ((1, band.above), (-1, band.below)):
        off = sign * (values - band.middle)
        limit = _thresholds(times, off / size, period, rate, gap)
        furthest, error = seen_lately(day, sign * values, off, size)
        unseen = np.maximum(furthest - sign * band.middle, 0) + error * limit
        widths.append(np.minimum(size * limit, unseen))
    limits = _Band(band.middle, widths[0], widths[1])
    return list(_incidents(name, times, values, limits, period, max(HOUR, period)))


def _thresholds(
    times: pd.DatetimeIndex, scores: Floats, period: pd.Timedelta, rate: float, gap: int
) -> Floats:
    """Threshold of each period's day; infinite while there is too little to learn from."""
    day = _days(times, times[0])
    place = np.asarray((times - times[0]) // period)
    thresholds = np.full(len(times), np.inf)
    kept = scores.copy()
    for number in np.unique(day):
        today, past = day == number, (day < number) & (day >= number - MEMORY // DAY)
        covered = past.sum() * (period / HOUR)
        if covered * HOUR < 0.9 * LEARNING:
            continue
        spread = np.full(int(place[past].max() - place[past].min()) + 1, np.nan)
        spread[place[past] - place[past].min()] = kept[past]
        limit = tail_threshold(spread, rate, weeks=covered / WEEK_HOURS, gap=gap)
        thresholds[today] = limit
        kept[today] = np.minimum(scores[today], limit)
    return thresholds


def _days(times: pd.DatetimeIndex, first: pd.Timestamp) -> NDArray[np.int64]:
    """Count days (UTC) from that of the first time."""
    return np.asarray((times.floor("D") - first.floor("D")) // DAY, dtype=np.int64)


def _slow(values: Floats) -> Floats:
    """Mean of the last hours, at each hour; the first ones have fewer."""
    return np.asarray(pd.Series(values).rolling(SLOW, min_periods=1).mean(), dtype=np.float64)


def _fine_band(
    rows: pd.DataFrame, ahead: pd.DataFrame, names: list[str], period: pd.Timedelta
) -> tuple[pd.DatetimeIndex, Floats, _Band]:
    """Band at the history's own period: hourly band, usual shape and spread inside the hour."""
    stamps = pd.DatetimeIndex(rows["timestamp"])
    values = rows["value"].to_numpy(float)
    hour = stamps.floor("1h")
    off = values - pd.Series(values).groupby(hour).transform("mean").to_numpy(float)
    day = _days(stamps, stamps[0])
    slot = np.asarray((stamps - stamps.floor("D")) // period)
    made = pd.DatetimeIndex(ahead["timestamp"])
    covered = np.asarray(hour.isin(made))
    coarse, per_day = _Band.of(ahead, names), int(DAY / period)
    middles = np.asarray((made - stamps[0]) / HOUR) + 0.5
    made_day = _days(made, stamps[0])
    at = np.asarray((stamps - stamps[0]) / HOUR) + 0.5 * (period / HOUR)
    expected, up, down = (np.full(len(values), np.nan) for _ in range(3))
    for number in np.unique(day[covered]):  # a day's band never draws on that of the next
        today, ahead_now = covered & (day == number), made_day == number
        past = (day < number) & (day >= number - PROFILE_DAYS)
        shape, above, below = _inside(off[past], day[past], slot[past], slot[today], per_day)
        middle, over, under = (
            np.interp(at[today], middles[ahead_now], part[ahead_now])
            for part in (coarse.middle, coarse.above, coarse.below)
        )
        expected[today] = np.maximum(middle + shape, 0.0)
        up[today], down[today] = np.hypot(over, above), np.hypot(under, below)
    band = _Band(expected[covered], up[covered], down[covered])
    return stamps[covered], values[covered], band


def _inside(
    off: Floats,
    day: NDArray[np.int64],
    slot: NDArray[np.int64],
    wanted: NDArray[np.int64],
    per_day: int,
) -> tuple[Floats, Floats, Floats]:
    """Shape within the hours of a day, and the usual reach above and below it.

    The reach is the 95 % quantile within the same hour of day, half of it that of the whole day.
    """
    shape = _shape(off, day, slot, per_day)
    rest = off - shape[slot]
    reach = []
    for side in (rest, -rest):
        width = max(per_day // 24, 1)
        whole = float(np.quantile(side, 0.95)) if len(side) else 0.0
        local = np.full(-(-per_day // width), whole)
        seen_hours = pd.Series(side).groupby(slot // width).quantile(0.95)
        local[seen_hours.index.to_numpy()] = seen_hours.to_numpy()
        reach.append(np.maximum((local[wanted // width] + whole) / 2, 0.0))
    return shape[wanted], reach[0], reach[1]


def _shape(off: Floats, day: NDArray[np.int64], slot: NDArray[np.int64], per_day: int) -> Floats:
    """Usual shape of all days, or of the last two where that said clearly more of yesterday.

    A single odd day does not unmake the habit of weeks, and a job that moved to another minute is
    an incident for days, not for a week. The shape that foretold better is the one to use (Dawid,
    *The prequential approach*, JRSS A, 1984).
    """
    if not len(off):
        return np.zeros(per_day)
    last = int(day.max())
    yesterday, before = day == last, day < last
    fresh = before & (day >= last - FRESH_DAYS)
    old, new = (_medians(off[part], slot[part], per_day) for part in (before, fresh))
    missed = [np.abs(off[yesterday] - one[slot[yesterday]]).mean() for one in (old, new)]
    kept = day > last - FRESH_DAYS if missed[1] < CLEARLY * missed[0] else day <= last
    return _medians(off[kept], slot[kept], per_day)


def _medians(off: Floats, slot: NDArray[np.int64], per_day: int) -> Floats:
    """Median of each time of day, shrunk by the few days it rests on."""
    shape = np.zeros(per_day)
    seen = pd.Series(off).groupby(slot).agg(["median", "count"])
    count = seen["count"].to_numpy(float)
    shape[seen.index.to_numpy()] = seen["median"].to_numpy(float) * count / (count + FEW_DAYS)
    return shape


def _merged(found: list[_Incident]) -> list[_Incident]:
    """Join incidents of one direction that overlap or touch; the further peak is kept."""
    merged: list[_Incident] = []
    for one in sorted(found, key=lambda incident: (incident.direction, incident.start)):
        last = merged[-1] if merged else None
        if last and last.direction == one.direction and last.end >= one.start:
            merged[-1] = last.join(one)
        else:
            merged.append(one)
    return merged


def _hourly(history: pd.DataFrame, period: pd.Timedelta) -> pd.DataFrame:
    """Hourly means of hours that were measured for half or more; as it is when not finer."""
    if period >= HOUR:
        return history
    hours = history.assign(timestamp=history["timestamp"].dt.floor("1h"))
    means = hours.groupby(["series", "timestamp"], sort=False)["value"].agg(["mean", "count"])
    kept = means[means["count"] >= 0.5 * (HOUR / period)]["mean"].rename("value")
    return kept.reset_index()


def _quantiles(frame: pd.DataFrame) -> list[str]:
    """Quantile columns in rising order."""
    levels = {}
    for column in map(str, frame.columns):
        try:
            level = float(column[1:]) if column.startswith("q") else 0.0
        except ValueError:
            continue
        if 0 < level < 1:
            levels[column] = level
    return sorted(levels, key=lambda name: levels[name])


def _period(forecast: pd.DataFrame) -> pd.Timedelta:
    steps = forecast.groupby("series", sort=False)["timestamp"].diff().dropna()
    steps = steps[steps > pd.Timedelta(0)]
    return pd.Timedelta(steps.mode().min()) if len(steps) else HOUR
