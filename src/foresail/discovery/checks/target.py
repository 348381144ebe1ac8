"""A tier's target: there, with room for a schedule, awake, and not written by others' tools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from foresail.changes.names import others
from foresail.discovery.checks.finding import Finding, ok, problem, warning
from foresail.targets.base import LiveTarget
from foresail.targets.registry import open_target, target_class

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import TierConfig
    from foresail.config.scheduling import SchedulerConfig

SPARE = 2  # the return to the floor, and one to replace another
_STOPS_PLAN = {
    "ScheduledActions": "scheduled actions are skipped and never caught up",
    "ScheduledScaling": "scheduled actions are skipped and never caught up",
    "Launch": "a floor that rises launches nothing",
}


def check_target(
    tier: TierConfig, aws: Aws, about: str, scheduler: SchedulerConfig | None = None
) -> Iterator[Finding]:
    """Read the target as plan does, and judge what was read."""
    target = tier.target
    live = open_target(target.type, aws, scheduler).read(target.name)
    yield ok(about, f"{target.type} {target.name}: {live.sizes()}")
    yield from _room(tier, live, about)
    yield from _bounds(tier, live, about)
    yield from _suspended(live, about)


def _room(tier: TierConfig, live: LiveTarget, about: str) -> Iterator[Finding]:
    quota, foreign = target_class(live.type_name).quota, len(others(live))
    text = f"scheduled actions: others hold {foreign} of {quota}"
    cure = "delete scheduled actions that are no longer needed"
    left = quota - foreign
    if left <= SPARE:
        yield problem(about, f"{text}; none is left for a plan", cure)
    elif left < 2 * tier.max_actions + 1:
        yield warning(
            about,
            f"{text}; an old and a new schedule of up to {tier.max_actions} do not both fit",
            f"{cure}, or write max_actions: {max(left // 2, SPARE)}",
        )
    else:
        yield ok(about, text)


def _bounds(tier: TierConfig, live: LiveTarget, about: str) -> Iterator[Finding]:
    if live.max_size < tier.min:
        yield problem(
            about,
            f"min is {tier.min}, but {live.name} may have {live.max_size} units",
            "raise its maximum on AWS, or lower min in foresail.yaml",
        )
    elif live.max_size < tier.max:
        yield warning(
            about,
            f"max is {tier.max}, but {live.name} may have {live.max_size}: plans stop there",
            "raise its maximum on AWS, or lower max in foresail.yaml",
        )


def _suspended(live: LiveTarget, about: str) -> Iterator[Finding]:
    for name in sorted(live.suspended):
        if name in _STOPS_PLAN:
            yield problem(about, f"{name} is suspended: {_STOPS_PLAN[name]}", _resume(live, name))
        else:
            yield warning(about, f"{name} is suspended", _resume(live, name))


def _resume(live: LiveTarget, name: str) -> str:
    if live.type_name == "ec2-auto-scaling-group":
        return (
            f"aws autoscaling resume-processes --auto-scaling-group-name {live.name} "
            f"--scaling-processes {name}"
        )
    return (
        "set it to false: aws application-autoscaling register-scalable-target --suspended-state "
        f"{name}Suspended=false"
    )
