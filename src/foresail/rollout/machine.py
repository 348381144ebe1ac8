"""Amazon States Language of a rollout: each step at its time, once what it needs is ready.

Before a rise the machine counts what the needed tiers have ready, again every half minute. When
they are not in time, or AWS refuses a step, it puts the floor of every tier that depends on the
failed one back to where it was before the rollout, edge first, and fails. Tiers below stay as they
are: more than enough harms nobody, and each returns to its floor at the plan's end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from foresail.changes.planfile import TierPlan
from foresail.errors import InputError
from foresail.graph import dependents
from foresail.rollout.calls import Call, Ready, ready, set_floor
from foresail.rollout.stages import Stage, stages

POLL = timedelta(seconds=30)
MOST_BYTES = 1024 * 1024  # of a definition (AWS Step Functions quotas)
NAME_LENGTH = 80
DONE = "done"
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
    patience: timedelta = timedelta(minutes=15),
) -> dict[str, Any]:
    """Definition that carries out the plans of one service's tiers.

    Parameters
    ----------
    plans
        Reviewed plans; each wanted action becomes a step.
    needs
        Tiers that each tier calls.
    patience
        How long a rise waits for what it needs.

    Raises
    ------
    InputError
        When nothing is planned, a tier's floor cannot be set by one call, or the definition is
        larger than Step Functions takes.
    """
    by_tier = {plan.tier: plan for plan in plans}
    for plan in plans:
        if set_floor(plan.live.type_name, plan.live.name, 0) is None:
            raise InputError(
                f"{plan.tier}: no single call sets the floor of a {plan.live.type_name}",
                cure="leave it to foresail apply, which schedules its calls",
            )
    todo = stages(plans, needs)
    if not todo:
        raise InputError("the plan has no step to carry out", cure="run foresail plan --out again")
    states: States = {}
    tries = max(int(patience / POLL), 1)
    for number, stage in enumerate(todo):
        after = _name(number + 1, "wait", todo[number + 1]) if number + 1 < len(todo) else DONE
        states |= _stage(number, stage, by_tier, tries, after)
    states[DONE] = {"Type": "Succeed"}
    for tier in by_tier:
        states |= _undo(tier, [by_tier[t] for t in dependents(needs, tier)[::-1] if t in by_tier])
    return _checked(
        {
            "Comment": "foresail: a coordinated rollout, made from a plan",
            "StartAt": _name(0, "wait", todo[0]),
            "States": states,
        }
    )


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


def _stage(
    number: int, stage: Stage, plans: Mapping[str, TierPlan], tries: int, after: str
) -> States:
    """States of one step: wait for its time, for what it needs, then set the floor."""
    setting = _name(number, "set", stage)
    checks: States = {}
    first = setting
    for tier, units in reversed(list(stage.needs.items())):
        plan = plans[tier]
        counted = ready(plan.live.type_name, plan.live.name)
        if counted is not None:
            start = f"{number:03d} {stage.tier} needs {tier}"[:NAME_LENGTH]
            checks |= _check(start, counted, units + counted.beside, tries, tier, first)
            first = start
    wait = {
        "Type": "Wait",
        "Timestamp": _utc(stage.at),
        "Next": _reset_name(number) if checks else setting,
    }
    reset = {"Type": "Pass", "Result": {"tries": 0}, "Next": first}
    plan = plans[stage.tier]
    call = set_floor(plan.live.type_name, plan.live.name, stage.units)
    assert call is not None  # checked for every tier before
    return {
        _name(number, "wait", stage): wait,
        **({_reset_name(number): reset} if checks else {}),
        **checks,
        setting: _task(call, stage.tier, after),
    }


def _check(start: str, counted: Ready, units: int, tries: int, tier: str, after: str) -> States:
    """Count until enough is ready, or the tries are used up."""
    enough, again, count = f"{start}: enough?", f"{start}: again", f"{start}: count"
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
            {"Variable": "$.tries", "NumericGreaterThanEquals": tries, "Next": _failed(tier)},
        ],
        "Default": again,
    }
    counting = {
        "Type": "Pass",
        "Parameters": {"tries.$": "States.MathAdd($.tries, 1)"},
        "Next": start,
    }
    waiting = {"Type": "Wait", "Seconds": int(POLL.total_seconds()), "Next": count}
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


def _undo(tier: str, above: Sequence[TierPlan]) -> States:
    """Put the floors of the dependents back, edge first; one that fails does not stop the rest."""
    names = [_failed(tier), *(f"{tier} failed: undo {plan.tier}"[:NAME_LENGTH] for plan in above)]
    end = f"{tier} failed: stop"[:NAME_LENGTH]
    states: States = {names[0]: {"Type": "Pass", "Next": (*names[1:], end)[0]}}
    for name, plan, after in zip(names[1:], above, [*names[2:], end][: len(above)], strict=True):
        call = set_floor(plan.live.type_name, plan.live.name, plan.live.min_size)
        assert call is not None  # checked for every tier before
        task = _task(call, tier, after)
        states[name] = {**task, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": after}]}
    undone = ", ".join(plan.tier for plan in above) or "no tier"
    cause = f"{tier} was refused, or not ready in time; put back: {undone}"
    states[end] = {"Type": "Fail", "Error": "Foresail.TierFailed", "Cause": cause}
    return states


def _failed(tier: str) -> str:
    return f"{tier} failed"[:NAME_LENGTH]


def _name(number: int, what: str, stage: Stage) -> str:
    return f"{number:03d} {what} {stage.tier} {stage.units}"[:NAME_LENGTH]


def _reset_name(number: int) -> str:
    return f"{number:03d} begin"


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
