"""What the store knows of a tier: the forecast to act on, and the one made before its rise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from foresail.errors import InputError
from foresail.pipeline.tiers import Tier
from foresail.store.forecasts import StoredForecast
from foresail.store.opening import Store

BACK = timedelta(hours=26)  # a daily run's forecast of yesterday still counts
DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Kept:
    """Forecasts of a tier, oldest first, and the length of their periods."""

    tier: Tier
    forecasts: tuple[StoredForecast, ...]

    @property
    def latest(self) -> StoredForecast:
        """The one to act on."""
        return self.forecasts[-1]

    @property
    def period(self) -> timedelta:
        """Length of a period."""
        return timedelta(seconds=self.latest.facts.period_seconds)

    def before(self, when: datetime) -> StoredForecast:
        """Latest one made before a time; the oldest there is where none was."""
        made = [one for one in self.forecasts if one.facts.made <= when]
        return made[-1] if made else self.forecasts[0]

    def needed(self) -> pd.Series:
        """Units that the last plan needs, by period."""
        return self._of_plan("needed_units")

    def floors(self, now: datetime) -> pd.Series:
        """Floors that the last plan set for a day from now on."""
        floors = self._of_plan("planned_floor")
        ahead: pd.Series = floors.loc[pd.Timestamp(now - self.period) : pd.Timestamp(now + DAY)]
        return ahead

    def _of_plan(self, column: str) -> pd.Series:
        by_time: pd.Series = self.latest.frame.groupby("timestamp")[column].max()
        return by_time


def kept(store: Store, tier: Tier, now: datetime) -> Kept:
    """Read a tier's forecasts.

    Raises
    ------
    InputError
        There is none that looks beyond now.
    """
    service, name = tier.service.name, tier.tier.name
    found = store.forecasts.made_between(service, name, now - BACK, now + timedelta(seconds=1))
    if not found or found[-1].end <= now:
        raise InputError(
            f"{tier.name}: no forecast of the hours ahead is in the store",
            cure="let foresail run (or foresail plan) run on schedule; an urgent plan builds on it",
        )
    return Kept(tier, tuple(found))


def series(tier: Tier, forecast: StoredForecast) -> pd.DataFrame:
    """Forecast as frames are elsewhere: series, timestamp, quantiles."""
    frame = forecast.frame
    columns = ["timestamp", *(name for name in frame.columns if name.startswith("q"))]
    named = frame[columns].copy()
    named.insert(0, "series", [f"{tier.name}/{signal}" for signal in frame["signal"]])
    return named
