"""Which strategy serves a tier best: each one's setting chosen on past days, scored on later ones.

The strategies are those that foresail can put on AWS: scheduled actions, target tracking, AWS
predictive scaling (on each signal of the tier, beside target tracking), and scheduled actions
beside target tracking. Nothing is chosen on the days it is scored on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.policies.candidates import OnSignal, Told
from foresail.replay.case import Case, Rules, cases
from foresail.replay.fleet import Run
from foresail.replay.forecasters import day_and_week
from foresail.replay.measures import measure, oracle
from foresail.replay.play import play
from foresail.replay.policies import AwsPredictive, Policy, Reactive
from foresail.replay.promised import (
    QUANTILES,
    TARGETS,
    FloorsAndTracking,
    Hybrid,
    PlannedFloors,
    planner_of,
)
from foresail.replay.settings import IN_AFTER, Fleet

LEAST = timedelta(days=5)  # of demand: two to learn from, and days to choose and to score on
LONGEST_BUFFER = timedelta(seconds=3599)  # of AWS predictive scaling
SCHEDULE, TRACKING, PREDICTIVE, HYBRID = "scheduled", "tracking", "predictive", "hybrid"


@dataclass(frozen=True, slots=True)
class Score:
    """What a setting cost and missed on some days; shares of time and of demand."""

    unit_hours: float
    cost_ratio: float
    under_capacity: float
    unserved: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """One strategy at the setting chosen for it.

    Parameters
    ----------
    strategy
        ``scheduled``, ``tracking``, ``predictive`` or ``hybrid``.
    signal
        Series that a predictive policy forecasts; empty for the others.
    setting
        Quantile and target utilisation; None where the strategy has none.
    tried, scored
        On the days it was chosen on, and on those after them.
    kept
        Whether the limit was kept on the days it was scored on.
    """

    strategy: str
    signal: str
    quantile: float | None
    target: float | None
    tried: Score
    scored: Score
    kept: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every strategy of a tier, the best first, and the days they were held against."""

    outcomes: tuple[Outcome, ...]
    chosen_from: pd.Timestamp
    scored_from: pd.Timestamp
    until: pd.Timestamp


def compare(
    signals: pd.DataFrame,
    rules: Rules,
    limit: float,
    progress: Callable[[str], object] = lambda _: None,
) -> Comparison:
    """Compare the strategies on a tier's past.

    Parameters
    ----------
    signals
        Columns series, timestamp (UTC), value: demand of each signal, in units at 100 %. The one
        that asks for most is the tier's demand.
    rules
        SLO, boot time (the lead that was measured) and bounds.
    limit
        Share of time that may be under capacity.
    progress
        Told what is being played.

    Returns
    -------
    Comparison
        Those that kept the limit on the later days come first, the cheapest of them at the top;
        then the others by their time under capacity.

    Raises
    ------
    InputError
        With less than five days of demand.
    """
    case = _case(signals, rules)
    split = len(case.scored) // 2
    outcomes = []
    for strategy, signal, policy in _candidates(signals, case):
        progress(f"{strategy} {signal}".strip())
        outcomes.append(_outcome(strategy, signal, policy, case, split, limit))
    best = sorted(outcomes, key=lambda o: (not o.kept, _badness(o.scored, kept=o.kept)))
    times = case.times[case.start :]
    return Comparison(tuple(best), times[0], times[split], times[-1] + case.period)


@dataclass(frozen=True, slots=True)
class Duel:
    """AWS's own forecast and foresail's over the same hours: what each would have cost and missed.

    Each is the floor beside the same target tracking.
    """

    aws: Score
    foresail: Score
    start: pd.Timestamp
    end: pd.Timestamp


