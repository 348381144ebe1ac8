"""Forecast a tier's demand, plan its floor, compile it and hold it against what is live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from foresail.changes.names import others
from foresail.changes.planfile import TierPlan
from foresail.config import ServiceConfig
from foresail.errors import InputError
from foresail.pipeline.compiling import Chosen, compiled
from foresail.pipeline.fitting import (
    Fitted,
    ahead_of_lead,
    fit,
    in_whole_units,
    rules_for,
    weight_cautions,
)
from foresail.pipeline.forecasting import Asked, forecast_one
from foresail.pipeline.overriding import NOTHING, Decided, decided_need
from foresail.pipeline.policies import policy_cautions
from foresail.pipeline.recent import Change
from foresail.pipeline.recurring import Choice, choose_week
from foresail.pipeline.staleness import refuse_stale
from foresail.pipeline.tiers import Tier, capacities
from foresail.plan.bounds import without_falls
from foresail.plan.capacity import needed_capacity
from foresail.plan.moves import ANY
from foresail.plan.weekly import Week
from foresail.targets.base import LiveTarget, Target

if TYPE_CHECKING:
    from foresail.forecast.api import Forecast


QUANTILES = (0.1, 0.5, 0.9, 0.95)
DUE = 1  # action for the floor that is due now, beside those that recur
RETURN_TO_FLOOR = 1  # action at the end of each schedule
ROOM_TO_REPLACE = 1  # action kept free, so that old and new can stand side by side


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A tier's forecast, and in units at 100 % what it asks for; the quantile that counts.

    ``driving`` tells of the forecasts of other tiers that the units come from, as the details of
    a forecast tell of its own.
    """

    tier: Tier
    demand: pd.DataFrame
    live: LiveTarget
    forecast: Forecast
    units: pd.DataFrame
    quantile: float
    quantile_reason: str
    early: timedelta = timedelta(0)  # on top of the lead time
    driving: pd.DataFrame | None = None
    recent: tuple[Change, ...] = ()  # changes of the last day, where they count
    decided: Decided = NOTHING

    @property
    def evidence(self) -> pd.DataFrame:
        """What is told of the forecasts that the units come from, one row each."""
        return self.forecast.details if self.driving is None else self.driving


@dataclass(frozen=True, slots=True)
class Planned:
    """Every step's result for one tier, for the change set, the report and the plan file."""

    tier: Tier
    demand: pd.DataFrame
    forecast: Forecast
    steps: pd.DataFrame
    needed: pd.DataFrame
    plan: TierPlan


def plan_tier(
    tier: Tier,
    demand: pd.DataFrame,
    target: Target,
    now: datetime,
    *,
    quantile: float | None = None,
) -> Planned:
    """Forecast a tier's demand, plan its floor and compare with what is live."""
    foreseen = foresee(tier, demand, target, now, quantile=quantile)
    return plan_need(foreseen, need(foreseen), target, now)


def foresee(
    tier: Tier,
    demand: pd.DataFrame,
    target: Target,
    now: datetime,
    *,
    quantile: float | None = None,
) -> Foreseen:
    """Read the target, choose the quantile to cover, and forecast.

    Raises
    ------
    InputError
        When the target may not even have the configured minimum.
    """
    live = target.read(tier.tier.target.name)
    ready = make_ready(tier, demand, target, live, now, quantile=quantile)
    return ready.foreseen(forecast_one(ready.asked))


@dataclass(frozen=True, slots=True)
class Ready:
    """A tier whose demand and target are known: what is to be forecast, and what it will cover."""

    asked: Asked
    live: LiveTarget
    quantile: float
    quantile_reason: str
    early: timedelta

    def foreseen(self, forecast: Forecast) -> Foreseen:
        """Go on from the forecast."""
        tier, units = self.asked.tier, in_units(self.asked.tier, forecast.frame)
        return Foreseen(
            tier, self.asked.demand, self.live, forecast, units,
            self.quantile, self.quantile_reason, self.early,
        )  # fmt: skip


