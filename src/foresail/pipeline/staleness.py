"""Refuse to plan on demand that ended long ago: a renamed metric is no idle service."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from foresail.errors import InputError
from foresail.pipeline.tiers import Tier
from foresail.units import format_duration

STALE = timedelta(days=1)


def refuse_stale(tier: Tier, demand: pd.DataFrame, now: datetime) -> None:
    """Refuse demand whose end is older than a day, half the horizon, and any gap before.

    What stands on AWS stays as it is: the last plan goes on to its end.

    Parameters
    ----------
    demand
        series, timestamp (UTC), value, as `Pulled.demand` has it.
    now
        Aware time of planning.

    Raises
    ------
    InputError
        Naming the series, since when nothing is known of it, and what may be the cause.
    """
    period, horizon = tier.tier.period, tier.config.horizon
    for name, times in demand.groupby("series", sort=False)["timestamp"]:
        last = times.iloc[-1].to_pydatetime() + period
        gap = times.diff().max()
        usual = timedelta(0) if pd.isna(gap) else gap.to_pytimedelta()
        if now - last > min(max(usual, min(STALE, horizon / 2)), horizon):
            raise InputError(
                f"{name}: nothing is known of it since {last:%Y-%m-%d %H:%MZ}, for "
                f"{format_duration(now - last)}; what stands on AWS is left as it is",
                cure="was the metric renamed, or what sends it stopped? write the new name in "
                "foresail.yaml; where it is often silent for that long, write a longer history",
            )
