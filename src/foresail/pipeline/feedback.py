"""What scores feed back into planning: levels that were learned, and values that were tuned."""

from __future__ import annotations

from dataclasses import dataclass, replace

from foresail.errors import InputError
from foresail.forecast.adaptive import remap
from foresail.pipeline.keeping import signal
from foresail.pipeline.planning import Foreseen, in_units
from foresail.pipeline.tiers import Tier
from foresail.score.learning import Learned, told, with_raw
from foresail.score.tuning import Bounds, Tuning
from foresail.store.records import Record, Records

LEVELS = "levels"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a tier has learned, the version of its record (0: none), and what was wrong with it."""

    learned: Learned
    version: int = 0
    note: str = ""


def learned_partition(tier: Tier) -> str:
    """Partition of what a tier's scores have taught."""
    return f"learned/{tier.name}"


def tuning_partition(tier: Tier) -> str:
    """Partition of the values that a tier's scores have moved, by time."""
    return f"tuning/{tier.name}"


def read_learned(records: Records, tier: Tier) -> Kept:
    """Read what a tier has learned; a record that cannot be read is begun anew, with a note."""
    record = records.get(learned_partition(tier), LEVELS)
    if record is None:
        return Kept(Learned.start())
    try:
        return Kept(Learned.from_json(record.data), record.version)
    except InputError as error:
        note = f"what was learned of {tier.name} is left out and begun anew: {error.message}"
        return Kept(Learned.start(), record.version, note)


def remapped(foreseen: Foreseen, records: Records) -> tuple[Foreseen, tuple[str, ...]]:
    """Re-map a tier's forecast by what its scores taught, where that has paid; and say so.

    A tier with leading metrics is left alone: these already correct what the forecaster misses.
    """
    tier = foreseen.tier
    if not tier.config.scoring.learn or tier.tier.leading:
        return foreseen, ()
    kept = read_learned(records, tier)
    if not kept.learned.pays:
        return foreseen, (kept.note,) if kept.note else ()
    frame = foreseen.forecast.frame
    named = frame.assign(series=[signal(tier, str(name)) for name in frame["series"]])
    mapped = with_raw(frame, remap(named, kept.learned.state).assign(series=frame["series"]))
    forecast = replace(foreseen.forecast, frame=mapped)
    signals = list(dict.fromkeys(named["series"]))
    units = in_units(tier, mapped)
    return replace(foreseen, forecast=forecast, units=units), (told(kept.learned, signals),)


def tuned(tier: Tier, records: Records) -> tuple[Tier, tuple[str, ...]]:
    """Give a tier the quantile and utilisation that its scores moved it to; and say so."""
    bounds = bounds_of(tier)
    if bounds is None:
        return tier, ()
    found = read_tuning(records, tier, bounds)
    if found == configured(tier):
        return tier, ()
    update = {"quantile": found.quantile, "utilization": found.utilization}
    was = f"configured: q{tier.tier.quantile:g} at {tier.tier.utilization:.0%}"
    why = f"tuned to q{found.quantile:g} at {found.utilization:.0%} ({was}): {found.reason}"
    return replace(tier, tier=tier.tier.model_copy(update=update)), (why,)


def configured(tier: Tier) -> Tuning:
    """Give what the configuration says to plan for."""
    return Tuning(tier.tier.quantile, tier.tier.utilization)


def bounds_of(tier: Tier) -> Bounds | None:
    """Within what a tier may be tuned; a promised risk chooses the quantile by itself."""
    rules = tier.config.scoring.tune
    if rules is None:
        return None
    quantile = None if tier.tier.risk is not None else rules.quantile
    return Bounds(quantile, rules.utilization, rules.short)


def read_tuning(records: Records, tier: Tier, bounds: Bounds) -> Tuning:
    """Read what a tier was tuned to, within the bounds of today; else what is configured."""
    found = records.query(tuning_partition(tier), newest_first=True, limit=1)
    return _tuning(found[0], tier).within(bounds, configured(tier)) if found else configured(tier)


def _tuning(record: Record, tier: Tier) -> Tuning:
    """Read a record; one that cannot be read counts as none."""
    try:
        data = record.data
        return Tuning(float(data["quantile"]), float(data["utilization"]), str(data["reason"]))
    except (KeyError, TypeError, ValueError):
        return replace(configured(tier), reason="the record of its tuning is broken")
