"""The experts: many plain forecasts of the next days, for all rows at once.

Each answers with a path of hourly values. None is good everywhere; the gate
(`foresail.forecast.gates`) weighs them by what they did at past origins. All are linear or median
rules on the same local hour of earlier days (a *slot*), on the last hours, or a ridge regression
on Fourier terms (dynamic harmonic regression: Hyndman and Athanasopoulos, 2021, ch. 10), so that
thousands of series cost a few matrix products.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from foresail.forecast.arrays import Floats, Ints, first_known, mean, median, weighted_mean
from foresail.forecast.window import DAY_HOURS, WEEK_HOURS, Window

FORTNIGHT = 14
Profiles = dict[str, Floats]

NAMES = (
    "yesterday",
    "days-decay-0.7",
    "days-decay-0.4",
    "days-mean",
    "days-median-7",
    "days-median-3",
    "last-week",
    "daytype",
    "level-median-24h",
    "level-median-7d",
    "level-mean-7d",
    "level-last-3h",
    "level-last-1h",
    "days-scaled",
    "yesterday+4h",
    "days-decay-0.4+4h",
    "days-decay-0.4+24h",
    "days-median-7+24h",
    "days-median-7+kept",
    "days-median-7+day",
    "smooth",
    "smooth+24h",
    "smooth+kept",
    "smooth+day",
    "daytype+24h",
    "daytype+day",
    "smooth-median",
    "harmonic",
    "harmonic-fast",
    "harmonic-fast+8h",
)


def predict(window: Window, days: int) -> Floats:
    """Predict the next days with every expert.

    Parameters
    ----------
    window
        Rows of hourly history, already freed of short incidents.
    days
        Days ahead.

    Returns
    -------
    ndarray
        Shape (rows, experts, 24 days), experts in the order of `NAMES`; finite where a row has any
        value at all.
    """
    recent = Window(window.values[:, -FORTNIGHT * DAY_HOURS :], window.hour, window.weekday)
    slots = _slot_rules(recent)
    paths = {name: _repeat(profile, days) for name, profile in slots.items()}
    paths["last-week"] = _last_week(window, slots["days-median-7"], days)
    paths["daytype"] = _daytype(window, window.days, slots["days-decay-0.7"], 0, days)
    levels = _level_rules(recent)
    paths |= {
        name: np.repeat(level[:, None], DAY_HOURS * days, 1) for name, level in levels.items()
    }
    paths |= _scaled(recent, levels["mean-24h"], days)
    paths |= _corrected(window, recent, paths, days)
    paths |= _harmonics(recent, days)
    return np.stack([paths[name] for name in NAMES], axis=1)


def _repeat(profile: Floats, days: int) -> Floats:
    return np.tile(profile, (1, days))


def _slot_rules(window: Window) -> Profiles:
    """Profiles of a day: rules on the same hour of the last days."""
    days = window.days
    anything = median(window.values, 1)[:, None]
    latest = first_known(_latest(days), anything)
    week = first_known(median(days[:, :7], 1), median(days, 1), latest)
    average = first_known(mean(days, 1), latest)
    return {
        "yesterday": latest,
        "days-decay-0.7": first_known(_decayed(days, 0.7), latest),
        "days-decay-0.4": first_known(_decayed(days, 0.4), latest),
        "days-mean": average,
        "days-median-7": week,
        "days-median-3": first_known(median(days[:, :3], 1), latest),
        "smooth": _smooth(average),
        "smooth-median": _smooth(week),
    }


def _latest(days: Floats) -> Floats:
    """Youngest known value of each slot."""
    known = np.isfinite(days)
    youngest = np.argmax(known, axis=1)[:, None]
    return np.take_along_axis(days, youngest, axis=1)[:, 0]


def _decayed(days: Floats, decay: float) -> Floats:
    """Mean over days whose weight falls by `decay` a day (simple exponential smoothing)."""
    return weighted_mean(days, decay ** np.arange(days.shape[1])[None, :, None], 1)


def _smooth(profile: Floats) -> Floats:
    """Mean over five neighbouring hours."""
    return np.asarray(sum(np.roll(profile, shift, 1) for shift in range(-2, 3)) / 5)


def _last_week(window: Window, otherwise: Floats, days: int) -> Floats:
    """Repeat the value of a week before; in longer histories weeks before that count a little."""
    by_age = window.days
    parts = []
    for day in range(days):
        ages = np.arange(6 - day % 7, by_age.shape[1], 7)
        same = weighted_mean(by_age[:, ages], 0.25 ** np.arange(len(ages))[None, :, None], 1)
        exact = by_age[:, ages[0]] if by_age.shape[1] <= FORTNIGHT else same
        parts.append(first_known(exact, otherwise))
    return np.concatenate(parts, axis=1)


def _daytype(window: Window, days: Floats, otherwise: Floats, first: int, ahead: int) -> Floats:
    """Decaying mean over days of the same type: weekend, or not."""
    hours = days.shape[1] * DAY_HOURS
    was = window.weekend(-hours, hours).reshape(len(days), -1, DAY_HOURS)[:, ::-1]
    age = np.arange(days.shape[1])[None, :, None]
    rest = first_known(weighted_mean(np.where(was, days, np.nan), 0.9**age, 1), otherwise)
    work = first_known(weighted_mean(np.where(was, np.nan, days), 0.8**age, 1), otherwise)
    will = window.weekend(first, DAY_HOURS * ahead)
    return np.where(will, _repeat(rest, ahead), _repeat(work, ahead))


def _level_rules(window: Window) -> Profiles:
    """Flat paths: the level of the last hours or days."""
    values = window.values
    anything = median(values, 1)
    day, week = values[:, -DAY_HOURS:], values[:, -WEEK_HOURS:]
    mean_day = first_known(mean(day, 1), anything)
    last_3h = first_known(mean(values[:, -3:], 1), mean_day)
    return {
        "mean-24h": mean_day,
        "level-median-24h": first_known(median(day, 1), anything),
        "level-median-7d": first_known(median(week, 1), anything),
        "level-mean-7d": first_known(mean(week, 1), anything),
        "level-last-3h": last_3h,
        "level-last-1h": first_known(values[:, -1], last_3h),
    }


def _scaled(window: Window, level: Floats, days: int) -> Profiles:
    """Scale the usual day to the level of the last one."""
    usual = _usual_before(window)
    typical = mean(usual, 1)
    ratio = np.clip(level / np.where(typical > 0, typical, 1.0), 0.2, 5.0)
    return {"days-scaled": _repeat(usual * ratio[:, None], days)}


def _usual_before(window: Window) -> Floats:
    """Median day of the week that ended a day ago."""
    days = window.days
    return first_known(median(days[:, 1:8], 1), median(days, 1), median(window.values, 1)[:, None])


def _corrected(window: Window, recent: Window, paths: Profiles, days: int) -> Profiles:
    """Add what the last hours differ from what each rule would have said of them.

    ``+4h`` and ``+24h`` let the difference of the last 3 hours fade with that half-life, ``+kept``
    keeps it, ``+day`` keeps the median difference of the last day.
    """
    older = recent.days[:, 1:]
    anything = median(recent.values, 1)[:, None]
    latest = first_known(_latest(older), anything)
    decay_4 = first_known(_decayed(older, 0.4), latest)
    decay_7 = first_known(_decayed(older, 0.7), latest)
    without = window.days.copy()
    without[:, 0] = np.nan
    said = {
        "yesterday": latest,
        "days-decay-0.4": decay_4,
        "days-median-7": _usual_before(recent),
        "smooth": paths["smooth"][:, :DAY_HOURS],
        "daytype": _daytype(window, without, decay_7, -DAY_HOURS, 1),
    }
    wanted = [name.split("+") for name in NAMES if "+" in name and not name.startswith("harmonic")]
    ahead = np.arange(1, DAY_HOURS * days + 1)[None, :]
    last_day = recent.values[:, -DAY_HOURS:]
    found = {}
    for rule, kind in wanted:
        found[f"{rule}+{kind}"] = paths[rule] + _KINDS[kind](last_day - said[rule], ahead)
    return found


def _last_hours(difference: Floats) -> Floats:
    return first_known(mean(difference[:, -3:], 1), np.zeros(len(difference)))[:, None]


def _fading(hours: float) -> Callable[[Floats, Ints], Floats]:
    return lambda difference, ahead: _last_hours(difference) * 0.5 ** (ahead / hours)


def _kept(difference: Floats, ahead: Ints) -> Floats:
    return _last_hours(difference) * np.ones(ahead.shape)


def _kept_day(difference: Floats, ahead: Ints) -> Floats:
    level = first_known(median(difference, 1), np.zeros(len(difference)))
    return level[:, None] * np.ones(ahead.shape)


_KINDS: dict[str, Callable[[Floats, Ints], Floats]] = {
    "4h": _fading(4),
    "24h": _fading(24),
    "kept": _kept,
    "day": _kept_day,
}


def _harmonics(window: Window, days: int) -> Profiles:
    """Ridge regressions on Fourier terms of day and week, slow and fast to forget."""
    slow = _harmonic(window, days, day_terms=5, week_terms=3, half_life=7 * DAY_HOURS)
    fast = _harmonic(window, days, day_terms=4, week_terms=0, half_life=2 * DAY_HOURS)
    ahead = np.arange(1, DAY_HOURS * days + 1)[None, :]
    last = _last_hours(window.values[:, -3:] - fast[:, :3])
    return {
        "harmonic": slow[:, 3:],
        "harmonic-fast": fast[:, 3:],
        "harmonic-fast+8h": fast[:, 3:] + last * 0.5 ** (ahead / 8),
    }


def _harmonic(
    window: Window, days: int, *, day_terms: int, week_terms: int, half_life: float
) -> Floats:
    """Fit and predict; shape (rows, 3 + 24 days): the last three hours fitted, then the future.

    Rows whose origins fall on the same hour of the week share a design matrix, so each costs two
    products and a small solve.
    """
    hours, ahead = window.values.shape[1], DAY_HOURS * days
    known = np.isfinite(window.values)
    weight = 0.5 ** (np.arange(hours, 0, -1) / half_life)[None, :] * known
    weighted = weight * np.where(known, window.values, 0.0)
    penalty = _penalty(day_terms, week_terms)
    result = np.empty((len(window.values), 3 + ahead))
    week_hour = window.weekday * DAY_HOURS + window.hour
    for origin in np.unique(week_hour):
        rows = week_hour == origin
        design, squares = _design(int(origin), hours, ahead, day_terms, week_terms)
        past = design[:hours]
        left = (weight[rows] @ squares).reshape(-1, len(penalty), len(penalty)) + penalty
        right = weighted[rows] @ past
        result[rows] = np.linalg.solve(left, right[:, :, None])[:, :, 0] @ design[hours - 3 :].T
    return result


@lru_cache(maxsize=128)  # the hours of a week come again and again
def _design(
    origin: int, hours: int, ahead: int, day_terms: int, week_terms: int
) -> tuple[Floats, Floats]:
    """Constant, slope, cosines and sines of the hour of day and week; and the past's products."""
    t = np.arange(-hours, ahead)
    columns = [np.ones(len(t)), t / WEEK_HOURS]
    for length, terms in ((DAY_HOURS, day_terms), (WEEK_HOURS, week_terms)):
        turn = 2 * np.pi * (origin + t) / length
        for k in range(1, terms + 1):
            columns += [np.cos(k * turn), np.sin(k * turn)]
    design = np.stack(columns, axis=1)
    past = design[:hours]
    return design, (past[:, :, None] * past[:, None, :]).reshape(hours, -1)


def _penalty(day_terms: int, week_terms: int) -> Floats:
    """Ridge: hardly any on the level, strong on the slope, which else runs away."""
    return np.diag(np.r_[1e-6, 30.0, np.full(2 * day_terms, 1.0), np.full(2 * week_terms, 4.0)])
