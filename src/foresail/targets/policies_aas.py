"""Scaling policies on Application Auto Scaling's scalable targets: read, put, delete."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError

from foresail.aws import aws_errors
from foresail.policies.items import ScalingPolicy, Setting
from foresail.policies.normal import normal
from foresail.targets.alarms import IAM as ALARM_IAM
from foresail.targets.alarms import OWN, PolicyAlarms
from foresail.targets.predictive_forecasts import capacity_forecast

if TYPE_CHECKING:
    import pandas as pd

    from foresail.aws import Aws

_FIELDS = (
    "TargetTrackingScalingPolicyConfiguration",
    "StepScalingPolicyConfiguration",
    "PredictiveScalingPolicyConfiguration",
)
_REFUSED = {
    "ConcurrentUpdateException",
    "FailedResourceAccessException",
    "LimitExceededException",
    "ObjectNotFoundException",
    "ValidationException",
}
_GONE = ("ObjectNotFoundException", "No scaling policy found")
FORECAST = "application-autoscaling:GetPredictiveScalingForecast"
IAM = (
    "application-autoscaling:PutScalingPolicy",
    "application-autoscaling:DeleteScalingPolicy",
    FORECAST,
    *ALARM_IAM,
)


class ScalableSettings:
    """Policies of one kind of scalable target, through the client of its target."""

    quota: ClassVar[int] = 50

    def __init__(self, aws: Aws, client: Any, namespace: str, dimension: str) -> None:
        self.client = client
        self.namespace = namespace
        self.dimension = dimension
        self.alarms = PolicyAlarms(aws)

    def read(self, rows: Sequence[Mapping[str, Any]]) -> tuple[ScalingPolicy, ...]:
        """Read policies from what DescribeScalingPolicies answered, with alarms of foresail's."""
        mine = [self._alarm(row["PolicyName"]) for row in rows if _has_alarm(row)]
        alarms = self.alarms.read(mine) if mine else {}
        return tuple(
            self._policy(row, alarms) for row in sorted(rows, key=lambda row: row["PolicyName"])
        )

    def put(self, name: str, settings: Sequence[Setting]) -> dict[str, str]:
        """Create or update policies; answers why AWS refused one, by name."""
        failed: dict[str, str] = {}
        for setting in settings:
            why = self._put(name, setting)
            if why is not None:
                failed[setting.name] = why
        return failed

    def delete(self, name: str, settings: Sequence[Setting]) -> dict[str, str]:
        """Delete policies, each alarm before its policy; one that is gone is no failure."""
        failed: dict[str, str] = {}
        for setting in settings:
            if isinstance(setting, ScalingPolicy) and setting.policy_type == "StepScaling":
                self.alarms.delete(self._alarm(setting.name))
            request = {"PolicyName": setting.name}
            why, _ = self._write(IAM[1], name, self.client.delete_scaling_policy, request)
            if why is not None and not any(word in why for word in _GONE):
                failed[setting.name] = why
        return failed

    def cautions(self, name: str) -> tuple[str, ...]:
        """Say nothing: scalable targets have no lifecycle hooks."""
        del name
        return ()

    def forecast(self, name: str, policy: str, start: datetime, end: datetime) -> pd.Series:
        """Ask what capacity a predictive policy forecast, by hour (UTC)."""
        return capacity_forecast(self.client, FORECAST, self._resource(name), policy, start, end)

    def _put(self, name: str, setting: Setting) -> str | None:
        if not isinstance(setting, ScalingPolicy):
            return "only EC2 Auto Scaling groups have a warm pool"
        request = {
            "PolicyName": setting.name,
            "PolicyType": setting.policy_type,
            **setting.settings,
        }
        why, answer = self._write(IAM[0], name, self.client.put_scaling_policy, request)
        if why is None and setting.alarm is not None:
            self.alarms.put(self._alarm(setting.name), answer["PolicyARN"], setting.alarm)
        return why

    def _write(
        self, action: str, name: str, call: Callable[..., Any], request: dict[str, Any]
    ) -> tuple[str | None, dict[str, Any]]:
        """Make one call; answers why AWS refused this policy, or what it answered."""
        with aws_errors(action, name):
            try:
                return None, call(**self._resource(name), **request)
            except ClientError as error:
                said: dict[str, Any] = dict(error.response.get("Error", {}))
                if said.get("Code") not in _REFUSED:
                    raise
                return f"{said['Code']}: {said.get('Message', '')}", {}

    def _resource(self, name: str) -> dict[str, str]:
        return {
            "ServiceNamespace": self.namespace,
            "ResourceId": name,
            "ScalableDimension": self.dimension,
        }

    def _alarm(self, policy: str) -> str:
        """Name of a policy's alarm: alarms are the account's, so the dimension tells twins apart.

        A table's reads and writes are two targets of one name.
        """
        return alarm_name(policy, self.dimension)

    def _policy(
        self, row: Mapping[str, Any], alarms: Mapping[str, tuple[str, dict[str, Any]]]
    ) -> ScalingPolicy:
        """Read a policy; an alarm that does not drive it is none of it."""
        arn, alarm = alarms.get(self._alarm(row["PolicyName"]), ("", None))
        settings = normal({key: row[key] for key in _FIELDS if key in row})
        driven = alarm if arn == row["PolicyARN"] else None
        return ScalingPolicy(row["PolicyName"], row["PolicyType"], settings, driven)


def alarm_name(policy: str, dimension: str) -> str:
    """Name the alarm of a step policy on a scalable target."""
    return f"{policy}.{dimension.replace(':', '-')}"


def _has_alarm(row: Mapping[str, Any]) -> bool:
    return row.get("PolicyType") == "StepScaling" and row["PolicyName"].startswith(OWN)
