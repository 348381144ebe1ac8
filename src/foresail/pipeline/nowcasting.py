"""Hold a tier's last half hour against the forecast made before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from foresail.errors import InputError
from foresail.forecast.nowcast import UPPER, Nowcast, nowcast, recent_periods
from foresail.pipeline.planning import Foreseen, in_units


def nowcasted(foreseen: Foreseen) -> tuple[Foreseen, tuple[str, ...]]:
    """Raise a tier's forecast where demand has just left what was forecast for it, and say so."""
    from foresail.forecast.api import forecast_series

    tier, frame = foreseen.tier, foreseen.forecast.frame
    period: timedelta = tier.tier.period
    back = recent_periods(period) * period
    try:
        earlier = forecast_series(
            foreseen.demand,
            horizon=2 * back,
            quantiles=(0.5, UPPER),
            timezone=tier.timezone,
            calendar=tier.service.calendar or None,
            at=frame["timestamp"].min() - back,
        ).frame
    except InputError:  # too little was known then; what is known now has been checked
        return foreseen, ()
    raised, found = nowcast(frame, earlier, foreseen.demand, period)
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
