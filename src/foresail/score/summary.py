"""Scores of many windows in one row: sums of what adds up, means of what does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np

from foresail.score.accuracy import SignalScore
from foresail.score.capacity import ACTUAL, ORACLE, REACTIVE, STATIC, Usage
from foresail.score.score import Score
from foresail.units import Rate

PEAK = "static at its peak"
POLICIES = (ACTUAL, REACTIVE, PEAK, STATIC, ORACLE)
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """What a policy cost and missed over some windows, on the same demand.

    Parameters
    ----------
    policy
        ``actual``; ``reactive alone``; ``static at its peak``: the most units that the oracle ever
        had, throughout; ``static at max``: the configured maximum; ``oracle``.
    unit_hours, dollars
        In service; dollars are None where a window has no price.
    cost_ratio
        Over the oracle.
    short_minutes, short_share
        Under-capacity time.
    unserved_share
        Demand above the SLO over all demand.
    """

    policy: str
    unit_hours: float
    dollars: Decimal | None
    cost_ratio: float | None
    short_minutes: float
    short_share: float
    unserved_share: float


@dataclass(frozen=True, slots=True)
class LeadRow:
    """How good forecasts were that were made up to `hours` ahead (None: any more)."""

    hours: float | None
    periods: int
    mase: float | None
    pinball: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class Velocity:
    """Minutes from a rise of the floor until that many units were in service.

    `missed` rises never came while the floor held them.
    """

    rises: int
    missed: int
    median: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """How the plans of a tier did over some windows.

    Parameters
    ----------
    service, tier
        Whose plans.
    since, until
        Start of the first window and end of the last.
    windows, bad, applied
        How many have a score, were bad, and had foresail's plan written.
    plans
        How many plans were in force.
    quantile
        The one planned in the last window.
    mase, pinball, coverage
        Means over windows, of those at the planned quantile.
    calibration
        By quantile: share of demand at or below it.
    pit
        (upper quantile, expected, seen) of each bin.
    by_lead
        By how long before its period a forecast was made.
    policies
        What each policy cost and missed; empty where units are not known.
    idle_hours, idle_dollars
        Unit-hours in service beyond what the oracle had, and what they cost: the waste.
    utilization
        Demand over units in service.
    work_cost
        Dollars per million units of work, or per busy unit-hour; None without a price.
    work_unit
        What that is per, in words.
    velocity
        How fast units followed a floor.
    """

    service: str
    tier: str
    since: datetime
    until: datetime
    windows: int
    bad: int
    applied: int
    plans: int
    quantile: float
    mase: float | None
    pinball: float | None
    coverage: float | None
    calibration: dict[str, float]
    pit: tuple[tuple[float, float, float], ...]
    by_lead: tuple[LeadRow, ...]
    policies: tuple[PolicyRow, ...]
    idle_hours: float | None
    idle_dollars: Decimal | None
    utilization: float | None
    work_cost: Decimal | None
    work_unit: str
    velocity: Velocity

    def policy(self, name: str) -> PolicyRow | None:
        """Row of a policy; None where units are not known."""
        return next((row for row in self.policies if row.policy == name), None)

    def to_json(self) -> dict[str, Any]:
        """Plain values; money as text, so that it stays exact."""
        plain: dict[str, Any] = asdict(self)
        for row in (plain, *plain["policies"]):
            for name, value in row.items():
                row[name] = str(value) if isinstance(value, Decimal) else value
        times = {"since": self.since.isoformat(), "until": self.until.isoformat()}
        return plain | times


def summarise(scores: Sequence[Score], unit_capacity: Rate) -> Summary:
    """Sum up the scores of one tier, at least one.

    Parameters
    ----------
    scores
        In the order of time.
    unit_capacity
        What one unit serves at 100 %, for the cost of work.
    """
    signals = [one for score in scores for one in score.signals]
    known = [score for score in scores if score.capacity is not None]
    rows = _policies(known)
    idle = _total(known, ACTUAL).idle if known else None
    last = scores[-1]
    return Summary(
        service=last.service,
        tier=last.tier,
        since=scores[0].window.start,
        until=last.window.end,
        windows=len(scores),
        bad=sum(bool(one.bad) for one in scores),
        applied=sum(one.applied for one in scores),
        plans=len({plan for one in scores for plan in one.plans}),
        quantile=last.quantile,
        mase=_mean(one.mase for one in scores),
        pinball=_mean(one.pinball for one in scores),
        coverage=_mean(one.coverage for one in scores),
        calibration=_calibration(signals),
        pit=_pit(signals),
        by_lead=_by_lead(signals),
        policies=rows,
        idle_hours=idle,
        idle_dollars=_dollars(known, lambda usage: usage.idle),
        utilization=_utilization(known),
        work_cost=_work_cost(known, unit_capacity),
        work_unit=_work_unit(unit_capacity),
        velocity=_velocity(known),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return float(np.mean(found)) if found else None


def _calibration(signals: Sequence[SignalScore]) -> dict[str, float]:
    seen: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for one in signals:
        for name, share in one.coverage.items():
            seen[name].append((share, one.periods))
    return {
        name: sum(share * count for share, count in rows) / sum(count for _, count in rows)
        for name, rows in sorted(seen.items(), key=lambda item: float(item[0][1:]))
    }


def _pit(signals: Sequence[SignalScore]) -> tuple[tuple[float, float, float], ...]:
    """Pool the histograms that have the bins of the last one."""
    if not signals:
        return ()
    bins = [(high, expected) for high, expected, _ in signals[-1].pit]
    alike = [one for one in signals if [(high, share) for high, share, _ in one.pit] == bins]
    total = sum(one.periods for one in alike)
    seen = [sum(one.pit[at][2] * one.periods for one in alike) / total for at in range(len(bins))]
    return tuple((high, share, found) for (high, share), found in zip(bins, seen, strict=True))


def _by_lead(signals: Sequence[SignalScore]) -> tuple[LeadRow, ...]:
    rows: dict[float | None, list[Any]] = defaultdict(list)
    for one in signals:
        for lead in one.by_lead:
            rows[lead.hours].append(lead)
    ordered = sorted(rows, key=lambda hours: float("inf") if hours is None else hours)
    return tuple(
        LeadRow(
            hours,
            sum(one.periods for one in rows[hours]),
            *(_weighted(rows[hours], name) for name in ("mase", "pinball", "coverage")),
        )
        for hours in ordered
    )


def _weighted(rows: Sequence[Any], name: str) -> float | None:
    known = [(getattr(one, name), one.periods) for one in rows if getattr(one, name) is not None]
    count = sum(periods for _, periods in known)
    return sum(value * periods for value, periods in known) / count if count else None


def _total(scores: Sequence[Score], policy: str) -> Usage:
    total = Usage(0.0, 0.0, 0.0, 0.0)
    for score in scores:
        total += _usage(score, policy, scores)
    return total


def _usage(score: Score, policy: str, scores: Sequence[Score]) -> Usage:
    """Usage of a policy; a fleet at the peak of all windows is worked out here.

    It has the oracle's highest need throughout: it is short only where the oracle itself is, since
    the maximum allows no more.
    """
    assert score.capacity is not None
    if policy != PEAK:
        return score.capacity.usage[policy]
    peak = max(one.capacity.peak for one in scores if one.capacity is not None)
    hours = peak * score.capacity.minutes / 60
    least = score.capacity.usage[ORACLE]
    return Usage(hours, least.short_minutes, least.unserved, hours - least.unit_hours)


def _policies(scores: Sequence[Score]) -> tuple[PolicyRow, ...]:
    if not scores:
        return ()
    least = _total(scores, ORACLE).unit_hours
    minutes = sum(one.capacity.minutes for one in scores if one.capacity is not None)
    work = sum(one.capacity.work for one in scores if one.capacity is not None)
    rows = []
    for policy in POLICIES:
        total = _total(scores, policy)
        rows.append(
            PolicyRow(
                policy,
                total.unit_hours,
                _money(scores, policy),
                total.unit_hours / least if least else None,
                total.short_minutes,
                total.short_minutes / minutes,
                total.unserved / work if work else 0.0,
            )
        )
    return tuple(rows)


def _money(scores: Sequence[Score], policy: str) -> Decimal | None:
    amounts = [one.dollars(_usage(one, policy, scores).unit_hours) for one in scores]
    return _sum(amounts)


def _dollars(scores: Sequence[Score], of: Any) -> Decimal | None:
    amounts = [
        one.dollars(of(one.capacity.usage[ACTUAL])) for one in scores if one.capacity is not None
    ]
    return _sum(amounts)


def _sum(amounts: Sequence[Decimal | None]) -> Decimal | None:
    known = [one for one in amounts if one is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(amounts) else None


def _utilization(scores: Sequence[Score]) -> float | None:
    hours = sum(one.capacity.usage[ACTUAL].unit_hours for one in scores if one.capacity is not None)
    work = sum(one.capacity.work for one in scores if one.capacity is not None)
    return work / hours if hours else None


def _work_cost(scores: Sequence[Score], unit_capacity: Rate) -> Decimal | None:
    cost = _dollars(scores, lambda usage: usage.unit_hours)
    work = sum(one.capacity.work for one in scores if one.capacity is not None)
    if cost is None or not work:
        return None
    count = work * unit_capacity.amount * 3600 / MILLION if unit_capacity.per_second else work
    return (cost / Decimal(str(count))).quantize(Decimal("0.0001"))


def _work_unit(unit_capacity: Rate) -> str:
    if not unit_capacity.per_second:
        return "busy unit-hour"
    return f"million {unit_capacity.unit or 'units of work'}"


def _velocity(scores: Sequence[Score]) -> Velocity:
    all_rises = [one for s in scores if s.capacity is not None for one in s.capacity.raised]
    took = [one for one in all_rises if one is not None]
    return Velocity(
        rises=len(all_rises),
        missed=len(all_rises) - len(took),
        median=float(np.median(took)) if took else None,
        p90=float(np.quantile(took, 0.9)) if took else None,
    )
