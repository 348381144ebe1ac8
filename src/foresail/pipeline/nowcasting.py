"""Hold a tier's last half hour against the forecast made before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from foresail.errors import InputError
from foresail.forecast.nowcast import UPPER, Nowcast, nowcast, recent_periods
from foresail.pipeline.forecasting import Asked, forecast_each
from foresail.pipeline.planning import Foreseen, in_units

if TYPE_CHECKING:
    from foresail.forecast.api import Forecast

Said = tuple[str, ...]


def nowcast_each(foreseen: Sequence[Foreseen]) -> list[tuple[Foreseen, Said] | Exception]:
    """Raise the forecasts of tiers where demand has just left what was forecast, and say so.

    A tier whose forecaster failed, other than that too little was known then, has the error.
    """
    earlier = forecast_each([_earlier(one) for one in foreseen])
    return [_nowcasted(one, found) for one, found in zip(foreseen, earlier, strict=True)]


def _earlier(foreseen: Foreseen) -> Asked:
    """Ask for the forecast that would have been made before the last half hour."""
    tier, back = foreseen.tier, _back(foreseen.tier.tier.period)
    at = foreseen.forecast.frame["timestamp"].min() - back
    return Asked(tier, foreseen.demand, 2 * back, (0.5, UPPER), at)


def _back(period: timedelta) -> timedelta:
    return recent_periods(period) * period


def _nowcasted(
    foreseen: Foreseen, earlier: Forecast | Exception
) -> tuple[Foreseen, Said] | Exception:
    if isinstance(earlier, InputError):  # too little was known then; now has been checked
        return foreseen, ()
    if isinstance(earlier, Exception):
        return earlier
    tier, frame = foreseen.tier, foreseen.forecast.frame
    raised, found = nowcast(frame, earlier.frame, foreseen.demand, tier.tier.period)
    if not found:
        return foreseen, ()
    forecast = replace(foreseen.forecast, frame=raised)
    units = in_units(tier, raised)
    return replace(foreseen, forecast=forecast, units=units), tuple(map(_said, found))


def _said(one: Nowcast) -> str:
    return (
        f"{one.series}: the last {one.periods} periods lay above q{UPPER:g} of the forecast before "
        f"them: raised by {one.factor - 1:.0%}, halving every hour"
    )
