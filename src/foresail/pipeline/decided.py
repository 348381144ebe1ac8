"""Read from the store what people decided for a tier."""

from __future__ import annotations

from datetime import datetime, timedelta

from foresail.overrides.maintenance import windows
from foresail.overrides.standing import known_overrides
from foresail.pipeline.overriding import Decided
from foresail.pipeline.tiers import Tier
from foresail.store.records import Records

BEYOND = timedelta(days=2)  # windows that a plan's end may fall into


def decided_for(tier: Tier, records: Records, now: datetime) -> Decided:
    """Read the overrides of a tier, and the maintenance windows that a plan may meet."""
    overrides = tuple(known_overrides(records, now, tier.service.name, tier.tier.name))
    end = max([now + tier.config.horizon, *(one.end for one in overrides)]) + BEYOND
    return Decided(overrides, tuple(windows(tier.service, now, end)))
