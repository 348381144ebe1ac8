"""What the played days cost and missed, for each policy, in the project's measures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from foresail.demo.scenario import CEILING, FLOOR, SLO, Scenario

PRICE = 0.0816
PRICE_NOTE = (
    "one unit is priced at $0.0816 an hour: m7g.large, Linux, on demand, us-east-1, "
    "as listed in June 2026; an example, not a quote"
)


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """What one policy had in service, minute by minute."""

    policy: str
    log: pd.DataFrame


def scores(scenario: Scenario, played: list[PolicyLog]) -> pd.DataFrame:
    """Score each policy on the same demand, next to a static fleet and the oracle.

    Returns
    -------
    DataFrame
        policy, unit_hours, cost_ratio (over the oracle), cost_usd, under_capacity_minutes,
        unserved_share.
    """
    demand = played[0].log["demand"]
    oracle = np.clip(np.ceil(demand / (scenario.unit_capacity * SLO) - 1e-9), FLOOR, CEILING)
    rows = [
        *(_score(scenario, p.policy, p.log) for p in played),
        _score(scenario, "static at max", _constant(demand, np.full(len(demand), CEILING))),
        _score(scenario, "oracle", _constant(demand, oracle)),
    ]
    frame = pd.DataFrame(rows)
    frame.insert(2, "cost_ratio", frame["unit_hours"] / frame["unit_hours"].iloc[-1])
    return frame


def _constant(demand: pd.Series, units: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"demand": demand, "in_service": units, "launching": 0})


def _score(scenario: Scenario, policy: str, log: pd.DataFrame) -> dict[str, str | float]:
    limit = log["in_service"] * scenario.unit_capacity * SLO
    unserved = (log["demand"] - limit).clip(lower=0)
    short = log["demand"] > limit * (1 + 1e-9)
    hours = float((log["in_service"] + log["launching"]).sum()) / 60
    return {
        "policy": policy,
        "unit_hours": hours,
        "cost_usd": round(hours * PRICE, 2),
        "under_capacity_minutes": int(short.sum()),
        "unserved_share": float(unserved.sum() / max(log["demand"].sum(), 1e-12)),
    }
