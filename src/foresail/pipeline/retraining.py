"""Learn anew from all history that is kept: levels of the quantiles, and what plans take as given.

Scoring learns a window at a time, from demand as it was known then. This goes through all windows
again with demand as it is known now, and measures unit capacity, boot times and ratios.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pandas as pd

from foresail.config import Config
from foresail.pipeline.drifting import measured_drifts
from foresail.pipeline.feedback import LEVELS, learned_partition, read_learned
from foresail.pipeline.keeping import signal
from foresail.pipeline.pulling import Pulled, pull_tier
from foresail.pipeline.tiers import Tier, tiers
from foresail.score.learning import Learned
from foresail.score.windows import PastForecast, Window, due, in_force, why_partial
from foresail.store.forecasts import KEEP
from foresail.store.opening import open_store
from foresail.store.records import Conflict, Put

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.store.opening import Store

Progress = Callable[[str], None]
LEAST_KNOWN = 0.5  # share of the periods of a window, as for a score


@dataclass(frozen=True, slots=True)
class Retrained:
    """What a tier has learned anew.

    Parameters
    ----------
    tier
        ``service/tier``.
    windows
        Of how many windows the levels were learned.
    ratio
        Pinball loss re-mapped by them over that without, over the last of the windows.
    used
        Whether plans re-map their forecasts by them from now on.
    drifts
        What is no longer as the configuration has it, with the value to write.
    notes
        What could not be learned or measured, and why.
    """

    tier: str
    windows: int
    ratio: float
    used: bool
    drifts: tuple[str, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "drifts": list(self.drifts), "notes": list(self.notes)}


def retrain(
    config: Config,
    aws: Aws,
    now: datetime,
    *,
    store: Store | None = None,
    service: str | None = None,
    progress: Progress = lambda _: None,
) -> list[Retrained]:
    """Learn all tiers anew, of one service where it is named; fleets are not touched.

    What was learned before is replaced whole; a score that is written meanwhile wins.

    Raises
    ------
    InputError, AwsError
        As `pull_tier`; tiers before it have learned.
    """
    kept = store or open_store(config, aws, lambda: now)
    found = groupby(tiers(config, service), key=lambda tier: tier.service.name)
    return [one for _, group in found for one in _service(list(group), aws, kept, now, progress)]


def _service(
    group: Sequence[Tier], aws: Aws, store: Store, now: datetime, progress: Progress
) -> list[Retrained]:
    pulled = {tier.tier.name: (tier, pull_tier(tier, aws, now, progress)) for tier in group}
    drifts, notes = measured_drifts(pulled, aws, now)
    rows = []
    for tier, metrics in pulled.values():
        progress(f"{tier.name}: learn anew")
        learned, count = _learned(tier, metrics, store, now)
        conflict = _keep(tier, learned, store)
        mine = tuple(one.reason for one in drifts if one.tier == tier.name)
        said = (*(one for one in notes if one.startswith(f"{tier.name}:")), *conflict)
        rows.append(Retrained(tier.name, count, learned.ratio, learned.pays, mine, said))
    return rows


def _learned(tier: Tier, pulled: Pulled, store: Store, now: datetime) -> tuple[Learned, int]:
    """Go through the windows of all forecasts that are kept, oldest first."""
    rules = tier.config.scoring
    past = _past(store, tier, now)
    learned, count = Learned.start(), 0
    since = past[0].made if past else now
    demand = _known(tier, pulled)
    for window in due(since, now, rules.window, rules.settle):
        if window.start < since:
            continue
        held, actual = in_force(past, window), window.rows(demand)
        if why_partial(held, window, tier.tier.period) or _unknown(actual, window, tier):
            continue
        learned, count = learned.taught(held, actual, window), count + 1
    return learned, count


def _past(store: Store, tier: Tier, now: datetime) -> list[PastForecast]:
    made = store.forecasts.made_between(tier.service.name, tier.tier.name, now - KEEP, now)
    return [PastForecast(one.facts.plan_id, one.facts.made, one.frame) for one in made]


def _known(tier: Tier, pulled: Pulled) -> pd.DataFrame:
    """Demand that was measured and not hidden, by signal."""
    seen = pulled.demand[~pulled.demand["censored"].astype(bool)].dropna(subset="value")
    return seen.assign(series=[signal(tier, str(name)) for name in seen["series"]])


def _unknown(actual: pd.DataFrame, window: Window, tier: Tier) -> bool:
    """Whether too little of a window is known to learn from it."""
    wanted: float = (window.end - window.start) / tier.tier.period
    counts = actual.groupby("series").size()
    return counts.empty or int(counts.min()) < LEAST_KNOWN * wanted


def _keep(tier: Tier, learned: Learned, store: Store) -> tuple[str, ...]:
    version = read_learned(store.records, tier).version
    change = Put(learned_partition(tier), LEVELS, learned.to_json(), expected=version)
    try:
        store.records.write(change)
    except Conflict:
        return (f"{tier.name}: a score was written at the same time; its levels are kept",)
    return ()
