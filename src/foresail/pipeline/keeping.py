"""Keep each tier's forecast and plan in the store, for what is published and compared later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foresail.pipeline.tiers import Tier, capacities
from foresail.store.forecasts import Facts, ForecastStore, ResourceKind, StoredForecast

if TYPE_CHECKING:
    from foresail.pipeline.planning import Planned

# By how the names of target types begin; what is not here computes.
_KINDS: dict[str, ResourceKind] = {
    "rds-storage": "storage",
    "aurora": "database",
    "cassandra": "database",
    "dynamodb": "database",
    "neptune": "database",
    "rds": "database",
    "elasticache": "cache",
    "kinesis": "storage",
    "kafka": "storage",
    "elb": "network",
    "apigateway": "network",
}


def keep_forecasts(
    store: ForecastStore, planned: Sequence[Planned], plan_id: str, now: datetime
) -> list[StoredForecast]:
    """Keep the forecast of every planned tier; it is the tier's latest from then on."""
    made = [stored_forecast(one, plan_id, now) for one in planned]
    for forecast in made:
        store.write(forecast)
    return made


def resource_kind(type_name: str) -> ResourceKind:
    """Kind of resource that a target type is: compute, database, cache, storage or network."""
    found = (kind for start, kind in _KINDS.items() if type_name.startswith(start))
    return next(found, "compute")


def stored_forecast(planned: Planned, plan_id: str, now: datetime) -> StoredForecast:
    """Put a tier's forecast and plan into one table, with what is told of it."""
    tier = planned.tier
    quantile = float(planned.plan.about["quantile"])
    leading = _leading(planned, quantile)
    details = planned.forecast.details.set_index("series")
    forecast = planned.forecast.frame
    mine = forecast[forecast["series"] == leading]
    known = planned.demand.loc[planned.demand["series"] == leading, "value"].dropna()
    frame = _frame(planned)
    facts = Facts(
        id=f"{plan_id}-{tier.service.name}-{tier.tier.name}",
        plan_id=plan_id,
        service=tier.service.name,
        tier=tier.tier.name,
        resource=f"{tier.tier.target.type} {tier.tier.target.name}",
        resource_kind=resource_kind(tier.tier.target.type),
        made=now,
        horizon_hours=tier.config.horizon.total_seconds() / 3600,
        period_seconds=planned.forecast.period.total_seconds(),
        signal=signal(tier, leading),
        current_demand=float(known.iloc[-1]) if len(known) else float("nan"),
        predicted_demand=float(mine["q0.5"].max()),
        pattern=_said(details, leading, "pattern"),
        urgency=_said(details, leading, "urgency"),
        confidence=float(details["trust"].min()),
        quantile=quantile,
        recommended_capacity=int(planned.steps["capacity"].max()),
    )
    return StoredForecast(facts, frame)


def signal(tier: Tier, series: str) -> str:
    """Name of a demand metric within its tier."""
    return series.removeprefix(f"{tier.name}/")


def _leading(planned: Planned, quantile: float) -> str:
    """Series that asks for most units at its peak."""
    frame = planned.forecast.frame
    per_unit = frame["series"].map(capacities(planned.tier))
    busy = (frame[f"q{quantile:g}"] / per_unit).fillna(-np.inf).to_numpy()
    return str(frame["series"].iloc[int(busy.argmax())])


def _said(details: pd.DataFrame, series: str, column: str) -> str:
    return str(details.loc[series, column]) if series in details.index else ""


def _frame(planned: Planned) -> pd.DataFrame:
    from foresail.score.learning import RAW  # an urgent plan loads no forecaster

    frame = planned.forecast.frame
    told = [column for column in frame.columns if column.startswith(("q", RAW))]
    table = frame[["timestamp", *told]].copy()
    table.insert(0, "signal", [signal(planned.tier, name) for name in frame["series"]])
    times = pd.DatetimeIndex(frame["timestamp"])
    table["planned_floor"] = _held(planned.steps, "capacity", times)
    table["needed_units"] = _held(planned.needed, "needed", times)
    table["planned_quantile"] = float(planned.plan.about["quantile"])
    table["planned_utilization"] = planned.tier.tier.utilization
    return table.reset_index(drop=True)


def _held(steps: pd.DataFrame, column: str, times: pd.DatetimeIndex) -> np.ndarray:
    """Value of a step function at some times; before its first start, the first value."""
    starts = pd.DatetimeIndex(steps["start"])
    at = np.clip(starts.searchsorted(times, side="right") - 1, 0, None)
    return steps[column].to_numpy(dtype=np.float64)[at]
