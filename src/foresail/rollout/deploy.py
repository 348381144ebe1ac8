"""Put a rollout's state machine into the account, start it for a plan, look at it, stop it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from foresail.aws import aws_errors
from foresail.changes.freshness import staleness
from foresail.changes.guardrails import CURE
from foresail.changes.names import owned
from foresail.errors import AwsError, InputError, RefusedError
from foresail.rollout.machine import for_plan

if TYPE_CHECKING:
    from datetime import datetime

    from foresail.aws import Aws
    from foresail.changes.planfile import TierPlan
    from foresail.targets.base import LiveTarget

IAM_READ = ("states:DescribeStateMachine", "states:DescribeExecution", "states:ListExecutions")
IAM_WRITE = (
    "states:CreateStateMachine",
    "states:UpdateStateMachine",
    "states:StartExecution",
    "states:StopExecution",
    "iam:PassRole",
)
_ROLE = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/[\w+=,.@/-]+")
_UNKNOWN = ("StateMachineDoesNotExist", "ExecutionDoesNotExist")
_TWICE = "ExecutionAlreadyExists"


@dataclass(frozen=True, slots=True)
class Started:
    """What starting a plan did: to the machine, to executions of older plans, and where it runs."""

    machine: str
    execution: str
    stopped: tuple[str, ...]


class Rollout:
    """One service's state machine, ``foresail-SERVICE``; executions are named like their plan.

    Parameters
    ----------
    aws
        Account and region.
    service
        Name of the service.
    role
        ARN of the role that the machine takes; its account is where the machine is.

    Raises
    ------
    InputError
        When the role is no ARN of a role.
    """

    def __init__(self, aws: Aws, service: str, role: str) -> None:
        found = _ROLE.fullmatch(role)
        if found is None:
            raise InputError(
                f"--role: {role!r} is no ARN of a role",
                cure="write it as arn:aws:iam::123456789012:role/foresail-rollout",
            )
        self.client: Any = aws.client("stepfunctions")
        self.name = f"foresail-{service}"
        self.role = role
        where = f"arn:{found[1]}:states:{self.client.meta.region_name}:{found[2]}"
        self.arn = f"{where}:stateMachine:{self.name}"
        self._executions = f"{where}:execution:{self.name}"

    def put(self, definition: dict[str, Any]) -> str:
        """Create the machine, or bring it to a definition; says which of both, or unchanged."""
        text = json.dumps(definition)
        live = self._machine()
        if live is None:
            with aws_errors(IAM_WRITE[0], self.name):
                self.client.create_state_machine(
                    name=self.name, definition=text, roleArn=self.role, type="STANDARD"
                )
            return "created"
        if json.loads(live["definition"]) == definition and live["roleArn"] == self.role:
            return "unchanged"
        with aws_errors(IAM_WRITE[1], self.name):
            self.client.update_state_machine(
                stateMachineArn=self.arn, definition=text, roleArn=self.role
            )
        return "updated"

    def start(self, definition: dict[str, Any], plan_id: str) -> Started:
        """Run a plan: older plans of the service stop first; a plan is never run twice."""
        if self.status(plan_id) is not None:
            return Started("unchanged", self._arn(plan_id), ())
        done = self.put(for_plan(definition, plan_id))
        stopped = [name for name in self.running() if name != plan_id]
        for name in stopped:
            self.stop(name, f"replaced by plan {plan_id}")
        with aws_errors(IAM_WRITE[2], self.name):
            try:
                given = json.dumps({"plan": plan_id})
                self.client.start_execution(stateMachineArn=self.arn, name=plan_id, input=given)
            except ClientError as error:
                if error.response["Error"]["Code"] != _TWICE:
                    raise
        if self.status(plan_id) is None:
            raise AwsError(
                f"{self.name}: plan {plan_id} was started, but is not there to read back",
                cure="run the same command again",
            )
        return Started(done, self._arn(plan_id), tuple(stopped))

    def status(self, plan_id: str) -> dict[str, Any] | None:
        """State of a plan's execution as Step Functions tells it; None when it never ran."""
        with aws_errors(IAM_READ[1], self.name):
            return _unless_unknown(self.client.describe_execution, executionArn=self._arn(plan_id))

    def running(self) -> list[str]:
        """Plans whose executions still run."""
        if self._machine() is None:
            return []
        with aws_errors(IAM_READ[2], self.name):
            pages = self.client.get_paginator("list_executions")
            found = pages.paginate(stateMachineArn=self.arn, statusFilter="RUNNING")
            return [row["name"] for page in found for row in page["executions"]]

    def stop(self, plan_id: str, cause: str) -> None:
        """Stop a plan's execution if it runs; floors stay where they are until the next plan.

        Raises
        ------
        InputError
            When the plan was never started.
        """
        found = self.status(plan_id)
        if found is None:
            raise InputError(f"plan {plan_id} was never started", cure="start it: --start")
        if found["status"] != "RUNNING":
            return
        with aws_errors(IAM_WRITE[3], self.name):
            self.client.stop_execution(executionArn=self._arn(plan_id), cause=cause)

    def _machine(self) -> dict[str, Any] | None:
        with aws_errors(IAM_READ[0], self.name):
            return _unless_unknown(self.client.describe_state_machine, stateMachineArn=self.arn)

    def _arn(self, plan_id: str) -> str:
        return f"{self._executions}:{plan_id}"


def _unless_unknown(call: Any, **request: str) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = call(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] in _UNKNOWN:
            return None
        raise
    return answer


def check_startable(plans: Sequence[TierPlan], live: Sequence[LiveTarget], now: datetime) -> None:
    """Refuse plans that are refused, stale, or whose targets still hold a schedule of foresail's.

    Parameters
    ----------
    plans
        The plan's tiers of one service.
    live
        Their targets as read just now, in the same order.
    now
        Aware time.

    Raises
    ------
    RefusedError
        A guardrail refused a tier.
    InputError
        A target is no longer what was planned for, or scheduled actions and the machine would both
        move its floor.
    """
    for plan, found in zip(plans, live, strict=True):
        if plan.refused:
            raise RefusedError(f"{plan.tier}: {'; '.join(plan.refused)}", cure=CURE)
        ahead = [a for a in owned(found) if a.recurrence or (a.start and a.start > now)]
        if ahead:
            raise InputError(
                f"{found.name} holds {len(ahead)} scheduled actions of foresail: they and the "
                "state machine would both move its floor",
                cure="foresail rollback first; then plan again and start the rollout",
            )
        stale = staleness(plan, found, now=now, resuming=False)
        if stale:
            raise InputError(
                f"the plan for {found.name} is stale: {'; '.join(stale)}",
                cure="review a new one: foresail plan --out plan.json",
            )
