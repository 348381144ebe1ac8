"""Pull the metrics of tiers in shared streams and turn each tier's into demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from foresail.config import DemandConfig, LeadingConfig, MetricConfig, SignalConfig
from foresail.demand.combine import Learned
from foresail.demand.parts import Part, side_by_side
from foresail.errors import InputError
from foresail.failures import attempts
from foresail.history.metrics import MetricQuery
from foresail.history.pull import last_closed
from foresail.pipeline.found import Found, learned_of, part_name, signals_of, silences
from foresail.pipeline.streams import Streams
from foresail.pipeline.tiers import Tier
from foresail.targets.registry import target_class
from foresail.tracing import span

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.store.opening import Store


Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a tier's metrics say.

    Parameters
    ----------
    demand
        series, timestamp (UTC), value, censored; one series for each signal, or the learned
        combination of all. Counts are per second.
    signals
        The same, before signals were combined.
    leading
        series, timestamp, value of the leading metrics; counts are per second.
    storage
        timestamp, value in bytes of the storage that is watched; empty without.
    busy
        Units at work (utilisation x units in service) by timestamp; empty where not measured.
    units
        Units in service by timestamp; empty where not measured.
    learned
        How signals were combined; None unless that was asked for.
    notes
        What was left out, and how signals were combined; with reasons.
    """

    demand: pd.DataFrame
    signals: pd.DataFrame
    leading: pd.DataFrame
    storage: pd.DataFrame
    busy: pd.Series
    units: pd.Series
    learned: Learned | None
    notes: tuple[str, ...]


def pull_demand(
    tier: Tier, aws: Aws, now: datetime, progress: Progress = lambda _: None
) -> pd.DataFrame:
    """Pull a tier's metrics and turn them into demand, as `Pulled.demand` has it."""
    return pull_tier(tier, aws, now, progress).demand


def pull_tier(tier: Tier, aws: Aws, now: datetime, progress: Progress = lambda _: None) -> Pulled:
    """Pull all metrics of a tier: its signals, what leads them, its storage, its target's own.

    Raises
    ------
    InputError
        A demand metric has no data (others are left out, with a note), or a signal cannot be
        computed and is the only one.
    """
    [found] = pull_tiers([tier], aws, now, progress=progress).values()
    if isinstance(found, Exception):
        raise found
    return found


def pull_tiers(
    group: Sequence[Tier],
    aws: Aws,
    now: datetime,
    *,
    store: Store | None = None,
    progress: Progress = lambda _: None,
) -> dict[str, Pulled | Exception]:
    """Pull many tiers as `pull_tier` does, in shared calls; one that fails stops no other.

    Parameters
    ----------
    group
        Tiers of one configuration.
    store
        That of the configuration where None.

    Returns
    -------
    dict
        By the tier's name: what its metrics say, or why that is not known.
    """
    return _each(group, aws, now, store, progress, ask=True)


def read_tiers(
    group: Sequence[Tier], aws: Aws, now: datetime, store: Store
) -> dict[str, Pulled | Exception]:
    """Read many tiers as they were last pulled: from the store, without a call to AWS."""
    return _each(group, aws, now, store, lambda _: None, ask=False)


@span("foresail.pull")
def _each(
    group: Sequence[Tier],
    aws: Aws,
    now: datetime,
    store: Store | None,
    progress: Progress,
    *,
    ask: bool,
) -> dict[str, Pulled | Exception]:
    asked, errors = attempts({tier.name: partial(_asked, tier) for tier in group})
    streams = Streams(aws, now, store)
    for tier in group:
        for one in asked.get(tier.name, ()):
            streams.ask(tier, one.region, one.query, required=one.required)
    if not ask:
        streams.read()
    elif asked:
        progress(f"{_said(list(asked))}: {streams.size} metrics")
        streams.pull(group[0].config.concurrency)
    jobs = {
        tier.name: partial(_pulled, tier, asked[tier.name], streams, now, progress)
        for tier in group
        if tier.name in asked
    }
    done, failed = attempts(jobs)
    found: dict[str, Pulled | Exception] = {**done, **errors, **failed}
    return {tier.name: found[tier.name] for tier in group}


def _said(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} tiers"


