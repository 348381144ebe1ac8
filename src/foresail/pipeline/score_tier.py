"""Score the windows of one tier that are due, and keep their scores, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from foresail.pipeline.feedback import (
    LEVELS,
    bounds_of,
    learned_partition,
    read_learned,
    read_tuning,
    tuning_partition,
)
from foresail.pipeline.keeping import signal
from foresail.pipeline.lead import with_lead
from foresail.pipeline.pulling import Pulled, pull_tier
from foresail.pipeline.tiers import Tier, capacities
from foresail.replay.case import Rules
from foresail.score.accuracy import SignalScore, score_signal
from foresail.score.capacity import Capacity, score_capacity
from foresail.score.modes import Mode
from foresail.score.score import Limits, Score, why_bad
from foresail.score.tuning import tune
from foresail.score.windows import PastForecast, Window, due, in_force, told, why_partial
from foresail.store.records import Change, Conflict, Put, stamp

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.store.opening import Store

LOOK_BACK = timedelta(days=8)  # what is older and has no score will have none
PATIENCE = timedelta(days=1)  # for demand that CloudWatch does not have yet
KEEP = timedelta(days=400)
LEAST_KNOWN = 0.5  # share of the periods of a window
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TierScored:
    """New scores of a tier, windows left out with the reason, and what was pulled for them."""

    tier: Tier
    scores: tuple[Score, ...] = ()
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pulled: Pulled | None = None


def score_partition(service: str, tier: str) -> str:
    """Partition of a tier's scores; they sort by the start of their window."""
    return f"score/{service}/{tier}"


def read_scores(
    store: Store, service: str, tier: str, since: datetime, until: datetime
) -> list[Score]:
    """Scores of a tier's windows that begin in ``[since, until)``, oldest first."""
    keys = (Window(at, at).key for at in (since, until))
    records = store.records.query(
        score_partition(service, tier), since=next(keys), until=next(keys)
    )
    return [Score.from_json(one.data) for one in records if "left_out" not in one.data]


def score_tier(tier: Tier, aws: Aws, store: Store, now: datetime, mode: Mode) -> TierScored:
    """Score each window of a tier that has ended and settled and has no score yet.

    The score of a window and what it teaches are written together. A window without a plan
    throughout is left out for good; one whose demand is not known is tried again for a day.
    """
    rules = tier.config.scoring
    partition = score_partition(tier.service.name, tier.tier.name)
    since = Window(now - LOOK_BACK, now).key
    known = [record.sort for record in store.records.query(partition, since=since)]
    windows = due(now - LOOK_BACK, now, rules.window, rules.settle, known)
    past = _past(store, tier, windows)
    windows = [one for one in windows if past and one.start >= past[0].made]
    if not windows:
        return TierScored(tier)
    ready, _ = with_lead(tier, aws)
    pulled = pull_tier(ready, aws, now)
    scores: list[Score] = []
    left_out: list[str] = []
    notes: list[str] = []
    for window in windows:
        found = _score(ready, window, past, pulled, _applied(store, tier, window, mode))
        if isinstance(found, Score):
            note = _keep(store, ready, found, past, pulled)
            notes += [note] if note else []
            scores.append(found)
        else:
            left_out.append(f"{tier.name} {window.key}: {found.reason}")
            _leave_out(store, partition, window, found, now)
    notes += _tune(store, tier, now)
    return TierScored(tier, tuple(scores), tuple(left_out), tuple(notes), pulled)


@dataclass(frozen=True, slots=True)
class _LeftOut:
    reason: str
    for_good: bool


def _past(store: Store, tier: Tier, windows: Sequence[Window]) -> list[PastForecast]:
    """Forecasts that told of some windows before they began."""
    if not windows:
        return []
    since = windows[0].start - tier.config.horizon
    made = store.forecasts.made_between(tier.service.name, tier.tier.name, since, windows[-1].end)
    return [PastForecast(one.facts.plan_id, one.facts.made, one.frame) for one in made]


