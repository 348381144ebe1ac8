"""Look at the signals of tiers: how good each is, what runs ahead, and when storage is full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from foresail.config import Config
from foresail.demand.storage import StorageOutlook, storage_outlook
from foresail.demand.survey import survey
from foresail.forecast.leading import Correction, check_leading
from foresail.pipeline.leading_metrics import past_forecasts
from foresail.pipeline.planning import QUANTILES
from foresail.pipeline.pulling import Pulled, pull_tier
from foresail.pipeline.tiers import Tier, capacities, tiers

if TYPE_CHECKING:
    from foresail.aws import Aws

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TierSignals:
    """What is known of one tier's signals.

    ``signals`` is as `foresail.demand.survey.survey` gives it; ``notes`` say what was left out and
    how signals are combined.
    """

    tier: str
    signals: pd.DataFrame
    leading: tuple[Correction, ...]
    storage: StorageOutlook | None
    notes: tuple[str, ...]


def survey_signals(
    config: Config,
    aws: Aws,
    now: datetime,
    *,
    service: str | None = None,
    progress: Progress = lambda _: None,
) -> list[TierSignals]:
    """Pull each tier's metrics and look at them; nothing is written to AWS."""
    return [_survey(tier, pull_tier(tier, aws, now, progress)) for tier in tiers(config, service)]


def _survey(tier: Tier, pulled: Pulled) -> TierSignals:
    period = tier.tier.period
    return TierSignals(
        tier.name,
        survey(pulled.signals, capacities(tier), pulled.busy, period),
        _leading(tier, pulled),
        _storage(tier, pulled),
        pulled.notes,
    )


def _leading(tier: Tier, pulled: Pulled) -> tuple[Correction, ...]:
    if pulled.leading.empty:
        return ()
    quantiles = sorted({*QUANTILES, tier.tier.quantile})
    return check_leading(
        pulled.demand,
        pulled.leading,
        past_forecasts(tier, pulled.demand, [f"q{q:g}" for q in quantiles]),
        tier.tier.period,
        within=max(one.within for one in tier.tier.leading),
        zone=tier.timezone,
    )


def _storage(tier: Tier, pulled: Pulled) -> StorageOutlook | None:
    watched = tier.tier.storage
    if watched is None or pulled.storage.empty:
        return None
    return storage_outlook(
        pulled.storage,
        allocated=watched.allocated if watched.instance else None,
        limit=watched.limit,
        full=watched.full,
    )
