"""The two calls of a rollout on a target: set its floor, and count what is ready.

Each is an AWS SDK integration of Step Functions: the service and action in camel case, parameters
in Pascal case (AWS Step Functions Developer Guide, "AWS SDK service integrations").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from foresail.targets.application_auto_scaling import ScalableTarget
from foresail.targets.registry import target_class


@dataclass(frozen=True, slots=True)
class Call:
    """One API call of an AWS SDK integration; `iam` is the action that allows it."""

    service: str
    action: str
    parameters: dict[str, Any]
    iam: str

    @property
    def resource(self) -> str:
        """What a Task state names as its Resource."""
        return f"arn:aws:states:::aws-sdk:{self.service}:{self.action}"


@dataclass(frozen=True, slots=True)
class Ready:
    """A call whose answer tells how many units are ready; `beside` of them are not scaled."""

    call: Call
    count: str
    beside: int = 0


def set_floor(type_name: str, name: str, units: int, desired: int | None = None) -> Call | None:
    """Call that puts a target's floor at some units; None where no single call does.

    `desired` is set beside the floor where no policy would follow it down.
    """
    if type_name == "ec2-auto-scaling-group":
        more = {} if desired is None else {"DesiredCapacity": desired}
        return Call(
            "autoscaling",
            "updateAutoScalingGroup",
            {"AutoScalingGroupName": name, "MinSize": units, **more},
            "autoscaling:UpdateAutoScalingGroup",
        )
    cls = target_class(type_name)
    if not issubclass(cls, ScalableTarget):
        return None
    where = {
        "ServiceNamespace": cls.namespace,
        "ResourceId": name,
        "ScalableDimension": cls.dimension,
    }
    return Call(
        "applicationautoscaling",
        "registerScalableTarget",
        {**where, "MinCapacity": units},
        "application-autoscaling:RegisterScalableTarget",
    )


def ready(type_name: str, name: str) -> Ready | None:
    """Call that counts what is ready; None where AWS has no such count."""
    make = _READY.get(type_name)
    return make(name) if make else None


def _group(name: str) -> Ready:
    call = Call(
        "autoscaling",
        "describeAutoScalingGroups",
        {"AutoScalingGroupNames": [name]},
        "autoscaling:DescribeAutoScalingGroups",
    )
    instances = "$.AutoScalingGroups[0].Instances[?(@.LifecycleState == 'InService')]"
    return Ready(call, f"States.ArrayLength({instances})")


def _ecs(name: str) -> Ready:
    _, cluster, service = name.split("/")
    parameters = {"Cluster": cluster, "Services": [service]}
    call = Call("ecs", "describeServices", parameters, "ecs:DescribeServices")
    return Ready(call, "$.Services[0].RunningCount")


def _table(kind: str) -> Callable[[str], Ready]:
    def made(name: str) -> Ready:
        parameters = {"TableName": name.removeprefix("table/")}
        call = Call("dynamodb", "describeTable", parameters, "dynamodb:DescribeTable")
        return Ready(call, f"$.Table.ProvisionedThroughput.{kind}CapacityUnits")

    return made


def _aurora(name: str) -> Ready:
    of_cluster = {"Name": "db-cluster-id", "Values": [name.removeprefix("cluster:")]}
    call = Call("rds", "describeDBInstances", {"Filters": [of_cluster]}, "rds:DescribeDBInstances")
    available = "$.DbInstances[?(@.DbInstanceStatus == 'available')]"
    return Ready(call, f"States.ArrayLength({available})", beside=1)


def _lambda(name: str) -> Ready:
    _, function, alias = name.split(":")
    call = Call(
        "lambda",
        "getProvisionedConcurrencyConfig",
        {"FunctionName": function, "Qualifier": alias},
        "lambda:GetProvisionedConcurrencyConfig",
    )
    return Ready(call, "$.AvailableProvisionedConcurrentExecutions")


def _shards(name: str) -> Ready:
    parameters = {"ReplicationGroupId": name.removeprefix("replication-group/")}
    iam = "elasticache:DescribeReplicationGroups"
    call = Call("elasticache", "describeReplicationGroups", parameters, iam)
    available = "$.ReplicationGroups[0].NodeGroups[?(@.Status == 'available')]"
    return Ready(call, f"States.ArrayLength({available})")


_READY: dict[str, Callable[[str], Ready]] = {
    "ec2-auto-scaling-group": _group,
    "ecs-service": _ecs,
    "dynamodb-table-read": _table("Read"),
    "dynamodb-table-write": _table("Write"),
    "aurora-replicas": _aurora,
    "lambda-provisioned-concurrency": _lambda,
    "elasticache-node-groups": _shards,
}