def make_ready(
    tier: Tier,
    demand: pd.DataFrame,
    target: Target,
    live: LiveTarget,
    now: datetime,
    *,
    quantile: float | None = None,
) -> Ready:
    """Choose the quantile to cover.

    Raises
    ------
    InputError
        When the target may not even have the configured minimum, or demand is not known any more.
    """
    refuse_stale(tier, demand, now)
    if live.max_size < tier.tier.min:
        raise InputError(
            f"{live.name} may have {live.max_size} units (its maximum), but min of {tier.name} is "
            f"{tier.tier.min}",
            cure="raise its maximum on AWS, or lower min in foresail.yaml",
        )
    covered, why = (quantile, "") if quantile else _quantile(tier, live, demand)
    levels = tuple(sorted({*QUANTILES, covered, *_of_others(tier.service)}))
    asked = Asked(tier, demand, tier.config.horizon, levels, now)
    return Ready(asked, live, covered, why, ahead_of_lead(tier.tier, target))


def _of_others(service: ServiceConfig) -> set[float]:
    """Quantiles that any tier may cover, where a forecast may come to drive another tier's."""
    if not any(one.needs for one in service.tiers):
        return set()
    from foresail.replay.promised import QUANTILES as CHOICES

    chosen = CHOICES if any(one.risk is not None for one in service.tiers) else ()
    return {*chosen, *(one.quantile for one in service.tiers)}


def need(foreseen: Foreseen) -> pd.DataFrame:
    """Least capacity at each moment, as `needed_capacity` gives it; no maximum counts yet."""
    tier = foreseen.tier.tier
    return needed_capacity(
        foreseen.units,
        1.0,
        utilization=tier.utilization,
        minimum=tier.min,
        lead=tier.lead_time + foreseen.early,
        quantile=foreseen.quantile,
    )


def plan_need(
    foreseen: Foreseen,
    wanted: pd.DataFrame,
    target: Target,
    now: datetime,
    notes: Sequence[str] = (),
) -> Planned:
    """Cover a need with steps, compile them and compare with what is live.

    `notes` say what other tiers did to the need; the plan shows them.
    """
    tier, live, decided = foreseen.tier, foreseen.live, foreseen.decided
    most, early = min(tier.tier.max, live.max_size), tier.tier.lead_time + foreseen.early
    asked = decided_need(wanted, decided.bounds(early, now), decided.windows, tier.tier.min)
    needed = in_whole_units(asked, tier.tier.weights, most)
    fitted = _fit(foreseen, needed, target, now)
    alone = fitted
    if decided.standing(now):
        own = decided_need(wanted, [], decided.windows, tier.tier.min)
        alone = _fit(foreseen, in_whole_units(own, tier.tier.weights, most), target, now)
    about = _about(tier, foreseen.evidence, foreseen.demand)
    about |= {"quantile": foreseen.quantile, "quantile_reason": foreseen.quantile_reason}
    about |= {"peak_need": float(asked["needed"].max()), "maximum": float(most)}
    about |= {"overrides": decided.notes(now)}
    about |= {"notes": [*about["overrides"], *notes], "cautions": policy_cautions(tier, target)}
    about["cautions"] += [*fitted.cautions, *weight_cautions(tier.tier, most)]
    choice = _choose_week(foreseen, needed, fitted, target, now)
    about["notes"] += [choice.why] if choice.why else []
    chosen = Chosen(fitted, alone, choice.week, decided, early)
    plan = compiled(tier, live, target, about, chosen, now)
    steps = fitted.steps if choice.week is None else _week_steps(choice.week, needed)
    return Planned(tier, foreseen.demand, foreseen.forecast, steps, needed, plan)


def _fit(foreseen: Foreseen, needed: pd.DataFrame, target: Target, now: datetime) -> Fitted:
    """Cover a need with steps, none of which falls within a maintenance window."""
    tier, live, windows = foreseen.tier, foreseen.live, foreseen.decided.windows
    end = needed["end"].max().to_pydatetime()
    room = most_steps(tier, live, target.quota)
    fitted = fit(tier, live, target, needed, room, now, end, foreseen.recent)
    if not windows or rules_for(tier.tier, target) != ANY:
        return fitted
    return replace(fitted, steps=without_falls(fitted.steps, windows, "capacity"))