def duel(
    signals: pd.DataFrame,
    rules: Rules,
    capacity: pd.Series,
    *,
    quantile: float,
    target: float,
    buffer: timedelta,
) -> Duel | None:
    """Play the capacity that AWS forecast against the floors that foresail would have planned.

    Parameters
    ----------
    signals, rules
        As in `compare`.
    capacity
        AWS's CapacityForecast: units by hour (UTC).
    quantile
        That the tier's floor covers.
    target
        Utilisation of the target tracking beside both.
    buffer
        How long before the hour AWS launches.

    Returns
    -------
    Duel or None
        None when no hour of the forecast has passed within the scored days.
    """
    case = _case(signals, rules)
    times = case.times[case.start :]
    if capacity.empty:
        return None
    inside = np.flatnonzero((times >= capacity.index[0]) & (times < capacity.index[-1]))
    if not len(inside):
        return None
    first, last = int(inside[0]), int(inside[-1]) + 1
    floors = PlannedFloors(planner_of(rules), (quantile,))
    ours = FloorsAndTracking(floors, (Hybrid(quantile, target, IN_AFTER),), "foresail")
    theirs = Told("aws", capacity, buffer, target)
    played = {one.policy.name: one.run for one in play([case], [theirs, ours], Fleet())}
    aws, own = (_score(case, played[name], first, last) for name in ("aws", "foresail"))
    return Duel(aws, own, times[first], times[last - 1] + case.period)


def _case(signals: pd.DataFrame, rules: Rules) -> Case:
    span = signals["timestamp"].max() - signals["timestamp"].min()
    if span < LEAST:
        raise InputError(
            f"{span / pd.Timedelta(days=1):.1f} days of demand are too few to compare strategies",
            cure="at least five days are needed; set history: 14d",
        )
    most = signals.groupby("timestamp", as_index=False)["value"].max().assign(series="tier")
    early = min(rules.warmup, span.to_pytimedelta() / 2)
    [case] = cases(most, replace(rules, warmup=max(early, timedelta(days=2))), unit_capacity=1.0)
    return case


def _candidates(signals: pd.DataFrame, case: Case) -> Iterable[tuple[str, str, Policy]]:
    floors = PlannedFloors(planner_of(case.rules))
    alone = [Hybrid(quantile, float("nan"), IN_AFTER) for quantile in QUANTILES]
    beside = [Hybrid(q, target, IN_AFTER) for q, target in product(QUANTILES, TARGETS)]
    yield TRACKING, "", Reactive(TARGETS)
    for name, rows in signals.groupby("series", sort=True):
        buffer = min(case.rules.boot, LONGEST_BUFFER)
        predictive = AwsPredictive(day_and_week, TARGETS, buffer=buffer)
        yield PREDICTIVE, str(name), OnSignal(predictive, rows.set_index("timestamp")["value"])
    yield SCHEDULE, "", FloorsAndTracking(floors, alone, "scheduled")
    yield HYBRID, "", FloorsAndTracking(floors, beside, "hybrid")


def _outcome(
    strategy: str, signal: str, policy: Policy, case: Case, split: int, limit: float
) -> Outcome:
    """Choose the cheapest setting that kept the limit on the first days; score it on the rest."""
    rows = [
        (one.setting, _score(case, one.run, 0, split), _score(case, one.run, split, None))
        for one in play([case], [policy], Fleet())
    ]
    keeping = [row for row in rows if row[1].under_capacity <= limit]
    setting, tried, scored = (
        min(keeping, key=lambda row: row[1].unit_hours)
        if keeping
        else min(rows, key=lambda row: (row[1].under_capacity, row[1].unit_hours))
    )
    quantile, target = _knobs(setting)
    kept = scored.under_capacity <= limit
    return Outcome(strategy, signal, quantile, target, tried, scored, kept)


def _knobs(setting: Any) -> tuple[float | None, float | None]:
    if isinstance(setting, Hybrid):
        assert not isinstance(setting.quantile, str)  # no share of a peak is tried here
        return setting.quantile, None if np.isnan(setting.target) else setting.target
    return None, float(setting)


def _badness(score: Score, *, kept: bool) -> Sequence[float]:
    return (score.unit_hours,) if kept else (score.under_capacity, score.unit_hours)


def _score(case: Case, run: Run, first: int, last: int | None) -> Score:
    some = slice(first, last)
    part = Run(*(getattr(run, name)[some] for name in Run.__slots__))
    demand, hours = case.scored[some], case.period / pd.Timedelta(hours=1)
    told = measure(part, demand[:, None], hours, case.rules.slo).iloc[0]
    best = oracle(demand, case.rules.slo, minimum=case.rules.minimum, maximum=case.rules.most)
    had = float(told["unit_hours"])
    least = max(float(best.sum()) * hours, 1e-9)
    return Score(had, had / least, float(told["under_capacity"]), float(told["unserved"]))
