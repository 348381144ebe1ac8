"""Run a backtest: one series after the other, or on several processes; nothing is read here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from foresail.backtest.budget import divided
from foresail.backtest.choose import choose, promise_table, verdict, within_reach
from foresail.backtest.days import Split, late_of, record_of, score, split_of
from foresail.backtest.job import (
    LEVELS,
    ORACLE,
    REACTIVE,
    Backtest,
    Chosen,
    Course,
    Job,
    Outcome,
    Promise,
    setting_text,
)
from foresail.backtest.notes import notes
from foresail.backtest.roster import ours_of, roster
from foresail.backtest.steps import last_plan
from foresail.errors import InputError
from foresail.forecast.aside import set_aside
from foresail.replay.case import Case, cases
from foresail.replay.play import Played, play
from foresail.replay.policies import Policy
from foresail.replay.promised import FORECAST
from foresail.replay.risk import Record
from foresail.replay.settings import steps_of

Progress = Callable[[int, str], object]
Task = tuple[pd.DataFrame, Job]
T = TypeVar("T")


def backtest(
    demand: pd.DataFrame,
    job: Job,
    *,
    progress: Progress = lambda _done, _what: None,
    workers: int = 1,
) -> Backtest:
    """Compare policies on past demand, each at the setting chosen on past days.

    Parameters
    ----------
    demand
        series, timestamp (tz-aware, start of the period), value; gaps are absent rows.
    job
        Rules, wish, price and policies.
    progress
        Told how many more policies are played, of which series; see `steps_of_work`.
    workers
        Processes for many series.

    Returns
    -------
    Backtest
        Outcomes by series, the worst first: most time over the limit with our policy.

    Raises
    ------
    InputError
        When a rule cannot be, or no series can be used; says why and the cure.
    """
    policies = roster(job.rules, job.policies, job.fleet)
    ours = ours_of(policies)
    parts = {str(name): rows for name, rows in demand.groupby("series", sort=False)}
    tasks = {name: (rows, job) for name, rows in parts.items()}
    if job.wish.shared:
        tasks = _with_shares(tasks, job, workers)
    outcomes, refused = [], []
    for name, found in _each(replay_series, tasks, workers, progress):
        if isinstance(found, Outcome):
            outcomes.append(found)
        else:
            refused.append((name, found))
    if not outcomes:
        raise refused[0][1] if refused else InputError("there is no demand", cure="pass some")
    outcomes.sort(key=lambda one: (-one.chosen[ours].scores["under_capacity"], one.series))
    order = {name: at for at, name in enumerate(parts)}
    told = sorted(((name, error.message) for name, error in refused), key=lambda r: order[r[0]])
    return Backtest(job, outcomes, told, ours, {p.name: p.knob for p in policies})


def steps_of_work(demand: pd.DataFrame, job: Job) -> int:
    """Count what `backtest` will report as done."""
    series = int(demand["series"].nunique())
    return series * (len(roster(job.rules, job.policies, job.fleet)) + 1)


def _with_shares(tasks: dict[str, Task], job: Job, workers: int) -> dict[str, Task]:
    """Give each series its part of the fleet's budget, by what our policy did on past days."""
    assert job.wish.budget is not None
    known = {
        name: found
        for name, found in _each(_our_record, tasks, workers)
        if isinstance(found, Record)
    }
    budgets = divided(known, job.wish.budget) if known else {}
    mine = {
        name: replace(job, wish=replace(job.wish, budget=amount, shared=False))
        for name, amount in budgets.items()
    }
    return {name: (rows, mine.get(name, job)) for name, (rows, _) in tasks.items()}


def _our_record(rows: pd.DataFrame, job: Job, _: Progress) -> Record:
    """Tell what each setting of our policy did on the days on which one is chosen."""
    [case] = cases(rows, job.rules, job.unit_capacity)
    policies = roster(job.rules, job.policies, job.fleet)
    ours = ours_of(policies)
    mine = [policy for policy in policies if policy.name == ours]
    return record_of(list(play([case], mine, job.fleet)), split_of(case, job.choose_days))


def _silent(_done: int, _what: str) -> None:
    return None


def _each(
    work: Callable[[pd.DataFrame, Job, Progress], T],
    tasks: dict[str, Task],
    workers: int,
    progress: Progress = _silent,
) -> Iterator[tuple[str, T | InputError]]:
    """Do the work for each series, on processes where there are several."""
    if workers <= 1 or len(tasks) == 1:
        for name, (rows, job) in tasks.items():
            yield name, _tried(work, rows, job, progress)
        return
    each = steps_of_work(*next(iter(tasks.values())))
    with ProcessPoolExecutor(min(workers, len(tasks))) as pool:
        jobs = {pool.submit(_tried, work, rows, job): name for name, (rows, job) in tasks.items()}
        for done in as_completed(jobs):
            progress(each, jobs[done])
            yield jobs[done], done.result()


def _tried(
    work: Callable[[pd.DataFrame, Job, Progress], T],
    rows: pd.DataFrame,
    job: Job,
    progress: Progress = _silent,
) -> T | InputError:
    """Do the work, or give why it cannot be done."""
    try:
        return work(rows, job, progress)
    except InputError as error:
        return error


@dataclass(frozen=True, slots=True)
class _Found:
    """What one policy did: choice and scores; the course of the chosen setting."""

    chosen: Chosen
    scores: pd.DataFrame
    course: Course
    promises: list[Promise]


