"""What a calendar does to demand: factors for the past, to take out, and for the future, to put in.

The forecast itself stays unaware: history is divided by its factors, and what is forecast from it
is multiplied by those of the future. The effect of an event is the ratio of the demand that was
seen to what its hours of the week would have had, pooled over the occurrences and drawn towards
no effect as far as it is within their noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.forecast.calendar_learning import (
    Lesson,
    Rows,
    Seen,
    Words,
    at,
    drawn_in,
    log_ratio,
    spread_out,
)
from foresail.forecast.calendar_profiles import (
    DOUBT,
    HOLIDAY,
    NEAR_ZERO,
    WEEKDAYS,
    Clock,
    Floats,
    Ints,
    Profiles,
    Rest,
    over,
)
from foresail.forecast.calendar_types import Calendar
from foresail.forecast.calendar_windows import Bools, Span, Window, windows

FIRM = 0.5  # share of an occurrence that must be known for it to teach
LEAST_FACTOR, MOST_FACTOR = 0.01, 100.0  # bounds of the product of all that overlaps
LONGEST_SHAPE = 72  # hours; longer events have a total only
BLOCK = 4_000_000  # values that are worked on at once
HOUR = 3_600_000_000_000  # ns


@dataclass(frozen=True)
class Effects:
    """Factors of S series over T past and H future periods.

    Parameters
    ----------
    past_factor
        Shape (S, T): demand against what it would have been; 1 where nothing applies.
    future_factor
        Shape (S, H): the same ahead.
    future_spread
        Shape (S, H): relative standard deviation of the future factor; 0 where nothing applies.
    learned
        One row per series and name, in this order: series, name, occurrences, factor (of the whole
        event), spread, source.
    """

    past_factor: Floats
    future_factor: Floats
    future_spread: Floats
    learned: pd.DataFrame


def calendar_effects(
    calendar: Calendar,
    values: Floats,
    past: pd.DatetimeIndex,
    future: pd.DatetimeIndex,
    series: Sequence[str],
) -> Effects:
    """Work out what a calendar does to series that share a time zone.

    Parameters
    ----------
    calendar
        From `parse_calendar`.
    values
        Shape (S, T): demand; NaN is a gap, or censored.
    past, future
        Starts of the T past and H future periods, in the local time that days are counted in.
    series
        The S names.

    Raises
    ------
    InputError
        When the shapes do not belong together or the times have no zone.
    """
    _check(values, past, future, series)
    frames: list[pd.DataFrame] = []
    past_factor, future_factor = np.ones(values.shape), np.ones((len(series), len(future)))
    future_spread = np.zeros(future_factor.shape)
    if not calendar or not len(past) + len(future):
        return Effects(past_factor, future_factor, future_spread, _nothing())
    times = _Times.of(past, future)
    found = windows(calendar, times.span, series)
    step = max(BLOCK // max(len(past), 1), 1)
    for start in range(0, len(series) if found else 0, step):
        part = slice(start, start + step)
        block = _Block(values[part], times, found, [w.mask[part] for w in found])
        block.learn()
        block.foresee()
        past_factor[part] = block.past_factor
        future_factor[part] = block.future_factor
        future_spread[part] = np.sqrt(block.variance)
        frames.append(block.rows(np.asarray(series[part], dtype=object)))
    learned = pd.concat(frames, ignore_index=True) if frames else _nothing()
    return Effects(past_factor, future_factor, future_spread, learned)


@dataclass(frozen=True)
class _Times:
    """The periods as instants and by the local clock."""

    span: Span
    past: Ints
    future: Ints
    period: int
    past_clock: Clock
    future_clock: Clock
    first: pd.Timestamp

    @classmethod
    def of(cls, past: pd.DatetimeIndex, future: pd.DatetimeIndex) -> _Times:
        zone = (past if len(past) else future).tz
        assert zone is not None  # checked before
        future = future.tz_convert(zone)
        whole = past.append(future)
        period = whole[1] - whole[0] if len(whole) > 1 else pd.Timedelta(hours=1)
        origin = past[-1] + period if len(past) else whole[0]
        span = Span(whole[0], origin, whole[-1] + period, zone)
        first = whole[0].tz_localize(None).normalize()
        clocks = Clock.of(past, first), Clock.of(future, first)
        return cls(span, _ns(past), _ns(future), period.as_unit("ns").value, *clocks, first)

    def covered(self, window: Window, starts: Ints) -> tuple[slice, Floats]:
        """Periods that a window touches, and the share of each that it covers."""
        start, end = (time.as_unit("ns").value for time in (window.start, window.end))
        low = int(np.searchsorted(starts, start - self.period, side="right"))
        high = int(np.searchsorted(starts, end, side="left"))
        inside = starts[low:high]
        shared = np.minimum(inside + self.period, end) - np.maximum(inside, start)
        return slice(low, max(high, low)), shared / self.period

    def hours_into(self, window: Window, starts: Ints) -> Ints:
        """Which hour of a window the middle of each period is in."""
        start = window.start.as_unit("ns").value
        return np.maximum((starts + self.period // 2 - start) // HOUR, 0)


@dataclass(frozen=True)
class _Verdict:
    """What one window does to the series it moves: (n,) each, the shape (n, K)."""

    count: Ints
    log: Floats
    spread: Floats
    shape: Floats
    source: Words


class _Block:
    """Some of the series, with their factors as far as they are worked out."""

    def __init__(
        self, values: Floats, times: _Times, found: Sequence[Window], masks: Sequence[Bools]
    ) -> None:
        self.values, self.times, self.windows = _scaled(values), times, found
        self.all_rows = [_rows(mask) for mask in masks]
        self.masks = masks
        self.past_factor = np.ones(values.shape)
        self.future_factor = np.ones((len(values), len(times.future)))
        self.variance = np.zeros(self.future_factor.shape)
        self.seen: dict[int, Seen] = {}
        self.lessons: dict[str, Lesson] = {}
        self.rests: dict[int, Rest] = {}
        self.likeness_seen: dict[int, Floats] = {}
        self.likeness: dict[str, Floats] = {}
        self.past, self.ahead = ([p for p in range(len(found)) if masks[p].any()
                                  and len(times.covered(found[p], starts)[1])]
                                 for starts in (times.past, times.future))  # fmt: skip
        self.profiles = self._clean()

    def _clean(self) -> Profiles:
        values = self.values.copy()
        for place in self.past:
            columns, _ = self.times.covered(self.windows[place], self.times.past)
            values[self.all_rows[place], columns] = np.nan
        return Profiles.of(values, self.times.past_clock, self.times.first.day_of_week)

    def learn(self) -> None:
        """Measure what happened, one window after the other, and take it out of the past."""
        for place in self.past:
            if self.windows[place].group:
                self._liken(place)
                self.seen[place] = self._measure(place)
            self._take_out(place)
        taught: dict[str, list[Seen]] = {}
        for place, one in self.seen.items():
            if self.windows[place].teaches:
                taught.setdefault(self.windows[place].group, []).append(one)
        self.lessons = {g: Lesson.of(seen, len(self.values)) for g, seen in taught.items()}
        self.likeness = self._pooled_likeness()
        for place in self.past:
            self._take_out_what_is_taught(place)
        np.clip(self.past_factor, LEAST_FACTOR, MOST_FACTOR, out=self.past_factor)

    def foresee(self) -> None:
        """Put the factors on the future."""
        for place in self.ahead:
            window, rows = self.windows[place], self.all_rows[place]
            columns, share = self.times.covered(window, self.times.future)
            verdict = self._judge(place)
            factor = np.exp(verdict.log)[:, None] * np.exp(
                at(verdict.shape, self.times.hours_into(window, self.times.future[columns]))
            )
            variance = np.square(verdict.spread)[:, None] * np.ones(len(share))
            if window.rest is not None:
                rest, hours = self._rest(place), self.times.future_clock.hour[columns]
                factor = factor * rest.factor[:, hours]
                untaught = (verdict.count == 0)[:, None]
                variance = np.where(untaught, np.square(rest.spread[:, hours]), variance)
            self.future_factor[rows, columns] *= 1 + (factor - 1) * share
            self.variance[rows, columns] += variance * np.square(share)
        np.clip(self.future_factor, LEAST_FACTOR, MOST_FACTOR, out=self.future_factor)

    def rows(self, names: Words) -> pd.DataFrame:
        """Tell what was learned, per series and name, of what is ahead, else of what was last."""
        places = [p for p in self.past if p not in set(self.ahead)] + self.ahead
        parts, owners = [], []
        for name in sorted({self.windows[place].name for place in places}):
            part = _Table.of(len(names))
            for place in places:
                if self.windows[place].name == name:
                    self._tell(place, part)
            parts.append(part.frame(names, name))
            owners.append(np.flatnonzero(part.told))
        if not parts:
            return _nothing()
        by_series = np.argsort(np.concatenate(owners), kind="stable")
        return pd.concat(parts, ignore_index=True).iloc[by_series]

    def _tell(self, place: int, table: _Table) -> None:
        rows, verdict = self.all_rows[place], self._judge(place)
        factor, spread, source = np.exp(verdict.log), verdict.spread, verdict.source
        if self.windows[place].rest is not None:
            rest = self._rest(place)
            factor = factor * rest.total
            spread = np.where(verdict.count > 0, spread, rest.spread.mean(axis=1))
        table.told[rows] = True
        table.occurrences[rows], table.factor[rows] = verdict.count, factor
        table.spread[rows], table.source[rows] = spread, source

    def _liken(self, place: int) -> None:
        """See how much a day in the past was like the day of rest."""
        if self.windows[place].rest is None:
            return
        rows, rest = self.all_rows[place], self._rest(place)
        columns, share = self.times.covered(self.windows[place], self.times.past)
        hours = self.times.past_clock.hour[columns]
        seen = self.values[rows, columns] / self.past_factor[rows, columns]
        known = np.isfinite(seen) & (share > FIRM) & ~self._busy(place, columns)
        starts = np.flatnonzero(np.diff(hours, prepend=-1))
        mean = np.full(rest.shape.shape, np.nan)
        mean[:, hours[starts]] = over(
            np.add.reduceat(np.where(known, seen, 0.0), starts, axis=1),
            np.add.reduceat(known.astype(float), starts, axis=1),
        )
        like = rest.likeness_of(mean)
        self.likeness_seen[place] = like
        self.rests[place] = replace(rest, likeness=np.where(np.isfinite(like), like, HOLIDAY))

    def _pooled_likeness(self) -> dict[str, Floats]:
        """Likeness (S,) by group of days, and, under no name, of a day that was never seen.

        Of that one `HOLIDAY` is believed, which counts as one more day seen.
        """
        size, found = len(self.values), dict[str, list[Floats]]()
        for place, like in self.likeness_seen.items():
            window = self.windows[place]
            if window.teaches:
                whole = spread_out(like, self.all_rows[place], size)
                found.setdefault(window.group, []).append(whole)
        every = np.stack(
            [np.full(size, HOLIDAY), *(one for some in found.values() for one in some)]
        )
        unseen = np.nanmean(every, axis=0)
        pooled = {"": unseen}
        for group, days in found.items():
            own = np.stack(days)
            count = np.isfinite(own).sum(axis=0)
            mean = np.nansum(own, axis=0) / np.maximum(count, 1)
            pooled[group] = np.where(count > 0, mean, unseen)
        return pooled

    def _measure(self, place: int) -> Seen:
        """Compare an occurrence with what its hours would have had."""
        window, rows = self.windows[place], self.all_rows[place]
        columns, share = self.times.covered(window, self.times.past)
        expected, noise = self._expected(place, columns, share)
        seen = self.values[rows, columns]
        known = np.isfinite(seen) & np.isfinite(expected)
        whole = (window.end - window.start) / pd.Timedelta(self.times.period, "ns")
        alone = known & ~self._busy(place, columns)
        use = np.where(((alone * share).sum(axis=1) >= FIRM * whole)[:, None], alone, known)
        much = (use * share).sum(axis=1)
        extra = np.where(use, seen - (1 - share) * expected, 0.0)
        wanted = np.where(use, share * expected, 0.0)
        tiny = self.profiles.level[rows] * NEAR_ZERO * much
        there = wanted.sum(axis=1) > tiny
        usable = there & (much >= FIRM * whole) & (much > 0)
        log = np.where(usable, log_ratio(extra.sum(axis=1), wanted.sum(axis=1)), np.nan)
        diluted = over(wanted.sum(axis=1), np.where(use, expected, 0.0).sum(axis=1))
        hours, by_hour = self._hours(window, columns, extra, wanted, log)
        why = np.select(
            [usable, ~np.isfinite(expected).any(axis=1), much < FIRM * whole],
            ["", "no comparable days without events", "too little of the occurrence is known"],
            "no demand on comparable days",
        ).astype(object)
        noise = noise / np.square(np.where(usable, diluted, 1.0))
        return Seen(rows, log, noise, hours, by_hour, why)

    def _expected(self, place: int, columns: slice, share: Floats) -> tuple[Floats, Floats]:
        """Demand without the window (n, columns), and the noise (n,) of its total."""
        rows, clock = self.all_rows[place], self.times.past_clock
        own = self.profiles.take(rows)
        days, hours = clock.day[columns], clock.hour[columns]
        expected = np.full((len(own.cube), len(days)), np.nan)
        noise, touched = np.zeros(len(own.cube)), np.unique(days)
        for day in touched:
            profile, sample = own.expected(int(day))
            today = days == day
            weights = np.bincount(hours[today], share[today], minlength=24).astype(float)
            noise += own.noise(sample, profile, weights) / len(touched)
            if self.windows[place].rest is not None:
                rested = self._rest(place).profile
                profile = np.where(np.isfinite(rested), rested, profile)
            expected[:, today] = profile[:, hours[today]]
        return expected * self.past_factor[rows, columns], noise

    def _busy(self, place: int, columns: slice) -> Bools:
        """Periods (n, columns) on which something else acts that is not taken out yet."""
        rows = self.all_rows[place]
        busy = np.zeros((len(self.values), columns.stop - columns.start), dtype=bool)[rows]
        for other in self.past:
            if other <= place or not self.windows[place].overlaps(self.windows[other]):
                continue
            theirs, _ = self.times.covered(self.windows[other], self.times.past)
            low, high = (np.clip(edge - columns.start, 0, busy.shape[1])
                         for edge in (theirs.start, theirs.stop))  # fmt: skip
            busy[:, low:high] |= self.masks[other][rows][:, None]
        return busy

    def _hours(
        self, window: Window, columns: slice, extra: Floats, wanted: Floats, log: Floats
    ) -> tuple[Floats, Floats]:
        """Each hour of an occurrence against the whole of it."""
        length = int(np.ceil((window.end - window.start) / pd.Timedelta(hours=1)))
        if not 1 < length <= LONGEST_SHAPE:
            return np.zeros((len(log), 0)), np.zeros((len(log), 0))
        into = self.times.hours_into(window, self.times.past[columns])
        starts = np.flatnonzero(np.diff(into, prepend=-1))
        parts, whole = np.full((len(log), length), np.nan), np.zeros((len(log), length))
        place = np.minimum(into[starts], length - 1)
        whole[:, place] = np.add.reduceat(wanted, starts, axis=1)
        ratio = log_ratio(np.add.reduceat(extra, starts, axis=1), whole[:, place])
        parts[:, place] = ratio - log[:, None]
        return parts, whole

    def _take_out(self, place: int) -> None:
        """Take a day of rest, and the ratio that an occurrence itself had, out of the past."""
        rows = self.all_rows[place]
        columns, share = self.times.covered(self.windows[place], self.times.past)
        factor = np.ones((1, 1))
        if self.windows[place].rest is not None:
            factor = self._rest(place).factor[:, self.times.past_clock.hour[columns]]
        if place in self.seen:
            one = self.seen[place]
            log = np.where(np.isfinite(one.log), drawn_in(one.log, one.noise), 0.0)
            factor = factor * np.exp(log)[:, None]
        self.past_factor[rows, columns] *= 1 + (factor - 1) * share

    def _take_out_what_is_taught(self, place: int) -> None:
        """Take the common shape out of the past, and what is expected where nothing was seen."""
        window, rows = self.windows[place], self.all_rows[place]
        columns, share = self.times.covered(window, self.times.past)
        verdict = self._judge(place)
        into = self.times.hours_into(window, self.times.past[columns])
        log = at(verdict.shape, into)
        if place in self.seen:
            log = log + np.where(np.isnan(self.seen[place].log), verdict.log, 0.0)[:, None]
        self.past_factor[rows, columns] *= 1 + (np.exp(log) - 1) * share

    def _judge(self, place: int) -> _Verdict:
        """Decide what a window does: what was given, else learned, else the day of rest."""
        window, rows = self.windows[place], self.all_rows[place]
        size = int(self.masks[place].sum())
        nobody = np.full(size, "not learned: no earlier occurrence", dtype=object)
        lesson = self.lessons.get(window.lesson) if window.lesson else None
        nothing = np.zeros(size)
        count = lesson.count[rows] if lesson else np.zeros(size, dtype=np.int64)
        if window.given is not None:
            log = nothing + np.log(max(window.given, LEAST_FACTOR))
            told = np.full(size, "given", dtype=object)
            return _Verdict(count, log, DOUBT * np.abs(log), np.zeros((size, 0)), told)
        source = nobody
        if lesson:
            source = "not learned: " + lesson.why[rows]
        if window.rest is not None:
            like = f"weekday -> {WEEKDAYS[window.rest]} shape"
            reason = self._rest(place).reason
            source = np.where(reason == "", like, "not learned: " + reason).astype(object)
        if lesson is None:
            return _Verdict(count, nothing, nothing, np.zeros((size, 0)), source)
        name = self._name_of(window)
        most = int(count.max(initial=0))
        words = np.array([_learned(number, name) for number in range(most + 1)], dtype=object)
        source = np.where(count > 0, words[count], source)
        return _Verdict(count, lesson.log[rows], lesson.spread[rows], lesson.shape[rows], source)

    def _name_of(self, window: Window) -> str:
        """Name of the group that taught a window, as it was written."""
        return next(w.name for w in reversed(self.windows) if w.group == window.lesson)

    def _rest(self, place: int) -> Rest:
        """Give the day of a window as its day of rest, for the series that it moves."""
        window = self.windows[place]
        if place not in self.rests:
            local = window.start.tz_convert(self.times.span.zone).tz_localize(None)
            day = (local.normalize() - self.times.first) // pd.Timedelta(days=1)
            own = self.profiles.take(self.all_rows[place])
            self.rests[place] = own.rest(day, window.rest or 0)
        rest, pooled = self.rests[place], self.likeness
        if pooled and window.lesson and place not in self.seen:
            like = pooled.get(window.lesson, pooled[""])
            return replace(rest, likeness=like[self.all_rows[place]])
        return rest


@dataclass(frozen=True)
class _Table:
    """Columns of what was learned under one name, (S,) each."""

    told: Bools
    occurrences: Ints
    factor: Floats
    spread: Floats
    source: Words

    @classmethod
    def of(cls, size: int) -> _Table:
        return cls(
            np.zeros(size, dtype=bool),
            np.zeros(size, dtype=np.int64),
            np.ones(size),
            np.zeros(size),
            np.full(size, "", dtype=object),
        )

    def frame(self, names: Words, name: str) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "series": names[self.told],
                "name": name,
                "occurrences": self.occurrences[self.told],
                "factor": self.factor[self.told],
                "spread": self.spread[self.told],
                "source": self.source[self.told],
            }
        )


def _check(
    values: Floats, past: pd.DatetimeIndex, future: pd.DatetimeIndex, series: Sequence[str]
) -> None:
    wanted = (len(series), len(past))
    if values.shape != wanted:
        raise InputError(
            f"values have shape {values.shape}, but there are {wanted[0]} series over "
            f"{wanted[1]} periods",
            cure="pass one row a series and one column a period",
        )
    for times, name in ((past, "past"), (future, "future")):
        if len(times) and times.tz is None:
            raise InputError(
                f"the {name} periods have no time zone", cure="localise them: .tz_convert(zone)"
            )


def _nothing() -> pd.DataFrame:
    return _Table.of(0).frame(np.array([], dtype=object), "")


def _scaled(values: Floats) -> Floats:
    """Scale each series to at most 1, so that no sum overflows; what is not finite is unknown."""
    known = np.isfinite(values)
    largest = np.where(known, np.abs(values), 0.0).max(axis=1, initial=0.0)
    return np.where(known, values, np.nan) / np.where(largest > 0, largest, 1.0)[:, None]


def _rows(mask: Bools) -> Rows:
    """Give the rows of a mask; a slice, which copies nothing, when it is all of them."""
    return slice(None) if mask.all() else np.flatnonzero(mask)


def _ns(times: pd.DatetimeIndex) -> Ints:
    return times.as_unit("ns").asi8


def _learned(count: int, name: str) -> str:
    return f"learned from {count} occurrence{'s' * (count != 1)} of {name}"
