"""The plan that follows a series: each step with its reason and its dollars."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from foresail.backtest.job import Job
from foresail.backtest.roster import next_of
from foresail.forecast.api import forecast_series
from foresail.forecast.explain import explanations
from foresail.replay.case import Case
from foresail.replay.planner_default import PlanSetting
from foresail.replay.policies import Policy
from foresail.replay.promised import peak_units

AHEAD = timedelta(hours=24)
_SMALL = 0.25  # units that are not worth a word
COLUMNS = ("start", "end", "capacity", "kind", "reason", "hours", "cost")
_KINDS = {
    "level": ("level",),
    "trend": ("last days and hours",),
    "season": ("hour of the day", "weekday", "inside the hour"),
    "event": ("calendar",),
    "margin": ("margin",),
}
_WORDS = {"trend": "last days", "event": "calendar", "margin": "margin"}
SATURDAY = 5


def last_plan(case: Case, policy: Policy, setting: Any, job: Job) -> tuple[pd.DataFrame, str]:
    """Plan the day after a series as the policy would, and say of each step why and how much.

    Returns
    -------
    (DataFrame, str)
        start, end (UTC), capacity (units), kind (trend, season, event, margin or guardrail),
        reason, hours, cost (dollars, Decimal); and the setting that made the plan. Empty where the
        policy makes no plans.
    """
    ahead = next_of(policy, setting, case.rules)
    if ahead is None:
        return pd.DataFrame(columns=list(COLUMNS)), ""
    origin = case.times[-1] + case.period
    if ahead.of_peak is not None:
        return _peak_floor(case, origin, ahead.of_peak, job), ahead.about
    if ahead.setting is None:
        return _no_floor(case, origin, job), ahead.about
    known = case.known(len(case.demand))
    frame = pd.DataFrame(
        {"series": case.series, "timestamp": known.index, "value": known.to_numpy()}
    )
    use = replace(ahead.setting, utilization=min(ahead.setting.utilization, case.rules.slo))
    steps = _merged(ahead.planner(frame, origin, AHEAD, use), origin)
    level = use.quantile
    place = case.rules.place
    made = forecast_series(
        frame, AHEAD, (0.5, level), calendar=place.calendar, timezone=place.timezone
    )
    path = made.frame.set_index("timestamp")[f"q{level:g}"]
    peaks = [_peak(path, start, end, case) for start, end, _ in steps]
    told = explanations(
        frame,
        case.series,
        peaks,
        quantile=level,
        calendar=place.calendar,
        timezone=place.timezone,
    )
    rows = [
        _row(start, end, size, *_reason(size, _by_kind(one.parts), peak, case, use), job)
        for (start, end, size), one, peak in zip(steps, told, peaks, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)), ahead.about


def _no_floor(case: Case, origin: pd.Timestamp, job: Job) -> pd.DataFrame:
    """Keep the minimum: on past days target tracking alone was the cheapest that kept the limit."""
    reason = "no floor above the minimum pays: target tracking alone kept the limit for less"
    row = _row(origin, origin + AHEAD, case.rules.minimum, "guardrail", reason, job)
    return pd.DataFrame([row], columns=list(COLUMNS))


def _peak_floor(case: Case, origin: pd.Timestamp, share: float, job: Job) -> pd.DataFrame:
    """Keep a share of the last week's peak: bursts come at any hour."""
    units = peak_units(case, len(case.demand), share)
    reason = f"{share:.0%} of the last week's peak: bursts that no hour of the day foretells"
    row = _row(origin, origin + AHEAD, units, "margin", reason, job)
    return pd.DataFrame([row], columns=list(COLUMNS))


def _merged(plan: pd.DataFrame, origin: pd.Timestamp) -> list[tuple[Any, Any, int]]:
    """Give the steps from the origin on, equal neighbours as one."""
    starts = [max(pd.Timestamp(one), origin) for one in plan["start"]]
    ends = [*starts[1:], origin + AHEAD]
    steps: list[tuple[Any, Any, int]] = []
    for start, end, capacity in zip(starts, ends, plan["capacity"], strict=True):
        if end <= start:
            continue
        if steps and steps[-1][2] == int(capacity):
            steps[-1] = (steps[-1][0], end, int(capacity))
        else:
            steps.append((start, end, int(capacity)))
    return steps


def _peak(path: pd.Series, start: pd.Timestamp, end: pd.Timestamp, case: Case) -> pd.Timestamp:
    """When the forecast that a step covers, its boot time included, is highest."""
    covered = path[(path.index > start - case.period) & (path.index < end + case.rules.boot)]
    at = int(covered.to_numpy().argmax()) if len(covered) else -1
    return pd.Timestamp((covered if len(covered) else path).index[at])


def _by_kind(parts: pd.DataFrame) -> dict[str, float]:
    amounts = dict(zip(parts["part"], parts["amount"], strict=True))
    return {kind: sum(amounts[name] for name in names) for kind, names in _KINDS.items()}


def _row(
    start: pd.Timestamp, end: pd.Timestamp, capacity: int, kind: str, reason: str, job: Job
) -> tuple[Any, ...]:
    hours = (end - start) / pd.Timedelta(hours=1)
    return (start, end, capacity, kind, reason, hours, job.price.of(capacity * hours))


@dataclass(frozen=True, slots=True)
class _Why:
    """Parts of the forecast that a step covers, in units, at its peak in local time."""

    units: dict[str, float]
    peak: pd.Timestamp
    quantile: float

    @property
    def usual(self) -> float:
        """What that hour of that kind of day usually takes."""
        return self.units["level"] + self.units["season"]

    def told(self) -> tuple[str, str]:
        """Name the part that moves the step furthest from the level, and put all into words."""
        moving = {kind: amount for kind, amount in self.units.items() if kind != "level"}
        kind = max(moving, key=lambda one: abs(moving[one]))
        rest = [
            f"{_WORDS[one]} {amount:+.1f}"
            for one, amount in moving.items()
            if one not in {kind, "season"} and abs(amount) >= _SMALL
        ]
        return kind, "; ".join([self._first(kind), *([", ".join(rest)] if rest else [])])

    def _first(self, kind: str) -> str:
        days = "weekends" if self.peak.day_of_week >= SATURDAY else "weekdays"
        at = f"{days} {self.peak:%H:%M}: usually"
        level, moved = self.units["level"], self.units[kind]
        if kind == "season" and level > 0:
            return f"{at} {max(self.usual, 0) / level:.1f} x the mean of {level:.1f} units"
        if kind == "margin":
            return f"{at} {self.usual:.1f} units; margin up to q{self.quantile:g} {moved:+.1f}"
        return f"{at} {self.usual:.1f} units; {_WORDS[kind]} {moved:+.1f}"


def _reason(
    capacity: int, parts: dict[str, float], peak: pd.Timestamp, case: Case, use: PlanSetting
) -> tuple[str, str]:
    """Say why a step is as high as it is, or which bound holds it."""
    rules = case.rules
    units = {kind: amount / use.utilization for kind, amount in parts.items()}
    asked = int(np.ceil(sum(units.values()) - 1e-9))
    if rules.maximum is not None and capacity >= rules.maximum and asked > rules.maximum:
        return "guardrail", f"held at the maximum; the forecast asks for {asked}"
    if capacity <= rules.minimum and asked < rules.minimum:
        return "guardrail", f"held at the minimum; the forecast asks for {max(asked, 0)}"
    return _Why(units, peak.tz_convert(rules.place.timezone), use.quantile).told()
