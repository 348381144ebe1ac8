"""The score of a tier over one window: its forecast, its capacity, and what it is worth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self

from foresail.score.accuracy import SignalScore
from foresail.score.capacity import REACTIVE, Capacity
from foresail.score.windows import Window

FORMAT = 1
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Score:
    """How the plans of a tier did over one window.

    Parameters
    ----------
    service, tier
        Whose plans.
    window
        Span of time, UTC.
    plans
        Ids of the plans that were in force.
    quantile, utilization
        What was planned for.
    slo
        Utilisation that should not be exceeded.
    signals
        How good the forecast was, by demand metric.
    capacity
        What was in service, and what other policies would have had; None where units are unknown.
    applied
        False where foresail only forecast: then the capacity is not its work.
    bad
        Why the window counts as bad; empty when it does not.
    price
        Dollars of one unit for one hour then; None where it was not configured.
    """

    service: str
    tier: str
    window: Window
    plans: tuple[str, ...]
    quantile: float
    utilization: float
    slo: float
    signals: tuple[SignalScore, ...]
    capacity: Capacity | None
    applied: bool = True
    bad: tuple[str, ...] = ()
    price: Decimal | None = None

    def dollars(self, unit_hours: float) -> Decimal | None:
        """Say what some unit-hours of the window cost; None without a price."""
        if self.price is None:
            return None
        return (self.price * Decimal(str(round(unit_hours, 6)))).quantize(CENT)

    @property
    def mase(self) -> float | None:
        """Geometric mean over the signals."""
        return _geometric(one.mase for one in self.signals)

    @property
    def pinball(self) -> float | None:
        """Scaled pinball loss at the planned quantile: geometric mean over the signals."""
        return _geometric(one.pinball.get(self._column) for one in self.signals)

    @property
    def coverage(self) -> float | None:
        """Share of demand at or below the planned quantile: mean over the signals."""
        found = [one.coverage[self._column] for one in self.signals if self._column in one.coverage]
        return sum(found) / len(found) if found else None

    @property
    def bias(self) -> float | None:
        """Mean normal score of demand within its forecast: that of the signal furthest off."""
        found = [one.bias for one in self.signals if one.bias is not None]
        return max(found, key=abs) if found else None

    @property
    def _column(self) -> str:
        return f"q{self.quantile:g}"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "format": FORMAT,
            "service": self.service,
            "tier": self.tier,
            "start": self.window.start.isoformat(),
            "end": self.window.end.isoformat(),
            "plans": list(self.plans),
            "quantile": self.quantile,
            "utilization": self.utilization,
            "slo": self.slo,
            "signals": [one.to_json() for one in self.signals],
            "capacity": None if self.capacity is None else self.capacity.to_json(),
            "applied": self.applied,
            "bad": list(self.bad),
            "price": None if self.price is None else str(self.price),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError, KeyError, TypeError
            When it is no score of this format.
        """
        if data["format"] != FORMAT:
            raise ValueError(f"score of format {data['format']!r}, not {FORMAT}")
        capacity = data["capacity"]
        return cls(
            service=str(data["service"]),
            tier=str(data["tier"]),
            window=Window(_time(data["start"]), _time(data["end"])),
            plans=tuple(data["plans"]),
            quantile=float(data["quantile"]),
            utilization=float(data["utilization"]),
            slo=float(data["slo"]),
            signals=tuple(SignalScore.from_json(one) for one in data["signals"]),
            capacity=None if capacity is None else Capacity.from_json(capacity),
            applied=bool(data["applied"]),
            bad=tuple(data["bad"]),
            price=None if data["price"] is None else Decimal(data["price"]),
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """From where a window counts as bad.

    Parameters
    ----------
    mase
        Error over that of repeating the day before.
    shortfall
        By how much coverage may fall below the planned quantile.
    short
        Under-capacity time as a share, where reactive alone would have had less.
    """

    mase: float = 3.0
    shortfall: float = 0.4
    short: float = 0.05


def why_bad(score: Score, limits: Limits) -> tuple[str, ...]:
    """Say why a window counts as bad; nothing when it does not."""
    found = []
    if score.mase is not None and score.mase > limits.mase:
        found.append(
            f"the forecast erred {score.mase:.3g} times as much as the day before repeated "
            f"(limit {limits.mase:g})"
        )
    if score.coverage is not None and score.coverage < score.quantile - limits.shortfall:
        found.append(
            f"demand stayed below q{score.quantile:g} in {score.coverage:.0%} of the time, "
            f"not {score.quantile:.0%}"
        )
    return (*found, *_short(score, limits))


def _short(score: Score, limits: Limits) -> Sequence[str]:
    capacity = score.capacity
    if capacity is None or not score.applied:
        return ()
    share, alone = capacity.short_share(), capacity.short_share(REACTIVE)
    if share <= limits.short or share <= alone:
        return ()
    return (f"capacity was short for {share:.0%} of the time, reactive alone for {alone:.0%}",)


def _geometric(values: Iterable[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    if not found or min(found) <= 0:
        return 0.0 if found else None
    return math.exp(sum(map(math.log, found)) / len(found))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
