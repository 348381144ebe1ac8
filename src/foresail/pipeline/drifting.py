"""Measure anew what plans take for granted: unit capacity, boot times, ratios between tiers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from foresail.config import DemandConfig, NeedConfig
from foresail.coordination.ratio import measure_ratios
from foresail.demand.unit_capacity import estimate_unit_capacity
from foresail.discovery.boots import measure, reads
from foresail.errors import AwsError, InputError
from foresail.pipeline.pulling import Pulled
from foresail.pipeline.tiers import Tier, busy_units, first_capacity, series_name
from foresail.places import aws_of
from foresail.score.drift import Drift, boot_drift, capacity_drift, ratio_drift

if TYPE_CHECKING:
    from foresail.aws import Aws

WEEK = timedelta(days=7)
LATELY = timedelta(days=2)


def measured_drifts(
    pulled: Mapping[str, tuple[Tier, Pulled]], aws: Aws, now: datetime
) -> tuple[list[Drift], list[str]]:
    """Hold what the tiers of a service are like now against what their plans take.

    Parameters
    ----------
    pulled
        Tiers of one service and their metrics, by the tier's name.

    Returns
    -------
    tuple
        What has drifted, and notes on what could not be measured.
    """
    found: list[Drift | None] = []
    notes: list[str] = []
    for tier, metrics in pulled.values():
        found.append(_capacity(tier, metrics, now))
        boot, note = _boot(tier, aws, now)
        found.append(boot)
        notes += [note] if note else []
    found += _ratios(pulled, now)
    return [one for one in found if one is not None], notes


def _capacity(tier: Tier, pulled: Pulled, now: datetime) -> Drift | None:
    """Of tiers with one signal that counts work; how busy units are must be measured, too."""
    signals = tier.tier.demand
    counts = len(signals) == 1 and isinstance(signals[0], DemandConfig) and signals[0].per_period
    if not counts or pulled.busy.empty:
        return None
    since = max(pd.Timestamp(now - WEEK), pulled.busy.index.min())
    try:
        with warnings.catch_warnings():  # a fit without any error at all is none to warn of
            warnings.filterwarnings("ignore", message="Estimated scale is 0.0")
            made = estimate_unit_capacity(
                _observations(tier, pulled, since), tier.tier.utilization, name=tier.name
            )
    except InputError:  # too little of the week is known: there is nothing to tell yet
        return None
    if made.unit_capacity is None:
        return None
    began = since if made.regime is None else made.regime.at
    return capacity_drift(
        tier.name, first_capacity(tier), made.unit_capacity, began.to_pydatetime()
    )


def _observations(tier: Tier, pulled: Pulled, since: pd.Timestamp) -> pd.DataFrame:
    demand = pulled.demand[pulled.demand["series"] == series_name(tier, 0)]
    recent = demand[demand["timestamp"] >= since].set_index("timestamp")["value"]
    both = pd.DataFrame({"demand": recent, "units": pulled.units, "busy": pulled.busy}).dropna()
    utilization = both["busy"] / both["units"]
    rows = both.assign(utilization=utilization).drop(columns="busy")
    return rows.reset_index(names="timestamp")


def _boot(tier: Tier, aws: Aws, now: datetime) -> tuple[Drift | None, str]:
    """Of tiers with a lead time of their own; one that is measured follows by itself."""
    if tier.tier.lead_quantile is not None or not reads(tier.tier.target.type):
        return None, ""
    try:
        boots = measure(tier.tier.target, aws_of(aws, tier.service)).boots
    except AwsError as error:
        return None, f"{tier.name}: boot times were not measured: {error.message}"
    return boot_drift(tier.name, tier.tier.lead_time, boots, now), ""


def _ratios(pulled: Mapping[str, tuple[Tier, Pulled]], now: datetime) -> Iterator[Drift | None]:
    """Of each tier that others call without a cache between: the last two days against before."""
    busy = {name: busy_units(tier, metrics.demand) for name, (tier, metrics) in pulled.items()}
    for lower, (tier, _) in pulled.items():
        callers = _callers(tier, lower)
        if not callers or any(upper not in busy for upper in callers):
            continue
        above = pd.DataFrame({upper: busy[upper] for upper in callers})
        used = _used(callers, pulled, above, busy[lower], now)
        late = above.index >= now - LATELY
        recent = measure_ratios(above[late], busy[lower])
        yield ratio_drift(tier.name, used, recent, now - LATELY)


def _callers(tier: Tier, lower: str) -> dict[str, NeedConfig]:
    """Tiers that call one; none where a cache stands between: its hit rate changes by itself."""
    needs = {t.name: n for t in tier.service.tiers for n in t.needs if n.tier == lower}
    return {} if any(n.hit_rate is not None for n in needs.values()) else needs


def _used(
    callers: Mapping[str, NeedConfig],
    pulled: Mapping[str, tuple[Tier, Pulled]],
    above: pd.DataFrame,
    below: pd.Series,
    now: datetime,
) -> dict[str, float]:
    """Ratios that plans take: as configured, else as measured on what came before."""
    before = measure_ratios(above[above.index < now - LATELY], below)
    measured: Mapping[str, float] = {} if before is None else before.values
    lower = pulled[next(iter(callers.values())).tier][0]
    return {
        upper: measured.get(upper, 0.0)
        if isinstance(one.ratio, str)
        else float(one.ratio) * first_capacity(pulled[upper][0]) / first_capacity(lower)
        for upper, one in callers.items()
    }