def _pulled(
    tier: Tier, asked: Sequence[_Asked], streams: Streams, now: datetime, progress: Progress
) -> Pulled:
    frames = {
        one.query.series: streams.frame(tier, one.region, one.query, required=one.required)
        for one in asked
    }
    found = Found(tier, frames, last_closed(now, tier.tier.period))
    signals, notes = signals_of(found)
    notes += [*_silent(found, asked), *silences(found)]
    joined = pd.concat(signals, ignore_index=True)
    learned = learned_of(found, joined)
    notes += [learned.reason] if learned else []
    for note in notes:
        progress(f"{tier.name}: {note}")
    return Pulled(
        demand=joined if learned is None or learned.frame is None else learned.frame,
        signals=joined,
        leading=_leading(found),
        storage=found.frame("storage")[["timestamp", "value"]],
        busy=found.busy_units(),
        units=found.frame("units").set_index("timestamp")["value"].dropna(),
        learned=learned,
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A metric to pull, where it is, and whether it must have data."""

    query: MetricQuery
    region: str | None = None
    required: bool = False


def _asked(tier: Tier) -> list[_Asked]:
    needs_units = any(_needs_units(demand) for demand in tier.tier.demand)
    own = [_Asked(one, required=needs_units and one.series == "units") for one in _own(tier)]
    named = [("throttled", tier.tier.throttled)] if tier.tier.throttled else []
    if tier.tier.storage is not None:
        named.append(("storage", tier.tier.storage.metric))
    rest = [*named, *_leading_names(tier).items()]
    return [*_of_signals(tier), *own, *(_Asked(_query(*one)) for one in rest)]


def _of_signals(tier: Tier) -> list[_Asked]:
    return [
        _Asked(
            _query(part_name(tier, number, role), part),
            signal.region,
            required=role not in signal.optional,
        )
        for number, signal in enumerate(tier.tier.demand)
        for role, part in signal.parts.items()
    ]


def _leading_names(tier: Tier) -> dict[str, LeadingConfig]:
    """Leading metrics by name; numbered when two are of one name."""
    names = [one.metric for one in tier.tier.leading]
    return {
        f"leading/{one.metric}{f'-{n + 1}' if names.count(one.metric) > 1 else ''}": one
        for n, one in enumerate(tier.tier.leading)
    }


def _query(series: str, metric: MetricConfig) -> MetricQuery:
    dimensions = tuple(sorted(metric.dimensions.items()))
    return MetricQuery(series, metric.namespace, metric.metric, dimensions, metric.stat)


def _needs_units(signal: SignalConfig) -> bool:
    return signal.needs_units or (isinstance(signal, DemandConfig) and signal.scale_by is not None)


def _own(tier: Tier) -> tuple[MetricQuery, ...]:
    """Metrics of the target itself: units in service, the most it allowed, how busy they were.

    Raises
    ------
    InputError
        When a signal counts units in service, and nothing tells them.
    """
    target = tier.tier.target
    own = target_class(target.type).metrics(target.name)
    scaled = [demand.label for demand in tier.tier.demand if _needs_units(demand)]
    if scaled and not any(query.series == "units" for query in own):
        raise InputError(
            f"{tier.name}: {scaled[0]} cannot be scaled by capacity: no metric counts the units "
            f"in service of {target.type}",
            cure="name a demand metric that counts work, like requests",
        )
    return own if max(tier.tier.weights) == 1 else tuple(map(_in_capacity_units, own))


def _in_capacity_units(query: MetricQuery) -> MetricQuery:
    """Count what instances weigh, where they have weights, and not the instances."""
    if query.metric == "GroupInServiceInstances":
        return replace(query, metric="GroupInServiceCapacity")
    return query


def _silent(found: Found, asked: Sequence[_Asked]) -> list[str]:
    """Tell which metrics that only add to a plan have no data; the plan goes on without."""
    adding = {"storage", *_leading_names(found.tier)}
    return [
        f"{one.query.series} is left out: no data for {one.query}; check its dimensions"
        for one in asked
        if one.query.series in adding and found.known(one.query.series) is None
    ]


def _leading(found: Found) -> pd.DataFrame:
    period = found.tier.tier.period
    frames = [found.frame("none").iloc[:0]]
    for name, one in _leading_names(found.tier).items():
        if found.known(name) is None:
            continue
        part = Part(found.frame(name), one.missing, one.per_period)
        values = side_by_side({"value": part}, period, found.end).dropna().reset_index()
        named = values.assign(series=name.removeprefix("leading/"))
        frames.append(named[["series", "timestamp", "value"]])
    return pd.concat(frames, ignore_index=True)
