"""Amazon States Language of a rollout: each step at its time, once what it needs is ready.

Before a rise the machine counts what the needed tiers have ready, again every half minute, or less
often in a long plan. When they are not in time, or AWS refuses a step, it puts the floor of every
tier that depends on the failed one back to where it was before the rollout, edge first, and fails.
The other tiers stay as they are, for more than enough harms nobody; its cause names them, and the
next plan moves them again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from foresail.changes.planfile import TierPlan
from foresail.errors import InputError
from foresail.graph import dependents
from foresail.rollout.calls import Call, Ready, ready, set_floor
from foresail.rollout.history import Polling, polling
from foresail.rollout.stages import Stage, stages
from foresail.targets.base import scheduled

MOST_BYTES = 1024 * 1024  # of a definition (AWS Step Functions quotas)
NAME_LENGTH = 80
DONE, CHECK, OTHER = "done", "check the plan", "other plan"
States = dict[str, dict[str, Any]]
_RETRY = [
    {
        "ErrorEquals": ["States.TaskFailed"],
        "IntervalSeconds": 2,
        "MaxAttempts": 4,
        "BackoffRate": 2.0,
        "JitterStrategy": "FULL",
    }
]


def state_machine(
    plans: Sequence[TierPlan],
    needs: Mapping[str, Sequence[str]],
    *,
    now: datetime | None = None,
    patience: timedelta = timedelta(minutes=15),
    uncounted: Collection[str] = (),
) -> dict[str, Any]:
    """Definition that carries out the plans of one service's tiers.

    Parameters
    ----------
    plans
        Reviewed plans; each wanted action becomes a step.
    needs
        Tiers that each tier calls.
    now
        Aware time of the start: steps that are over by then become one a tier. All when None.
    patience
        How long a rise waits for what it needs.
    uncounted
        Tiers whose instances are not their units (of several weights): nobody waits for them.

    Raises
    ------
    InputError
        When nothing is planned, a plan has what is no step at a time, a tier's floor cannot be set
        by one call, or the definition or its history is larger than Step Functions takes.
    """
    by_tier = {plan.tier: plan for plan in plans}
    for plan in plans:
        if set_floor(plan.live.type_name, plan.live.name, 0) is None:
            raise InputError(
                f"{plan.tier}: no single call sets the floor of a {plan.live.type_name}",
                cure="leave it to foresail apply, which schedules its calls",
            )
    todo = [_countable(stage, by_tier, uncounted) for stage in stages(plans, needs, now)]
    if not todo:
        raise InputError("the plan has no step to carry out", cure="run foresail plan --out again")
    states: States = {}
    looks = polling(todo, len(plans), patience)
    for number, stage in enumerate(todo):
        after = _name(number + 1, "wait", todo[number + 1]) if number + 1 < len(todo) else DONE
        states |= _stage(number, stage, by_tier, looks, after)
    states[DONE] = {"Type": "Succeed"}
    for place, tier in enumerate(by_tier):
        above = [by_tier[one] for one in dependents(needs, tier)[::-1] if one in by_tier]
        states |= _undo(place, tier, above, by_tier)
    return _checked(
        {
            "Comment": "foresail: a coordinated rollout, made from a plan",
            "StartAt": _name(0, "wait", todo[0]),
            "States": states,
        }
    )


def for_plan(definition: Mapping[str, Any], plan_id: str) -> dict[str, Any]:
    """Let a definition run for one plan only: the execution's input names it as ``plan``.

    For some seconds after an update AWS may start executions of the definition before (AWS Step
    Functions API Reference, "UpdateStateMachine"): these then fail before their first step.
    """
    start = definition["StartAt"]
    mine = {"Variable": "$.plan", "StringEquals": plan_id, "Next": start}
    guard = {
        CHECK: {"Type": "Choice", "Choices": [mine], "Default": OTHER},
        OTHER: {
            "Type": "Fail",
            "Error": "Foresail.OtherPlan",
            "Cause": f"AWS ran the definition of plan {plan_id}; nothing was done: plan again",
        },
    }
    return {**definition, "StartAt": CHECK, "States": {**guard, **definition["States"]}}


def role_policy(definition: Mapping[str, Any], plans: Sequence[TierPlan]) -> dict[str, Any]:
    """IAM policy of the role that the machine takes: the calls of its tasks, and no more."""
    used = {state.get("Resource") for state in definition["States"].values()}
    found = set()
    for plan in plans:
        name, type_name = plan.live.name, plan.live.type_name
        counted = ready(type_name, name)
        calls = [set_floor(type_name, name, 0), counted.call if counted else None]
        found |= {call.iam for call in calls if call is not None and call.resource in used}
    statement = {
        "Sid": "ForesailRollout",
        "Effect": "Allow",
        "Action": sorted(found),
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _countable(stage: Stage, plans: Mapping[str, TierPlan], uncounted: Collection[str]) -> Stage:
    """Keep of what a rise needs that of which some is needed and can be counted."""
    needs = {
        tier: units
        for tier, units in stage.needs.items()
        if units > 0 and tier not in uncounted and _ready(plans[tier]) is not None
    }
    return replace(stage, needs=needs)


def _ready(plan: TierPlan) -> Ready | None:
    return ready(plan.live.type_name, plan.live.name)


def _stage(
    number: int, stage: Stage, plans: Mapping[str, TierPlan], looks: Polling, after: str
) -> States:
    """States of one step: wait for its time, for what it needs, then set the floor."""
    setting = _name(number, "set", stage)
    checks: States = {}
    first = setting
    for place, (tier, units) in enumerate(reversed(list(stage.needs.items()))):
        counted = _ready(plans[tier])
        assert counted is not None  # as _countable left it
        start = f"{number:03d}.{place} {stage.tier} needs {tier}"
        checks |= _check(start, counted, units + counted.beside, looks, tier, first)
        first = _cut(start)
    wait = {
        "Type": "Wait",
        "Timestamp": _utc(stage.at),
        "Next": _reset_name(number) if checks else setting,
    }
    reset = {"Type": "Pass", "Result": {"tries": 0}, "Next": first}
    plan = plans[stage.tier]
    call = set_floor(plan.live.type_name, plan.live.name, stage.units, stage.desired)
    assert call is not None  # checked for every tier before
    return {
        _name(number, "wait", stage): wait,
        **({_reset_name(number): reset} if checks else {}),
        **checks,
        setting: _task(call, stage.tier, after),
    }


def _check(name: str, counted: Ready, units: int, looks: Polling, tier: str, after: str) -> States:
    """Count until enough is ready, or the tries are used up."""
    start = _cut(name)
    enough, again, count = (_cut(name, end) for end in (": enough?", ": again", ": count"))
    seen = {
        "Type": "Task",
        "Resource": counted.call.resource,
        "Parameters": counted.call.parameters,
        "ResultSelector": {"ready.$": counted.count},
        "ResultPath": "$.seen",
        "Retry": _RETRY,
        "Catch": [_catch(tier)],
        "Next": enough,
    }
    choice = {
        "Type": "Choice",
        "Choices": [
            {"Variable": "$.seen.ready", "NumericGreaterThanEquals": units, "Next": after},
            {"Variable": "$.tries", "NumericGreaterThanEquals": looks.tries, "Next": _failed(tier)},
        ],
        "Default": again,
    }
    counting = {
        "Type": "Pass",
        "Parameters": {"tries.$": "States.MathAdd($.tries, 1)"},
        "Next": start,
    }
    waiting = {"Type": "Wait", "Seconds": int(looks.apart.total_seconds()), "Next": count}
    return {start: seen, enough: choice, again: waiting, count: counting}


def _task(call: Call, tier: str, after: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": call.resource,
        "Parameters": call.parameters,
        "ResultPath": None,
        "Retry": _RETRY,
        "Catch": [_catch(tier)],
        "Next": after,
    }


def _catch(tier: str) -> dict[str, Any]:
    return {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": _failed(tier)}


def _undo(
    place: int, tier: str, above: Sequence[TierPlan], plans: Mapping[str, TierPlan]
) -> States:
    """Put the floors of the dependents back, edge first; one that fails does not stop the rest."""
    undoing = [_cut(f"undo {place}.{n} {one.tier} after {tier}") for n, one in enumerate(above)]
    names, end = [_failed(tier), *undoing], _cut(f"{tier} failed", ": stop")
    states: States = {names[0]: {"Type": "Pass", "Next": (*undoing, end)[0]}}
    for name, plan, after in zip(undoing, above, [*undoing[1:], end], strict=False):
        task = _task(_back(plan), tier, after)
        states[name] = {**task, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": after}]}
    undone = [plan.tier for plan in above]
    stay = ", ".join(one for one in plans if one not in undone)
    cause = f"put back: {', '.join(undone) or 'no tier'}; others stay as they are: {stay}"
    cause = f"{tier} was refused, or not ready in time; {cause}"
    states[end] = {"Type": "Fail", "Error": "Foresail.TierFailed", "Cause": cause}
    return states


def _back(plan: TierPlan) -> Call:
    """Make the call that puts a tier's floor back; and its size, where no policy would."""
    live = plan.live
    sized = any(one.desired_capacity is not None for one in scheduled(plan.wanted))
    desired = live.desired_capacity if sized else None
    call = set_floor(live.type_name, live.name, live.min_size, desired)
    assert call is not None  # checked for every tier before
    return call


def _failed(tier: str) -> str:
    return _cut(f"{tier} failed")


def _name(number: int, what: str, stage: Stage) -> str:
    return _cut(f"{number:03d} {what} {stage.tier} {stage.units}")


def _reset_name(number: int) -> str:
    return f"{number:03d} begin"


def _cut(name: str, end: str = "") -> str:
    """Make a state's name as short as it must be, its end kept; its numbers keep it apart."""
    return f"{name[: NAME_LENGTH - len(end)]}{end}"


def _utc(when: datetime) -> str:
    """As Step Functions reads it: a capital T and a Z."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _checked(definition: dict[str, Any]) -> dict[str, Any]:
    size = len(json.dumps(definition).encode())
    if size > MOST_BYTES:
        raise InputError(
            f"the state machine would have {size:,} bytes; Step Functions takes {MOST_BYTES:,}",
            cure="lower max_actions of the tiers, or shorten the horizon",
        )
    return definition
