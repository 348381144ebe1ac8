"""EventBridge rules that ask for a new plan before its time: on alarms, and on your own events."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors, code_of
from foresail.errors import AwsError, InputError
from foresail.publish.names import OWNED
from foresail.publish.writes import Write, compare, pending

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config
    from foresail.config.publishing import ReplanConfig

IAM_READ = ("events:DescribeRule", "events:ListTargetsByRule")
IAM_WRITE = (
    "events:PutRule",
    "events:PutTargets",
    "events:RemoveTargets",
    "events:DeleteRule",
)
IAM_ROLE = "iam:PassRole"  # where the target is called with a role
KIND = "rule"
ON_ALARM = f"{OWNED}replan"
ON_EVENTS = f"{OWNED}replan-events"
ALARM_BUS = "default"  # where CloudWatch sends the changes of alarms
TARGET_ID = "foresail"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its bus, what it listens to, and whom it calls."""

    bus: str
    pattern: dict[str, Any]
    target: str
    role: str | None


def wanted_rules(config: Config) -> dict[str, Rule]:
    """Rules by name: on foresail's alarms, and on events of the sources that are configured.

    Raises
    ------
    InputError
        When the configuration names nothing to call.
    """
    if config.events is None or config.events.replan is None:
        raise InputError(
            "nothing says what a rule should call for a new plan",
            cure="write events: {replan: {target: ARN}} in foresail.yaml",
        )
    replan, bus = config.events.replan, config.events.bus
    rules = {ON_ALARM: _rule(ALARM_BUS, alarm_pattern(), replan)}
    if replan.sources:
        rules[ON_EVENTS] = _rule(bus, {"source": list(replan.sources)}, replan)
    return rules


def _rule(bus: str, pattern: dict[str, Any], replan: ReplanConfig) -> Rule:
    return Rule(bus, pattern, replan.target, replan.role)


def alarm_pattern() -> dict[str, Any]:
    """Alarms of foresail that go off."""
    return {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [{"prefix": OWNED}], "state": {"value": ["ALARM"]}},
    }


def rule_writes(config: Config, aws: Aws, *, delete: bool = False) -> list[Write]:
    """Hold the wanted rules against those of foresail's two names."""
    client = aws.client("events")
    bus = config.events.bus if config.events else ALARM_BUS
    places = {ON_ALARM: ALARM_BUS, ON_EVENTS: bus}
    found = {name: _live(client, name, where) for name, where in places.items()}
    live = {name: rule for name, rule in found.items() if rule is not None}
    return compare(KIND, live, {} if delete else wanted_rules(config))


def _live(client: Any, name: str, bus: str) -> Rule | None:
    try:
        with aws_errors("events:DescribeRule", name):
            rule = client.describe_rule(Name=name, EventBusName=bus)
        targets = _targets(client, name, bus)
    except AwsError as error:
        if code_of(error) == "ResourceNotFoundException":
            return None
        raise
    mine = next((one for one in targets if one["Id"] == TARGET_ID), {})
    enabled = rule.get("State", "ENABLED") == "ENABLED"
    pattern = json.loads(rule.get("EventPattern") or "{}") if enabled else {}
    return Rule(bus, pattern, mine.get("Arn", ""), mine.get("RoleArn"))


def _targets(client: Any, name: str, bus: str) -> list[dict[str, Any]]:
    with aws_errors("events:ListTargetsByRule", name):
        pages = client.get_paginator("list_targets_by_rule").paginate(Rule=name, EventBusName=bus)
        return [target for page in pages for target in page["Targets"]]


def write_rules(config: Config, aws: Aws, writes: Iterable[Write]) -> None:
    """Create, update and delete rules; a rule that others added targets to is not deleted.

    Raises
    ------
    InputError
        When such a rule was to be deleted, or EventBridge took a rule but not its target.
    """
    listed = pending(writes)
    if not listed:
        return
    client = aws.client("events")
    for write in listed:
        bus = config.events.bus if config.events and write.name == ON_EVENTS else ALARM_BUS
        if write.operation != "delete":
            _put(client, write.name, write.wanted)
        else:
            _delete(client, write.name, bus)


def _put(client: Any, name: str, rule: Rule) -> None:
    with aws_errors("events:PutRule", name):
        client.put_rule(
            Name=name,
            EventBusName=rule.bus,
            EventPattern=json.dumps(rule.pattern),
            State="ENABLED",
            Description="foresail: plan again before its time",
        )
    target = {"Id": TARGET_ID, "Arn": rule.target}
    target |= {"RoleArn": rule.role} if rule.role else {}
    with aws_errors("events:PutTargets", name):
        answer = client.put_targets(Rule=name, EventBusName=rule.bus, Targets=[target])
    _check_taken(answer, name, rule.target)


def _check_taken(answer: dict[str, Any], name: str, target: str) -> None:
    if answer.get("FailedEntryCount"):
        failed = answer["FailedEntries"][0]
        raise AwsError(
            f"rule {name}: {target}: {failed.get('ErrorCode')}: {failed.get('ErrorMessage')}",
            cure="mend events: replan: in foresail.yaml and run it again",
        )


def _delete(client: Any, name: str, bus: str) -> None:
    others = [one["Id"] for one in _targets(client, name, bus) if one["Id"] != TARGET_ID]
    if others:
        raise InputError(
            f"rule {name} has targets that are not foresail's: {', '.join(others)}",
            cure="move them to a rule of your own, then delete again",
        )
    with aws_errors("events:RemoveTargets", name):
        answer = client.remove_targets(Rule=name, EventBusName=bus, Ids=[TARGET_ID])
    _check_taken(answer, name, TARGET_ID)
    with aws_errors("events:DeleteRule", name):
        client.delete_rule(Name=name, EventBusName=bus)
