"""Write a plan as code, and say what the code cannot hold or must be known of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from foresail.changes.planfile import PlanFile
from foresail.errors import InputError
from foresail.iac.cloudformation import cloudformation
from foresail.iac.resources import Resource, TargetOf, resources
from foresail.iac.terraform import elsewhere, left_out, provider_alias, terraform
from foresail.policies.items import ScalingPolicy
from foresail.targets.base import ScheduledAction
from foresail.targets.registry import sets_capacity, target_class

FORMATS = ("terraform", "cloudformation")


@dataclass(frozen=True, slots=True)
class Code:
    """A plan as text, and what its reader should know."""

    text: str
    notes: tuple[str, ...]


def as_code(plan: PlanFile, form: str, target_of: TargetOf, *, yaml: bool = False) -> Code:
    """Write everything that a plan wants, what stands already included, as code.

    Parameters
    ----------
    plan
        The plan.
    form
        One of `FORMATS`.
    target_of
        Opens the target of a tier, for what only the live resource can tell.
    yaml
        CloudFormation as YAML, not JSON.

    Raises
    ------
    InputError
        No such format, nothing to write, or more than a template may hold.
    RefusedError
        A guardrail refused the plan.
    """
    if form not in FORMATS:
        raise InputError(f"no format {form!r}", cure=f"write one of {', '.join(FORMATS)}")
    found = resources(plan, target_of)
    if not found:
        raise InputError("the plan wants nothing: there is nothing to write as code")
    of_terraform = form == "terraform"
    notes = [*_of_any(plan, found), *(_of_terraform if of_terraform else _of_stacks)(plan, found)]
    head = [f"foresail plan {plan.id} of {plan.created:%Y-%m-%dT%H:%M:%SZ}", *notes]
    write = terraform(plan, found, head) if of_terraform else cloudformation(found, head, yaml=yaml)
    return Code(write, tuple(notes))


def _of_any(plan: PlanFile, found: Sequence[Resource]) -> Iterator[str]:
    starts = [one.item.one_off_start for one in found if one.item.one_off_start is not None]
    if starts:
        yield (
            f"apply it before {_minute(min(starts))}, and write it again before each later run: "
            "AWS refuses an action whose time has passed"
        )
    if any(sets_capacity(target_class(one.tier.live.type_name)) for one in found):
        yield (
            "schedules of EventBridge Scheduler stay when they have run, until the next version of "
            "this file leaves them out; their group must exist"
        )


def _of_terraform(plan: PlanFile, found: Sequence[Resource]) -> Iterator[str]:
    for one in found:
        if why := left_out(one):
            yield f"{one.item.name} is left out: {why}"
    aliases = {provider_alias(one): one.tier for one in found if elsewhere(plan, one)}
    for alias, tier in sorted(aliases.items()):
        yield f'declare provider "aws" {{ alias = "{alias}" }} for {tier.place}'


def _of_stacks(plan: PlanFile, found: Sequence[Resource]) -> Iterator[str]:
    del plan
    on_targets = [one for one in found if one.scalable and isinstance(one.item, ScheduledAction)]
    groups = [one for one in found if not one.scalable and isinstance(one.item, ScheduledAction)]
    if any(not sets_capacity(target_class(one.tier.live.type_name)) for one in groups):
        yield (
            "CloudFormation names scheduled actions of groups itself: foresail will take them for "
            "others' actions, so let either the stack or foresail apply hold a group's schedule"
        )
    if on_targets:
        yield (
            "scheduled actions of a scalable target are a property of it: import the target into "
            "the stack, or move ScheduledActions into the stack that has it"
        )
    if any(isinstance(one.item, ScalingPolicy) and not one.scalable for one in found):
        yield "CloudFormation names the policies of groups itself"


def _minute(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%MZ}"