def replay_series(rows: pd.DataFrame, job: Job, progress: Progress = _silent) -> Outcome:
    """Replay all policies on one series, choose their settings and score what came of them.

    Raises
    ------
    InputError
        When the series or a rule cannot be used, or our policy cannot meet the budget.
    """
    [case] = cases(rows, job.rules, job.unit_capacity)
    check_size(case)
    split = split_of(case, job.choose_days)
    policies = roster(job.rules, job.policies, job.fleet)
    ours = ours_of(policies)
    played: dict[str, list[Played]] = {policy.name: [] for policy in policies}
    for one in play([case], policies, job.fleet):
        played[one.policy.name].append(one)
    found: dict[str, _Found] = {}
    for policy in policies:
        mine = policy.name == ours
        found[policy.name] = _of_policy(policy, played[policy.name], split, job, mine=mine)
        progress(1, f"{case.series}: {policy.name}")
    path, calibration = _forecasts(case, split)
    [our] = [policy for policy in policies if policy.name == ours]
    last, setting = last_plan(case, our, found[ours].chosen.choice.setting, job)
    progress(1, f"{case.series}: forecast")
    kept = {name: found[name].course for name in (ours, REACTIVE) if name in found}
    return Outcome(
        series=case.series,
        times=case.times,
        demand=case.demand,
        scale=case.scale,
        start=case.start,
        scored=case.start + split.scored,
        period=case.period,
        days=(len(case.scored) - split.scored) * (case.period / pd.Timedelta(days=1)),
        hindsight=split.hindsight,
        scores=pd.concat([one.scores for one in found.values()], ignore_index=True),
        chosen={name: one.chosen for name, one in found.items()},
        promises=found[ours].promises,
        courses=kept,
        path=path,
        calibration=calibration,
        aside=set_aside(rows),
        last=last,
        last_setting=setting,
        notes=notes(case, split, job, found[ORACLE].chosen if ORACLE in found else None),
    )


def check_size(case: Case) -> None:
    """Refuse a group whose maximum is not even enough for the least demand.

    Raises
    ------
    InputError
        Says how many units it would take.
    """
    rules = case.rules
    demand = case.scored[np.isfinite(case.scored)]
    if rules.most < 1:
        raise InputError(
            f"a group of at most {rules.maximum} units cannot hold one", cure="raise --max"
        )
    if (demand > rules.most * rules.slo * (1 + 1e-9)).all():
        need = int(np.ceil(demand.max() / rules.slo - 1e-9))
        raise InputError(
            f"series {case.series!r}: at most {rules.maximum} units are under capacity in every "
            f"period, whatever the policy; its peak takes {need}",
            cure=f"raise --max to {need}, or give the capacity of a larger unit: --unit-capacity",
        )


def _of_policy(
    policy: Policy, played: list[Played], split: Split, job: Job, *, mine: bool
) -> _Found:
    case = played[0].case
    record = record_of(played, split)
    pick = choose if mine else within_reach
    choice = pick(policy, record, job.wish, float(job.price.amount))
    scores = _scores(case, policy, played, split, choice.index)
    row = scores.iloc[choice.index]
    best = float(scores["under_capacity"].min())
    late = float(row["under_capacity"])
    known = int(np.isfinite(case.scored[split.scored :]).sum())
    days = (len(case.scored) - split.scored) * (case.period / pd.Timedelta(days=1))
    said, kept = verdict(late, best, job.wish, float(row["unit_hours"]) / days)
    missing = float(row["unserved"]) * float(np.nansum(case.scored[split.scored :]))
    missing *= case.period / pd.Timedelta(hours=1)
    numbers = {str(k): float(v) for k, v in row.items() if isinstance(v, float)}
    minutes = round(late * known * (case.period / pd.Timedelta(minutes=1)))
    chosen = Chosen(
        policy.name,
        setting_text(choice.setting),
        choice,
        numbers,
        minutes,
        float(row["late_low"]),
        float(row["late_high"]),
        best,
        said,
        kept,
        missing,
    )
    promises = promise_table(policy, record, scores) if mine else []
    return _Found(chosen, scores, _course(played[choice.index]), promises)


def _scores(
    case: Case, policy: Policy, played: list[Played], split: Split, chosen: int
) -> pd.DataFrame:
    rows: list[dict[str, Any]] = [
        {
            "series": case.series,
            "policy": policy.name,
            "setting": setting_text(one.setting),
            **score(one, split),
            "chosen": at == chosen,
        }
        for at, one in enumerate(played)
    ]
    return pd.DataFrame(rows)


def _course(one: Played) -> Course:
    floor = np.asarray(one.drive.floor, dtype=np.float32)
    return Course(floor, one.run.in_service[:, 0].astype(np.float32), late_of(one))


def _forecasts(case: Case, split: Split) -> tuple[pd.DataFrame, list[dict[str, float]]]:
    """Forecast of each step as last made, and how often demand stayed under each quantile."""
    reach = steps_of(case.rules.replan, case.period) * case.period
    made = case.foresee(case.origins, reach, FORECAST, case.rules.place)
    count = len(case.scored)
    columns = [f"q{level:g}" for level in FORECAST]
    path = pd.DataFrame(made.reshape(-1, len(FORECAST))[:count], case.times[case.start :], columns)
    known = np.isfinite(case.scored) & (np.arange(count) >= split.scored)
    told = []
    for level in LEVELS:
        under = case.scored[known] <= path.loc[known, f"q{level:g}"].to_numpy()
        share = float(under.mean()) if len(under) else float("nan")
        told.append({"quantile": level, "share": share, "periods": float(known.sum())})
    return path[[f"q{level:g}" for level in LEVELS]], told
