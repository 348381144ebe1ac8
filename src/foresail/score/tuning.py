"""Move the quantile and the utilisation to plan for, a notch at a time, on evidence of windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from foresail.score.capacity import ORACLE
from foresail.score.score import Score

QUANTILES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995)
NOTCH = 0.02  # of utilisation
AGREE = 8  # windows with too little capacity on the whole
CALM = 16  # windows in a row without any shortage, before it may cost less
WASTE = 1.1  # unit-hours over the oracle's, below which there is nothing to save


@dataclass(frozen=True, slots=True)
class Bounds:
    """Within what may be tuned; None: as configured.

    Parameters
    ----------
    quantile, utilization
        Lowest and highest.
    short
        Under-capacity time, as a share, that is put up with.
    """

    quantile: tuple[float, float] | None = None
    utilization: tuple[float, float] | None = None
    short: float = 0.005


@dataclass(frozen=True, slots=True)
class Tuning:
    """Quantile and utilisation to plan for, and why they are what they are."""

    quantile: float
    utilization: float
    reason: str = ""

    def within(self, bounds: Bounds, configured: Tuning) -> Tuning:
        """Keep within the bounds of today; what may not be tuned is as configured."""
        quantile = _clip(self.quantile, bounds.quantile, configured.quantile)
        utilization = _clip(self.utilization, bounds.utilization, configured.utilization)
        return Tuning(quantile, utilization, self.reason)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "quantile": self.quantile,
            "utilization": self.utilization,
            "reason": self.reason,
        }


def tune(now: Tuning, scores: Sequence[Score], bounds: Bounds) -> Tuning:
    """Move one notch where the windows planned with today's values agree that it should.

    Parameters
    ----------
    now
        What is planned for.
    scores
        Of the tier, in the order of time. Only the last ones that were planned with today's values
        and applied count: after a move evidence begins anew.
    bounds
        Within which to move.

    Returns
    -------
    Tuning
        The same when there is no reason to move.
    """
    evidence = _planned_with(now, scores)
    last = evidence[-AGREE:]
    if len(last) == AGREE and _short(last) > bounds.short and _often_short(last):
        why = f"capacity was short for {_short(last):.1%} of the last {AGREE} windows"
        return _safer(now, bounds, why)
    calm = evidence[-CALM:]
    if len(calm) == CALM and _short(calm) == 0 and _cost(calm) > WASTE:
        why = (
            f"{CALM} windows without any shortage cost {_cost(calm):.2f} times what the oracle "
            "needed"
        )
        return _leaner(now, bounds, why)
    return now


def _planned_with(now: Tuning, scores: Sequence[Score]) -> list[Score]:
    found: list[Score] = []
    for score in reversed(scores):
        same = score.quantile == now.quantile and score.utilization == now.utilization
        if not same or not score.applied:
            break
        if score.capacity is not None:
            found.append(score)
    return found[::-1]


def _short(scores: Sequence[Score]) -> float:
    known = [one.capacity for one in scores if one.capacity is not None]
    return sum(c.short_share() * c.minutes for c in known) / sum(c.minutes for c in known)


def _often_short(scores: Sequence[Score]) -> bool:
    """Whether it was short in more than one window: a single bad hour is no evidence."""
    return sum(s.capacity is not None and s.capacity.short_share() > 0 for s in scores) > 1


def _cost(scores: Sequence[Score]) -> float:
    known = [one.capacity for one in scores if one.capacity is not None]
    least = sum(c.usage[ORACLE].unit_hours for c in known)
    return sum(c.usage["actual"].unit_hours for c in known) / least if least else 1.0


def _safer(now: Tuning, bounds: Bounds, why: str) -> Tuning:
    """Cover a higher quantile; where that is at its bound, plan for less utilisation."""
    above = [q for q in QUANTILES if now.quantile < q <= _ends(bounds.quantile)[1]]
    if above:
        return Tuning(above[0], now.utilization, f"{why}: q{above[0]:g} is covered now")
    lower = round(now.utilization - NOTCH, 4)
    if lower >= _ends(bounds.utilization)[0]:
        return Tuning(now.quantile, lower, f"{why}: {lower:.0%} utilisation is planned for now")
    return now


def _leaner(now: Tuning, bounds: Bounds, why: str) -> Tuning:
    """Plan for more utilisation; where that is at its bound, cover a lower quantile."""
    higher = round(now.utilization + NOTCH, 4)
    if higher <= _ends(bounds.utilization)[1]:
        return Tuning(now.quantile, higher, f"{why}: {higher:.0%} utilisation is planned for now")
    below = [q for q in QUANTILES if _ends(bounds.quantile)[0] <= q < now.quantile]
    if below:
        return Tuning(below[-1], now.utilization, f"{why}: q{below[-1]:g} is covered now")
    return now


def _ends(bounds: tuple[float, float] | None) -> tuple[float, float]:
    """Give the ends of a range; of none, such that nothing lies in it."""
    return (float("inf"), float("-inf")) if bounds is None else bounds


def _clip(value: float, bounds: tuple[float, float] | None, configured: float) -> float:
    return configured if bounds is None else min(max(value, bounds[0]), bounds[1])
