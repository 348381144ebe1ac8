"""Steps that cover a tier's need and keep the rules of its target and of the tier itself."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pandas as pd

from foresail.config import TierConfig
from foresail.errors import InputError
from foresail.pipeline.recent import DAY, Change, recent_changes
from foresail.pipeline.schedule import taken_minutes
from foresail.pipeline.tiers import Tier
from foresail.plan.compile import MINUTE
from foresail.plan.cover import capacity_steps
from foresail.plan.moves import ANY, Moves
from foresail.plan.staircase import Staircase, staircase
from foresail.store.journal import Journal
from foresail.targets.base import LiveTarget, Target

SLACK = timedelta(minutes=2)  # how late AWS may run an action
EARLIEST = timedelta(minutes=2)  # how far ahead the first action must be
NONE = timedelta(0)
GRAIN = timedelta(minutes=5)  # a dwell is rounded up to it, so that few moments are to be tried
END = "end of plan: configured floor"
STUCK = "end of plan: the rules for changes allow no fall to the floor"


@dataclass(frozen=True, slots=True)
class Fitted:
    """Steps as they can be carried out: until when, what follows, and what a reviewer must know."""

    steps: pd.DataFrame
    end: datetime
    last: int
    slack: timedelta = SLACK
    ending: str = END
    cautions: tuple[str, ...] = ()


def rules_for(tier: TierConfig, target: Target | type[Target]) -> Moves:
    """Rules of a target, made stricter by the tier's `max_step` and `min_dwell`."""
    moves, step = target.moves, tier.max_step
    if step is not None:
        apart = tier.min_dwell or tier.lead_time
        moves = replace(moves, rest=max(moves.rest, apart, MINUTE))
    if isinstance(step, int):
        return replace(moves, most_rise=min(step, moves.most_rise or step))
    if step is not None:
        return replace(moves, most_factor=min(1 + step, moves.most_factor or math.inf))
    return moves if moves == ANY else replace(moves, rest=max(moves.rest, tier.min_dwell))


def ahead_of_lead(tier: TierConfig, target: Target | type[Target]) -> timedelta:
    """Time that comes on top of the lead time, where changes follow rules.

    The time a change takes to settle, and AWS's slack: where there are no rules, the schedule's
    own compiler sees to that.
    """
    moves = rules_for(tier, target)
    return NONE if moves == ANY else moves.settle + SLACK


def in_whole_units(wanted: pd.DataFrame, weights: tuple[int, ...], most: int) -> pd.DataFrame:
    """Round a need up to what instances of the given weights can sum up to; `most` bounds it."""
    unit = math.gcd(*weights)
    whole = -(-wanted["needed"] // unit) * unit
    return wanted.assign(needed=whole.clip(upper=most))


def weight_cautions(tier: TierConfig, most: int) -> list[str]:
    """Say how far instances of several weights may overshoot."""
    over = max(tier.weights) - 1
    if not over:
        return []
    return [
        f"sizes are capacity units: with an instance of weight {max(tier.weights)} the group may "
        f"hold up to {over} more than the plan, and MaxSize ({most}) may be exceeded by as many"
    ]


def fit(
    tier: Tier,
    live: LiveTarget,
    target: Target,
    needed: pd.DataFrame,
    most_steps: int,
    now: datetime,
    end: datetime,
    recent: tuple[Change, ...] = (),
) -> Fitted:
    """Cover a need with at most so many steps, as its target may move.

    `recent` has the changes of the last day, as `changes_of_day` reads them: some count.

    Raises
    ------
    InputError
        When staircases take more actions than have room.
    """
    config = tier.tier
    moves = rules_for(config, target)
    if moves == ANY:
        return Fitted(_steps(config, needed, most_steps), end, config.min)
    taken = taken_minutes(live, now, end + DAY)
    count = most_steps
    while count:
        made = staircase(
            _steps(config, needed, count),
            start=now + EARLIEST,
            end=end,
            floor=config.min,
            current=max(live.min_size, live.desired_capacity or 0),
            moves=moves,
            maximum=min(config.max, live.max_size),
            taken=taken,
            recent=recent,
        )
        if len(made.steps) <= most_steps:
            return _ended(config.min, _named(made, tier.name), end)
        count //= 2
    raise InputError(
        f"{tier.name}: the rules for changes of {live.name} take {len(made.steps)} actions, and "
        f"{most_steps} have room",
        cure="raise max_actions or max_step",
    )


def _steps(tier: TierConfig, needed: pd.DataFrame, count: int) -> pd.DataFrame:
    return capacity_steps(
        needed, count, switch_cost=tier.switch_cost, min_dwell=_dwell(tier.min_dwell)
    )


def _dwell(asked: timedelta) -> timedelta:
    """Keep a dwell also when a rise comes early by AWS's slack."""
    if not asked:
        return asked
    return math.ceil((asked + SLACK + MINUTE) / GRAIN) * GRAIN


def _ended(floor: int, made: Staircase, end: datetime) -> Fitted:
    """Let the last fall be the end of the plan; where there is none, it ends as it stands."""
    levels = [int(level) for level in made.steps["capacity"]]
    latest = made.steps["start"].iloc[-1].to_pydatetime()
    ending = END if levels[-1] <= floor else STUCK
    if latest >= end and levels[-1] < levels[-2]:
        return Fitted(made.steps.iloc[:-1], latest, levels[-1], NONE, ending, made.warnings)
    return Fitted(made.steps, max(end, latest), levels[-1], NONE, ending, made.warnings)


def _named(made: Staircase, series: str) -> Staircase:
    return replace(made, steps=made.steps.assign(series=series))


def changes_of_day(
    tier: Tier, live: LiveTarget, target: Target, journal: Journal, now: datetime
) -> tuple[Change, ...]:
    """Read from the journal what foresail's own schedules changed in the last day.

    Not asked, and nothing, where neither the target nor the tier has rules for changes.
    """
    if rules_for(tier.tier, target) == ANY:
        return ()
    return recent_changes(journal.recent(tier.place, live.type_name, live.name, now - DAY), now)
