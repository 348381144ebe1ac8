"""The quantile that a tier's floor should cover, chosen for a promised risk on its own past."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd

from foresail.replay.case import Rules, cases
from foresail.replay.promised import (
    QUANTILES,
    FloorsAndTracking,
    Hybrid,
    PlannedFloors,
    Trial,
    planner_of,
)
from foresail.replay.risk import Choice, for_limit
from foresail.replay.settings import IN_AFTER, Fleet

LEAST_TRIED = timedelta(days=5)  # of demand, for a quantile to be chosen on


def choose_quantile(
    units: pd.DataFrame, rules: Rules, limit: float, *, target: float | None
) -> Choice | None:
    """Choose the cheapest quantile that would have kept a limit on the past days.

    Parameters
    ----------
    units
        Columns series, timestamp, value: demand of one tier, in units at 100 %.
    rules
        SLO, boot time and bounds.
    limit
        Share of time that may be under capacity.
    target
        Utilisation that the group's own target tracking keeps; None where it has none.

    Returns
    -------
    Choice or None
        Its setting names the quantile; None with less than five days of demand.
    """
    span = units["timestamp"].max() - units["timestamp"].min()
    if span < LEAST_TRIED:
        return None
    [case] = cases(units, _from_the_end(rules, span), unit_capacity=1.0)
    beside = np.nan if target is None else target
    settings = tuple(Hybrid(quantile, beside, IN_AFTER) for quantile in QUANTILES)
    candidates = FloorsAndTracking(PlannedFloors(planner_of(rules)), settings)
    trial = Trial.of(case, candidates, Fleet())
    return for_limit(trial.record(len(case.scored)), limit)


def _from_the_end(rules: Rules, span: pd.Timedelta) -> Rules:
    """Score from as early as a case allows: all that is tried is past."""
    start = min(rules.warmup, max(span.to_pytimedelta() - timedelta(days=1), timedelta(days=2)))
    return replace(rules, warmup=start)
