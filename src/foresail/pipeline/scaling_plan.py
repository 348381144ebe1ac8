"""The scaling plan of a service: listed, compared, written and read back.

AWS Auto Scaling owns the tiers of such a service, and foresail plans no schedule for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from foresail.aws import aws_errors
from foresail.changes.names import owned_items
from foresail.config import Config, ServiceConfig
from foresail.errors import AwsError, InputError
from foresail.pipeline.tiers import open_tier, tiers
from foresail.places import aws_of
from foresail.policies.instructions import application_source, comparable, instruction

if TYPE_CHECKING:
    from foresail.aws import Aws

PREFIX = "foresail-"
VERSION = 1  # AWS has no other
IAM_READ = ("autoscaling-plans:DescribeScalingPlans",)
IAM_WRITE = (
    "autoscaling-plans:CreateScalingPlan",
    "autoscaling-plans:DeleteScalingPlan",
    "autoscaling-plans:UpdateScalingPlan",
)
# AWS calls these with the caller's rights (AWS Auto Scaling User Guide, identity-based policies).
IAM_BESIDE = (
    "cloudformation:ListStackResources",
    "cloudwatch:DeleteAlarms",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:PutMetricAlarm",
)
Operation = Literal["create", "update", "delete", "keep"]


@dataclass(frozen=True, slots=True)
class PlanWrite:
    """What a run does to the scaling plan of a service, and the status it is in."""

    service: str
    name: str
    operation: Operation
    status: str | None
    source: dict[str, Any]
    instructions: tuple[dict[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        said = {"service": self.service, "name": self.name, "operation": self.operation}
        return {**said, "status": self.status, "instructions": list(self.instructions)}


def prefers_plan(service: ServiceConfig) -> bool:
    """Whether AWS Auto Scaling moves the tiers of a service."""
    return service.prefer == "scaling-plan"


def scaling_plan_writes(
    config: Config, aws: Aws, service: str | None = None, *, delete: bool = False
) -> list[PlanWrite]:
    """Hold the scaling plans that are wanted against those that stand; nothing is written.

    Parameters
    ----------
    config, aws
        The configuration and the account.
    service
        Only this service.
    delete
        Delete the plan instead, also of a service that no longer prefers one.

    Raises
    ------
    InputError
        No service has that name, or none prefers a scaling plan.
    ConfigError
        A tier cannot be in a scaling plan; nothing was asked of AWS then.
    """
    tiers(config, service)  # an unknown service, type or name is told before anything is asked
    chosen = [one for one in config.services if service in (None, one.name)]
    if delete:
        found = [_deletion(one, aws_of(aws, one)) for one in chosen]
        return [write for write in found if write is not None]
    preferring = [one for one in chosen if prefers_plan(one)]
    if not preferring:
        raise InputError(
            "no service prefers a scaling plan",
            cure="add prefer: scaling-plan and application: to the service, or use foresail plan",
        )
    wanted = [(one, tuple(instruction(tier) for tier in one.tiers)) for one in preferring]
    return [_write(one, aws_of(aws, one), rows) for one, rows in wanted]


def write_scaling_plans(config: Config, aws: Aws, writes: Sequence[PlanWrite]) -> None:
    """Write what differs, and read each back.

    Raises
    ------
    AwsError
        AWS refuses or is still busy with an earlier change, schedules of foresail's stand on a
        tier, or what stands afterwards is not what was written. Running again goes on from there.
    """
    pending = [write for write in writes if write.operation != "keep"]
    for write in pending:
        _check_ready(write)
        if write.operation != "delete":
            _check_free(config, aws, write.service)
    for write in pending:
        there = aws_of(aws, config.service(write.service))
        _carry_out(there, write)
        _check_written(there, write)


def _write(service: ServiceConfig, aws: Aws, rows: tuple[dict[str, Any], ...]) -> PlanWrite:
    assert service.application is not None  # checked with the configuration
    name, source = f"{PREFIX}{service.name}", application_source(service.application)
    live = _described(aws, name)
    if live is None:
        return PlanWrite(service.name, name, "create", None, source, rows)
    operation: Operation = "keep" if _same(live, source, rows) else "update"
    return PlanWrite(service.name, name, operation, live["StatusCode"], source, rows)


def _deletion(service: ServiceConfig, aws: Aws) -> PlanWrite | None:
    name = f"{PREFIX}{service.name}"
    live = _described(aws, name)
    if live is None or live["StatusCode"] == "DeletionInProgress":
        return None
    rows = tuple(live["ScalingInstructions"])
    source = live["ApplicationSource"]
    return PlanWrite(service.name, name, "delete", live["StatusCode"], source, rows)


def _described(aws: Aws, name: str) -> dict[str, Any] | None:
    client = aws.client("autoscaling-plans")
    with aws_errors(IAM_READ[0], name):
        answer = client.describe_scaling_plans(ScalingPlanNames=[name], ScalingPlanVersion=VERSION)
    found: list[dict[str, Any]] = answer["ScalingPlans"]
    return found[0] if found else None


def _same(live: dict[str, Any], source: dict[str, Any], rows: Sequence[dict[str, Any]]) -> bool:
    stands = comparable(live["ApplicationSource"], live["ScalingInstructions"])
    return bool(stands == comparable(source, rows)) and not live["StatusCode"].endswith("Failed")


def _check_ready(write: PlanWrite) -> None:
    if write.status is not None and write.status.endswith("InProgress"):
        raise AwsError(
            f"scaling plan {write.name!r}: AWS is busy with it ({write.status})",
            cure="wait a few minutes and run it again",
        )


def _check_free(config: Config, aws: Aws, service: str) -> None:
    """Refuse while foresail's own schedule or policies stand on a tier: both would move it."""
    for tier in tiers(config, service):
        name = tier.tier.target.name
        if owned_items(open_tier(tier, aws).read(name)):
            raise AwsError(
                f"{tier.name}: foresail's own schedule or policies still stand on {name!r}, and a "
                "scaling plan would move it too",
                cure="run foresail rollback, or delete there what is named foresail-...",
            )


