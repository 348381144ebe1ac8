"""What was pulled for a tier, and the demand that its signals make of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from foresail.config import DemandConfig, SignalConfig
from foresail.demand.combine import Learned, learned_demand
from foresail.demand.demand import demand_frame, hidden_periods
from foresail.demand.gaps import unusual_silence
from foresail.demand.parts import Part, side_by_side
from foresail.demand.signals.kinds import signal_demand
from foresail.errors import InputError
from foresail.pipeline.tiers import Tier, capacities, combined_name, series_name
from foresail.units import format_duration


def part_name(tier: Tier, number: int, role: str) -> str:
    """Name a metric of a signal: the series itself, or a part of its formula."""
    name = series_name(tier, number)
    return name if isinstance(tier.tier.demand[number], DemandConfig) else f"{name}/{role}"


@dataclass(frozen=True, slots=True)
class Found:
    """What was pulled for a tier, by the names it was asked under."""

    tier: Tier
    frames: dict[str, pd.DataFrame]
    end: datetime

    def frame(self, name: str) -> pd.DataFrame:
        """One metric; empty when there is none."""
        empty = next(iter(self.frames.values())).iloc[:0]
        return self.frames.get(name, empty).reset_index(drop=True)

    def known(self, name: str) -> pd.DataFrame | None:
        """One metric's timestamps and values; None when there are none."""
        found = self.frame(name)[["timestamp", "value"]]
        return None if found.empty else found

    def utilization(self) -> pd.DataFrame | None:
        """How busy units were, as a share."""
        busy = self.known("busy")
        return None if busy is None else busy.assign(value=busy["value"] / 100)

    def busy_units(self) -> pd.Series:
        """Utilisation x units in service, by timestamp, where both are known."""
        units = self.frame("units").set_index("timestamp")["value"]
        busy = self.frame("busy").set_index("timestamp")["value"] / 100
        found: pd.Series = (units * busy).dropna().rename("busy")
        return found

    def hidden(self) -> dict[str, pd.DataFrame | float | None]:
        """Frames that tell when demand was hidden."""
        most = self.known("most")
        return {
            "capacity": self.known("units"),
            "at_max": self.tier.tier.max if most is None else most,
            "utilization": self.utilization(),
            "throttled": self.known("throttled"),
        }


def signals_of(found: Found) -> tuple[list[pd.DataFrame], list[str]]:
    """Give the frames of the signals, and why some that count units were left out."""
    frames, notes = [], []
    signals = found.tier.tier.demand
    for number, signal in enumerate(signals):
        try:
            frames.append(_signal(found, number, signal))
        except InputError as error:
            if not signal.needs_units or len(signals) == 1:
                raise
            notes.append(f"{signal.label} is left out: {error.message}")
    return frames, notes


def _signal(found: Found, number: int, signal: SignalConfig) -> pd.DataFrame:
    if isinstance(signal, DemandConfig):
        return _metric(found, series_name(found.tier, number), signal)
    return _formula(found, number, signal)


def _metric(found: Found, name: str, signal: DemandConfig) -> pd.DataFrame:
    return demand_frame(
        found.frame(name).assign(series=name),
        stat=signal.stat,
        period=signal.period,
        missing=signal.missing,
        scale_by=found.known("units") if signal.scale_by else None,
        end=found.end,
        **found.hidden(),  # type: ignore[arg-type]  # named as demand_frame names them
    )


def _formula(found: Found, number: int, signal: SignalConfig) -> pd.DataFrame:
    name = series_name(found.tier, number)
    parts = {
        role: Part(found.frame(f"{name}/{role}"), part.missing, part.per_period)
        for role, part in signal.parts.items()
    }
    if signal.needs_units:
        parts["units"] = Part(found.frame("units"), "gap", per_period=False)
    metrics = side_by_side(parts, signal.period, found.end)
    rows = signal_demand(signal.kind, metrics, signal.parameters).dropna(subset="value")
    if rows.empty:
        raise InputError(
            f"{name}: its metrics are never known at the same time, so that there is no demand",
            cure="check its metrics; a part whose silence means zero takes missing: zero",
        )
    frame = rows.reset_index(names="timestamp").assign(series=name)
    hidden = hidden_periods(frame, **found.hidden())  # type: ignore[arg-type]
    frame = frame.assign(censored=frame["hidden"].to_numpy(dtype=bool) | hidden)
    return frame[["series", "timestamp", "value", "censored"]]


def silences(found: Found) -> list[str]:
    """Say which metrics whose silence means zero have been silent for longer than ever before."""
    told = []
    for number, signal in enumerate(found.tier.tier.demand):
        for role, part in signal.parts.items():
            name = part_name(found.tier, number, role)
            times = found.frame(name)["timestamp"]
            silence = unusual_silence(times, signal.period, found.end)
            if part.missing == "zero" and silence:
                told.append(
                    f"{part.metric} has sent nothing for {format_duration(silence)}, longer than "
                    "ever before: that is not read as no demand"
                )
    return told


def learned_of(found: Found, signals: pd.DataFrame) -> Learned | None:
    """Combine signals as was learned from how busy units were; None unless that is asked for."""
    if found.tier.tier.combine != "learned":
        return None
    name = combined_name(found.tier)
    return learned_demand(signals, capacities(found.tier), found.busy_units(), name)
