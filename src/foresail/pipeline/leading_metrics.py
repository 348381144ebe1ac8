"""Correct a tier's forecast by the metrics that run ahead of its demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pandas as pd

from foresail.forecast.leading import Correction, Past, with_leading
from foresail.pipeline.planning import Foreseen, in_units
from foresail.pipeline.tiers import Tier


def adjusted(foreseen: Foreseen, leading: pd.DataFrame) -> tuple[Foreseen, tuple[Correction, ...]]:
    """Correct a forecast where that would have helped in the past.

    Parameters
    ----------
    foreseen
        A tier's own forecast, before other tiers are counted in.
    leading
        series, timestamp (UTC), value of the tier's leading metrics; may be empty.

    Returns
    -------
    Foreseen
        With the corrected forecast, and the units that it asks for.
    tuple of Correction
        What was found, for each demand series and metric.
    """
    if leading.empty:
        return foreseen, ()
    tier = foreseen.tier
    frame, told = with_leading(
        foreseen.forecast.frame,
        foreseen.demand,
        leading,
        past_forecasts(tier, foreseen.demand, list(foreseen.forecast.frame.columns)),
        tier.tier.period,
        within=max(one.within for one in tier.tier.leading),
        zone=tier.timezone,
    )
    forecast = replace(foreseen.forecast, frame=frame)
    return replace(foreseen, forecast=forecast, units=in_units(tier, frame)), told


def past_forecasts(tier: Tier, demand: pd.DataFrame, columns: list[str]) -> Past:
    """Forecast a tier's series at past origins, with the quantiles that some columns name."""
    from foresail.forecast.rolling import rolling_forecasts

    quantiles = [float(c[1:]) for c in columns if c.startswith("q")]

    def past(series: str, lead: timedelta, origins: Sequence[pd.Timestamp]) -> pd.DataFrame:
        return rolling_forecasts(
            demand[demand["series"] == series],
            origins,
            lead,
            quantiles,
            calendar=tier.service.calendar or None,
            timezone=tier.timezone,
        )

    return past


def notes(told: tuple[Correction, ...]) -> tuple[str, ...]:
    """Say of each leading metric what it did to the forecast."""
    return tuple(
        f"{one.leading} {'corrects' if one.used else 'does not correct'} the forecast of "
        f"{one.series}: {one.reason}"
        for one in told
    )
