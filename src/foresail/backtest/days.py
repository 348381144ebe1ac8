"""Runs cut into days: what each setting did on each, and what resampled days say of the doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foresail.replay.case import Case
from foresail.replay.fleet import Run
from foresail.replay.measures import measure, oracle, under_capacity
from foresail.replay.play import Played
from foresail.replay.risk import Record
from foresail.replay.settings import Bools, Floats

RESAMPLES = 400
ENDS = (0.05, 0.95)
DAY = pd.Timedelta(days=1)
_NOTHING = 1e-12


@dataclass(frozen=True, slots=True)
class Split:
    """Steps of a day, whole days on which settings are chosen, and the first scored step.

    ``scored`` counts from the start of the replay; ``chosen_on`` is 0 where settings are chosen in
    hindsight.
    """

    steps: int
    chosen_on: int
    scored: int
    hindsight: bool


def split_of(case: Case, choose_days: int | None) -> Split:
    """Split the replayed days: about a third to choose on, at most 14; hindsight when too few."""
    steps = max(int(DAY // case.period), 1)
    whole = len(case.scored) // steps
    days = min(max(whole // 3, 1), 14) if choose_days is None else choose_days
    if whole < 2 or days < 1:
        return Split(steps, 0, 0, True)
    days = min(days, whole - 1)
    return Split(steps, days, days * steps, False)


def late_of(one: Played) -> Bools:
    """Mark the steps under capacity."""
    case, run = one.case, one.run
    late = under_capacity(run.offered[:, 0], run.in_service[:, 0], case.rules.slo)
    return np.asarray(late & np.isfinite(case.scored))


def record_of(played: Sequence[Played], split: Split) -> Record:
    """Sum up what each setting did on each day that settings are chosen on (all in hindsight)."""
    days = split.chosen_on or max(len(played[0].case.scored) // split.steps, 1)
    sums = [_by_day(one, split.steps, days) for one in played]
    late, unserved, hours = (np.stack(part, axis=1) for part in zip(*sums, strict=True))
    return Record(late, unserved, hours, tuple(one.setting for one in played))


def _by_day(one: Played, steps: int, days: int) -> tuple[Floats, Floats, Floats]:
    case, run = one.case, one.run
    width = case.period / pd.Timedelta(hours=1)
    known = np.isfinite(case.scored)
    served = run.in_service[:, 0]
    above = np.nan_to_num(run.offered[:, 0]) - case.rules.slo * served
    above = np.where(known, np.maximum(above, 0.0), 0.0)
    late = _daily(late_of(one), steps, days) / np.maximum(_daily(known, steps, days), 1)
    used = (served + run.launching[:, 0]) * width
    return late, _daily(above, steps, days) * width, _daily(used, steps, days)


def _daily(values: np.ndarray, steps: int, days: int) -> Floats:
    """Sum whole days; a series of less than a day is one."""
    short = np.asarray(values[: steps * days], dtype=np.float64)
    padded = np.pad(short, (0, steps * days - len(short)))
    return np.asarray(padded.reshape(days, steps).sum(axis=1))


def scored_run(run: Run, first: int) -> Run:
    """Leave out the steps before the first scored one."""
    return Run(*(getattr(run, name)[first:] for name in Run.__slots__))


def score(one: Played, split: Split) -> dict[str, float]:
    """Measure the scored days in the words of `foresail.replay`, with bootstrap intervals."""
    case, rules = one.case, one.case.rules
    demand = case.scored[split.scored :]
    width = case.period / pd.Timedelta(hours=1)
    told = measure(scored_run(one.run, split.scored), demand[:, None], width, rules.slo).iloc[0]
    least = oracle(demand, rules.slo, minimum=rules.minimum, maximum=rules.most) * width
    used = (one.run.in_service[:, 0] + one.run.launching[:, 0])[split.scored :] * width
    late = late_of(one)[split.scored :]
    ends = intervals(late, np.isfinite(demand), used, least, split.steps)
    total = float(least.sum())
    scores = {str(name): float(value) for name, value in told.items()}
    started = scores.pop("units_started")
    ratio = scores["unit_hours"] / total if total > 0 else float("nan")
    return {**scores, "oracle_hours": total, "cost_ratio": ratio, "units_started": started, **ends}


def intervals(
    late: np.ndarray, known: np.ndarray, used: Floats, least: Floats, steps: int
) -> dict[str, float]:
    """Give ends that hold 90 % of resampled days: of time under capacity, of cost ratio."""
    days = max(len(late) // steps, 1)
    sums = [_daily(part, steps, days) for part in (late, known, used, least)]
    picked = np.random.default_rng(0).integers(days, size=(RESAMPLES, days))
    bad, all_, cost, best = (part[picked].sum(axis=1) for part in sums)
    share = np.quantile(bad / np.maximum(all_, 1), ENDS)
    ratio = np.quantile(cost / np.maximum(best, _NOTHING), ENDS)
    return {
        "late_low": float(share[0]),
        "late_high": float(share[1]),
        "cost_low": float(ratio[0]),
        "cost_high": float(ratio[1]),
    }