def _carry_out(aws: Aws, write: PlanWrite) -> None:
    client = aws.client("autoscaling-plans")
    request: dict[str, Any] = {"ScalingPlanName": write.name}
    said = {"ApplicationSource": write.source, "ScalingInstructions": list(write.instructions)}
    if write.operation == "create":
        with aws_errors(IAM_WRITE[0], write.name):
            client.create_scaling_plan(**request, **said)
    elif write.operation == "update":
        with aws_errors(IAM_WRITE[2], write.name):
            client.update_scaling_plan(**request, ScalingPlanVersion=VERSION, **said)
    else:
        with aws_errors(IAM_WRITE[1], write.name):
            client.delete_scaling_plan(**request, ScalingPlanVersion=VERSION)


def _check_written(aws: Aws, write: PlanWrite) -> None:
    live = _described(aws, write.name)
    if write.operation == "delete":
        done = live is None or live["StatusCode"] == "DeletionInProgress"
    else:
        done = live is not None and _same(live, write.source, write.instructions)
    if not done:
        said = "it is not there" if live is None else _status(live)
        raise AwsError(
            f"scaling plan {write.name!r} is not as written: {said}",
            cure="run foresail scaling-plan again; it writes what still differs",
        )


def _status(live: dict[str, Any]) -> str:
    return " ".join((live["StatusCode"], live.get("StatusMessage", ""))).strip()


def statements(config: Config, *, write: bool) -> Iterator[dict[str, Any]]:
    """Allow scaling plans where the configuration prefers them; AWS gives them no resource."""
    if not any(prefers_plan(service) for service in config.services):
        return
    actions = (*IAM_READ, *(IAM_WRITE + IAM_BESIDE if write else ()))
    yield {
        "Sid": "ForesailScalingPlan",
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": "*",
    }