def _score(
    tier: Tier, window: Window, past: Sequence[PastForecast], pulled: Pulled, applied: bool
) -> Score | _LeftOut:
    held = in_force(past, window)
    why = why_partial(held, window, tier.tier.period)
    if why:
        return _LeftOut(why, for_good=True)
    demand = _by_signal(tier, pulled.demand)
    quantile = float(held["planned_quantile"].mode().iloc[-1])
    ahead = told(past, window)
    signals = [
        _signal(str(name), rows, ahead, demand, window, quantile, tier.tier.period)
        for name, rows in held.groupby("signal", sort=False)
    ]
    known = [one for one in signals if one is not None]
    wanted = (window.end - window.start) // tier.tier.period
    if not known or min(one.periods for one in known) < LEAST_KNOWN * wanted:
        least = min((one.periods for one in known), default=0)
        return _LeftOut(f"demand is known in {least} of {wanted} periods", for_good=False)
    score = Score(
        service=tier.service.name,
        tier=tier.tier.name,
        window=window,
        plans=tuple(dict.fromkeys(map(str, held["plan"]))),
        quantile=quantile,
        utilization=float(held["planned_utilization"].mode().iloc[-1]),
        slo=_slo(tier),
        signals=tuple(known),
        capacity=_capacity(tier, held, pulled),
        applied=applied,
        price=tier.tier.price,
    )
    bad = tier.config.scoring.bad
    return replace(score, bad=why_bad(score, Limits(bad.error, bad.shortfall, bad.short)))


def _by_signal(tier: Tier, demand: pd.DataFrame) -> pd.DataFrame:
    return demand.assign(signal=[signal(tier, str(name)) for name in demand["series"]])


def _signal(
    name: str,
    held: pd.DataFrame,
    ahead: pd.DataFrame,
    demand: pd.DataFrame,
    window: Window,
    quantile: float,
    period: timedelta,
) -> SignalScore | None:
    mine = demand[(demand["signal"] == name) & (demand["timestamp"] < window.end)]
    return score_signal(
        held, ahead[ahead["signal"] == name], mine, season=DAY // period, quantile=quantile
    )


def _slo(tier: Tier) -> float:
    """Give the SLO's utilisation; never below the one that is planned for."""
    return max(tier.config.scoring.slo, tier.tier.utilization)


def _capacity(tier: Tier, held: pd.DataFrame, pulled: Pulled) -> Capacity | None:
    """Censored demand counts as what was seen: at least that much came."""
    busy = pulled.demand["value"] / pulled.demand["series"].map(capacities(tier))
    worst = busy.groupby(pulled.demand["timestamp"]).max()
    rules = Rules(_slo(tier), tier.tier.lead_time, tier.tier.min, tier.tier.max)
    planned = held.groupby("timestamp")["planned_floor"].max()
    return score_capacity(
        worst, pulled.units, planned, rules, tier.tier.utilization, tier.tier.period
    )


def _applied(store: Store, tier: Tier, window: Window, mode: Mode) -> bool:
    """Whether plans were written before a window began: by an apply that was not rolled back."""
    if mode.since is not None and mode.forecast_only == (mode.since <= window.start):
        return False  # demoted before it, or promoted only after it began
    target = tier.tier.target
    runs = store.journal.recent(tier.place, target.type, target.name, window.start)
    before = next((run for run in runs if run.started <= window.start), None)
    return before is not None and before.kind == "apply"


def _keep(
    store: Store, tier: Tier, score: Score, past: Sequence[PastForecast], pulled: Pulled
) -> str:
    """Write a score and what it teaches, both or none; once."""
    kept = read_learned(store.records, tier)
    demand = _by_signal(tier, pulled.demand)
    known = demand[~demand["censored"].astype(bool)].dropna(subset="value")
    actual = score.window.rows(known.assign(series=known["signal"]))
    learned = kept.learned.taught(in_force(past, score.window), actual, score.window)
    partition = score_partition(score.service, score.tier)
    changes: list[Change] = [
        Put(partition, score.window.key, score.to_json(), score.window.end + KEEP, expected=0),
        Put(learned_partition(tier), LEVELS, learned.to_json(), expected=kept.version),
    ]
    try:
        store.records.write(*changes)
    except Conflict:
        return f"{tier.name} {score.window.key}: another run scored it at the same time"
    return kept.note


def _leave_out(
    store: Store, partition: str, window: Window, found: _LeftOut, now: datetime
) -> None:
    """Note that a window will have no score, so that it is not tried for ever."""
    if found.for_good or now - window.end > PATIENCE:
        data = {"left_out": found.reason}
        store.records.write(Put(partition, window.key, data, window.end + KEEP))


def _tune(store: Store, tier: Tier, now: datetime) -> list[str]:
    """Move what is planned for by a notch, where the last windows agree that it should."""
    bounds = bounds_of(tier)
    if bounds is None:
        return []
    today = read_tuning(store.records, tier, bounds)
    scores = read_scores(store, tier.service.name, tier.tier.name, now - LOOK_BACK, now)
    moved = tune(today, scores, bounds)
    if moved == today:
        return []
    data = {**moved.to_json(), "before": today.to_json()}
    store.records.write(Put(tuning_partition(tier), stamp(now), data, now + KEEP))
    return [f"{tier.name}: {moved.reason}"]
