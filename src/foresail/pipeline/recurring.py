"""Schedules that recur weekly, where they do as well as one-off actions: fewer writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pandas as pd

from foresail.changes.floor import firings
from foresail.changes.names import owned, prefix, weekly_name
from foresail.config import TierConfig
from foresail.errors import InputError
from foresail.pipeline.fitting import EARLIEST, END, SLACK, rules_for
from foresail.pipeline.schedule import settled, taken_minutes
from foresail.pipeline.tiers import Tier
from foresail.plan.compile import DUE_NOW, MINUTE, DesiredAction
from foresail.plan.cover import unit_hours
from foresail.plan.moves import ANY
from foresail.plan.weekly import (
    DAY,
    SPAN,
    TOLERANCE,
    Recurring,
    Week,
    fewest_actions,
    folded,
    minute_of_week,
    week_plans,
)
from foresail.targets.application_auto_scaling import ScalableTarget
from foresail.targets.base import LiveTarget, ScheduledAction, Target
from foresail.targets.cron import aws_weekly, unix_weekly
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup

ZONE = "Etc/UTC"  # clocks of a place shift twice a year, and name an hour that is not there
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_SHIFT = 60  # minutes that an action gives way to those of others
Write = Callable[[Sequence[int], int], str]


@dataclass(frozen=True, slots=True)
class Choice:
    """A weekly schedule, or none, and why."""

    week: Week | None
    why: str = ""


def choose_week(
    tier: Tier,
    live: LiveTarget,
    target: Target,
    needed: pd.DataFrame,
    steps: pd.DataFrame,
    most_actions: int,
    now: datetime,
) -> Choice:
    """Choose between one-off steps and a week that recurs, as the tier's `schedule` says.

    Raises
    ------
    InputError
        When the tier asks for a weekly schedule and there can be none.
    """
    asked = tier.tier.schedule
    if asked == "one-off":
        return Choice(None)
    hinders = _hinders(tier, target, needed)
    if hinders:
        return _without(tier, hinders)
    week = folded(needed, SLACK)
    plans = week_plans(
        week, most_actions, switch_cost=tier.tier.switch_cost, min_dwell=tier.tier.min_dwell
    )
    if not plans:
        return _without(tier, f"{most_actions} actions are too few for a week")
    least = min(plan.unit_hours for plan in plans)
    choice = _weekly(plans, least) if asked == "weekly" else _auto(plans, needed, steps)
    if choice.week is None:
        return choice
    standing = standing_week(live, target)
    if standing is not None and _still_good(standing, least, week, tier.tier):
        return Choice(standing, "weekly: what stands still covers the forecast, for as little")
    return Choice(_clear(choice.week, taken_minutes(live, now, now + SPAN), tier), choice.why)


def _weekly(plans: Sequence[Week], least: float) -> Choice:
    best = fewest_actions(plans, least * (1 + TOLERANCE))
    return Choice(best, f"weekly: {len(best.actions) if best else 0} recurring actions")


def _hinders(tier: Tier, target: Target, needed: pd.DataFrame) -> str:
    if cron_of(target) is None:
        return f"{target.type_name} takes no recurring actions"
    if rules_for(tier.tier, target) != ANY:
        return "recurring actions keep no count of changes, and max_step or the target limits them"
    if needed["end"].iloc[-1] - needed["start"].iloc[0] < SPAN:
        return "the forecast covers less than a week"
    if tier.service.calendar:
        return "a calendar moves single days, which would recur"
    return ""


def _without(tier: Tier, why: str) -> Choice:
    if tier.tier.schedule == "weekly":
        raise InputError(
            f"{tier.name}: no weekly schedule: {why}", cure="write schedule: one-off, or auto"
        )
    return Choice(None, f"one-off: {why}")


def _auto(plans: Sequence[Week], needed: pd.DataFrame, steps: pd.DataFrame) -> Choice:
    """Weekly where it costs hardly more and takes fewer writes; it covers all that one-off does."""
    end = needed["end"].iloc[-1]
    weeks = (end - needed["start"].iloc[0]) / SPAN
    once = unit_hours(steps, end) / weeks
    writes = int(np.ceil(len(steps) / weeks))
    best = fewest_actions(plans, once * (1 + TOLERANCE))
    shown = best or min(plans, key=lambda plan: plan.unit_hours)
    told = (
        f"{len(shown.actions)} recurring actions against {writes} one-off ones a week; "
        f"{shown.unit_hours / once - 1:+.1%} unit-hours"
    )
    if best is not None and len(best.actions) < writes:
        return Choice(best, f"weekly: {told}")
    return Choice(None, f"one-off: weekly would take {told}")


def _still_good(standing: Week, least: float, week: np.ndarray, tier: TierConfig) -> bool:
    curve = standing.curve()
    return bool(
        (curve >= week).mean() >= 1 - TOLERANCE
        and standing.unit_hours <= least * (1 + 2 * TOLERANCE)  # it was itself a little dearer
        and curve.min() >= tier.min
        and curve.max() <= tier.max
    )


def cron_of(target: Target) -> Write | None:
    """How a target writes what recurs weekly; None where nothing recurs."""
    if isinstance(target, AutoScalingGroup):
        return unix_weekly
    return aws_weekly if isinstance(target, ScalableTarget) else None


def standing_week(live: LiveTarget, target: Target) -> Week | None:
    """Weekly schedule of foresail that stands on a target; None when there is none."""
    found = tuple(one for one, _ in _standing(live, target))
    return Week(found) if found else None


def _standing(live: LiveTarget, target: Target) -> Iterator[tuple[Recurring, ScheduledAction]]:
    write = cron_of(target)
    pattern = re.compile(re.escape(prefix(live.name)) + r"weekly-([1-7]+)-(\d\d)(\d\d)Z")
    for action in owned(live):
        name = pattern.fullmatch(action.name)
        if name is None or write is None or action.min_size is None:
            continue
        one = Recurring(
            tuple(int(day) - 1 for day in name[1]),
            int(name[2]) * 60 + int(name[3]),
            action.min_size,
        )
        if write(one.days, one.minute) == action.recurrence:
            yield one, action


def until(tier: TierConfig, live: LiveTarget, target: Target, now: datetime) -> datetime:
    """End of a weekly schedule: the one that stands while half of `repeat_for` is left.

    So planning again changes nothing where the forecast does not. A new end is the minute before
    a midnight (UTC): whether AWS counts an end as in or out, nothing acts at midnight but the way
    back to the floor.
    """
    ends = {action.end for _, action in _standing(live, target)}
    end = next(iter(ends)) if len(ends) == 1 else None
    if end is not None and tier.repeat_for / 2 <= end - now <= tier.repeat_for + timedelta(days=1):
        return end
    day = (now + tier.repeat_for + timedelta(days=1)).date()
    return datetime.combine(day, time(), tzinfo=UTC) - MINUTE


def recurring_actions(
    tier: Tier,
    live: LiveTarget,
    target: Target,
    week: Week,
    now: datetime,
    *,
    set_desired: bool,
) -> tuple[list[ScheduledAction], dict[str, str], list[DesiredAction]]:
    """Compile a week: what recurs until its end with reasons, and what is done once.

    Once: the floor that is due now, and at the end the way back to the configured floor.
    """
    write, end = cron_of(target), until(tier.tier, live, target, now)
    assert write is not None  # a week was chosen, so its target writes them
    actions, reasons = [], {}
    for one in week.actions:
        name = weekly_name(live.name, one.days, one.minute)
        actions.append(
            ScheduledAction(
                name,
                end=end,
                recurrence=write(one.days, one.minute),
                time_zone=ZONE,
                min_size=one.capacity,
                desired_capacity=one.capacity if set_desired else None,
            )
        )
        reasons[name] = f"{_days(one.days)}: {one.capacity} are needed until the next"
    busy = {at for action in actions for at in firings(action, (now, end + timedelta(days=1)))}
    busy |= taken_minutes(live, now, end)
    return actions, reasons, _once(week, tier.tier, live, now, end, frozenset(busy), set_desired)


def _once(
    week: Week,
    tier: TierConfig,
    live: LiveTarget,
    now: datetime,
    end: datetime,
    busy: frozenset[datetime],
    set_desired: bool,
) -> list[DesiredAction]:
    soonest = pd.Timestamp(now + EARLIEST).ceil("min").to_pydatetime()
    first = _free(soonest, busy)
    level, back = week.at(first), _free(end + MINUTE, busy)
    due = DesiredAction(first, level, level if set_desired else None, DUE_NOW)
    last = DesiredAction(back, tier.min, tier.min if set_desired else None, END)
    return settled(live, [due, last], now)


def _free(when: datetime, busy: frozenset[datetime]) -> datetime:
    while when in busy:
        when += MINUTE
    return when


def _days(days: Sequence[int]) -> str:
    if len(days) == 7:
        return "every day"
    if len(days) > 2 and tuple(days) == tuple(range(days[0], days[-1] + 1)):
        return f"{DAYS[days[0]]}-{DAYS[days[-1]]}"
    return ", ".join(DAYS[day] for day in days)


def _clear(week: Week, taken: frozenset[datetime], tier: Tier) -> Week:
    """Let actions give way to others' minutes: rises earlier, falls later."""
    busy = {minute_of_week(at) for at in taken}
    curve = week.curve()
    moved = []
    for one in week.actions:
        rising = any(one.capacity > curve[at - 1] for at in one.minutes)
        moved.append(_moved(one, busy, -1 if rising else 1, tier))
    return replace(week, actions=tuple(moved))


def _moved(one: Recurring, busy: set[int], step: int, tier: Tier) -> Recurring:
    for shift in range(MOST_SHIFT):
        minute = one.minute + step * shift
        spot = replace(one, minute=minute)
        if 0 <= minute < DAY and not busy & set(spot.minutes):
            return spot
    raise InputError(
        f"{tier.name}: scheduled actions of others leave no minute for a weekly one at "
        f"{one.minute // 60:02d}:{one.minute % 60:02d} UTC",
        cure="write schedule: one-off",
    )