def _choose_week(
    foreseen: Foreseen, needed: pd.DataFrame, fitted: Fitted, target: Target, now: datetime
) -> Choice:
    """Choose a week that recurs only where nothing that people decided would recur with it."""
    tier, live, decided = foreseen.tier, foreseen.live, foreseen.decided
    if decided.standing(now) and tier.tier.schedule != "one-off":
        return Choice(None, "one-off: an override does not recur")
    room = most_steps(tier, live, target.quota) - DUE
    choice = choose_week(tier, live, target, needed, fitted.steps, room, now)
    if choice.week is None or not decided.windows:
        return choice
    steps = _week_steps(choice.week, needed)
    held = without_falls(steps, decided.windows, "capacity")
    if steps["capacity"].equals(held["capacity"]) and steps["start"].equals(held["start"]):
        return choice
    return Choice(None, "one-off: a week that recurs would lower the floor in maintenance")


def _week_steps(week: Week, needed: pd.DataFrame) -> pd.DataFrame:
    """Show a recurring week as the steps that it makes in the time of the forecast."""
    steps = week.steps(needed["start"].iloc[0], needed["end"].iloc[-1])
    return steps.assign(series=needed["series"].iloc[0])


def _quantile(tier: Tier, live: LiveTarget, demand: pd.DataFrame) -> tuple[float, str]:
    """Quantile that the floor covers, and why: as configured, or chosen for a promised risk."""
    if tier.tier.risk is None:
        return tier.tier.quantile, ""
    from foresail.forecast.calendar import parse_calendar
    from foresail.replay.case import Rules
    from foresail.replay.choose import choose_quantile
    from foresail.replay.place import Place

    busy = demand.assign(value=demand["value"] / demand["series"].map(capacities(tier)))
    most = busy.groupby("timestamp", as_index=False)["value"].max().assign(series=tier.name)
    bound = max(min(tier.tier.max, live.max_size), tier.tier.min)
    rules = Rules(
        tier.tier.utilization,
        tier.tier.lead_time,
        tier.tier.min,
        bound,
        place=Place(tier.timezone, parse_calendar(list(tier.service.calendar) or None)),
    )
    target = tier.tier.utilization if live.dynamic_policies else None
    choice = choose_quantile(most, rules, tier.tier.risk, target=target)
    if choice is None:
        return tier.tier.quantile, "too little demand known to choose a quantile on"
    return float(choice.setting.quantile), f"{choice.why}, over the last days"


def in_units(tier: Tier, forecast: pd.DataFrame) -> pd.DataFrame:
    """Express demand in units at 100 %; of several metrics, the one that needs most counts."""
    capacity = capacities(tier)
    quantiles = [column for column in forecast.columns if column.startswith("q")]
    scaled = forecast.copy()
    per_unit = scaled["series"].map(capacity)
    scaled[quantiles] = scaled[quantiles].div(per_unit, axis=0)
    most = scaled.groupby("timestamp", as_index=False)[quantiles].max()
    most.insert(0, "series", tier.name)
    return most


def most_steps(tier: Tier, live: LiveTarget, quota: int) -> int:
    """Most steps that a plan of a tier may have beside the actions of others.

    Raises
    ------
    InputError
        When there is room for none.
    """
    room = quota - len(others(live)) - RETURN_TO_FLOOR - ROOM_TO_REPLACE
    most = min(tier.tier.max_actions - RETURN_TO_FLOOR, room)
    if most < 1:
        raise InputError(
            f"{live.name} holds {len(others(live))} scheduled actions of others; "
            f"of AWS's {quota} none is left for a plan",
            cure="delete scheduled actions that are no longer needed",
        )
    return most


def _about(tier: Tier, evidence: pd.DataFrame, demand: pd.DataFrame) -> dict[str, Any]:
    """Tell what the plan rests on; of several metrics the least trusted one speaks."""
    worst = evidence.sort_values("trust").iloc[0]
    keys = ("model", "trust", "trust_reasons", "history_days", "missing_share", "skill", "coverage")
    plain = {k: worst[k] if isinstance(worst[k], str) else float(worst[k]) for k in keys}
    return {
        **plain,
        "lead_time_minutes": tier.tier.lead_time.total_seconds() / 60,
        "censored_periods": float(demand["censored"].sum()),
    }
