"""Scaling policies and warm pools of EC2 Auto Scaling groups: read, put, delete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError

from foresail.aws import aws_errors
from foresail.policies.items import WARM_POOL, ScalingPolicy, Setting, WarmPool
from foresail.policies.normal import normal, normal_pool
from foresail.targets.alarms import IAM as ALARM_IAM
from foresail.targets.alarms import OWN, PolicyAlarms
from foresail.targets.predictive_forecasts import capacity_forecast

if TYPE_CHECKING:
    import pandas as pd

    from foresail.aws import Aws

TAG = "foresail-warm-pool"  # of a group whose pool is foresail's: a pool has no name to tell by
_FIELDS = (
    "AdjustmentType",
    "MinAdjustmentMagnitude",
    "ScalingAdjustment",
    "Cooldown",
    "StepAdjustments",
    "MetricAggregationType",
    "EstimatedInstanceWarmup",
    "TargetTrackingConfiguration",
    "PredictiveScalingConfiguration",
)
_REFUSED = {"LimitExceeded", "ResourceContention", "ScalingActivityInProgress", "ValidationError"}
_GONE = ("not found", "does not exist", "no warm pool")
FORECAST = "autoscaling:GetPredictiveScalingForecast"
IAM = (
    "autoscaling:DescribeLifecycleHooks",
    FORECAST,
    "autoscaling:PutScalingPolicy",
    "autoscaling:DeletePolicy",
    "autoscaling:PutWarmPool",
    "autoscaling:DeleteWarmPool",
    "autoscaling:CreateOrUpdateTags",
    "autoscaling:DeleteTags",
    *ALARM_IAM,
)


class GroupSettings:
    """Policies and the warm pool of a group, through the client of its target."""

    quota: ClassVar[int] = 50

    def __init__(self, aws: Aws, client: Any) -> None:
        self.client = client
        self.alarms = PolicyAlarms(aws)

    def read(
        self, group: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
    ) -> tuple[Setting, ...]:
        """Read settings from what DescribeAutoScalingGroups and DescribePolicies answered.

        Only the alarms of foresail's own policies are asked for.
        """
        mine = [row["PolicyName"] for row in rows if _has_alarm(row)]
        alarms = self.alarms.read(mine) if mine else {}
        policies = [_policy(row, alarms) for row in sorted(rows, key=lambda r: r["PolicyName"])]
        return (*policies, *_pool(group))

    def put(self, name: str, settings: Sequence[Setting]) -> dict[str, str]:
        """Create or update settings; answers why AWS refused one, by name."""
        return self._each(name, settings, self._put)

    def delete(self, name: str, settings: Sequence[Setting]) -> dict[str, str]:
        """Delete settings; one that is gone already is no failure."""
        failed = self._each(name, settings, self._delete)
        return {n: why for n, why in failed.items() if not _is_gone(why)}

    def cautions(self, name: str) -> tuple[str, ...]:
        """Say how long lifecycle hooks may keep a launch waiting, where there are any."""
        with aws_errors(IAM[0], name):
            answer = self.client.describe_lifecycle_hooks(AutoScalingGroupName=name)
        waits = {
            hook["LifecycleHookName"]: int(hook.get("HeartbeatTimeout", 3600))
            for hook in answer["LifecycleHooks"]
            if hook["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_LAUNCHING"
        }
        return tuple(
            f"lifecycle hook {hook} of {name} may keep a launch waiting for {seconds} s: count it "
            "in lead_time, and in the buffer of a predictive policy"
            for hook, seconds in sorted(waits.items())
        )

    def forecast(self, name: str, policy: str, start: datetime, end: datetime) -> pd.Series:
        """Ask what capacity a predictive policy forecast, by hour (UTC)."""
        group = {"AutoScalingGroupName": name}
        return capacity_forecast(self.client, FORECAST, group, policy, start, end)

    def _each(
        self, name: str, settings: Sequence[Setting], write: Callable[[str, Setting], None]
    ) -> dict[str, str]:
        failed: dict[str, str] = {}
        for setting in settings:
            try:
                write(name, setting)
            except ClientError as error:
                said: dict[str, Any] = dict(error.response.get("Error", {}))
                failed[setting.name] = f"{said.get('Code')}: {said.get('Message', '')}"
        return failed

    def _put(self, name: str, setting: Setting) -> None:
        if isinstance(setting, WarmPool):
            self._mark(name, setting.name)
            self._call("PutWarmPool", name, self.client.put_warm_pool, dict(setting.settings))
            return
        request = {
            "PolicyName": setting.name,
            "PolicyType": setting.policy_type,
            **setting.settings,
        }
        self._call("PutScalingPolicy", name, self.client.put_scaling_policy, request)
        if setting.alarm is not None:
            self.alarms.put(setting.name, self._arn(name, setting.name), setting.alarm)

    def _delete(self, name: str, setting: Setting) -> None:
        """Delete an alarm before its policy, and a pool before its mark: no end is left loose."""
        if isinstance(setting, WarmPool):
            if setting.settings:
                self._call("DeleteWarmPool", name, self.client.delete_warm_pool, {}, gone=True)
            with aws_errors("autoscaling:DeleteTags", name):
                self.client.delete_tags(Tags=[_tag(name, setting.name)])
            return
        if setting.policy_type == "StepScaling":
            self.alarms.delete(setting.name)
        request = {"PolicyName": setting.name}
        self._call("DeletePolicy", name, self.client.delete_policy, request)

    def _call(
        self,
        operation: str,
        name: str,
        call: Callable[..., Any],
        request: dict[str, Any],
        *,
        gone: bool = False,
    ) -> None:
        """Make one call; what AWS refuses of this one setting is the caller's to tell.

        With `gone`, that there is nothing to delete counts as done.
        """
        refused: ClientError | None = None
        with aws_errors(f"autoscaling:{operation}", name):
            try:
                call(AutoScalingGroupName=name, **request)
            except ClientError as error:
                said: dict[str, Any] = dict(error.response.get("Error", {}))
                code = str(said.get("Code", "")).removesuffix("Fault")
                if code not in _REFUSED:
                    raise
                refused = None if gone and _is_gone(str(said.get("Message", ""))) else error
        if refused is not None:
            raise refused

    def _mark(self, name: str, item: str) -> None:
        """Mark a group before its pool is made: a pool that stands is never without an owner."""
        with aws_errors("autoscaling:CreateOrUpdateTags", name):
            self.client.create_or_update_tags(Tags=[_tag(name, item)])

    def _arn(self, name: str, policy: str) -> str:
        with aws_errors("autoscaling:DescribePolicies", name):
            answer = self.client.describe_policies(AutoScalingGroupName=name, PolicyNames=[policy])
        return str(answer["ScalingPolicies"][0]["PolicyARN"])


def _tag(group: str, item: str) -> dict[str, Any]:
    return {
        "ResourceId": group,
        "ResourceType": "auto-scaling-group",
        "Key": TAG,
        "Value": item,
        "PropagateAtLaunch": False,
    }


def _has_alarm(row: Mapping[str, Any]) -> bool:
    return row.get("PolicyType") == "StepScaling" and row["PolicyName"].startswith(OWN)


def _policy(
    row: Mapping[str, Any], alarms: Mapping[str, tuple[str, dict[str, Any]]]
) -> ScalingPolicy:
    """Read a policy; an alarm that does not drive it is none of it."""
    name = row["PolicyName"]
    arn, alarm = alarms.get(name, ("", None))
    settings = normal({key: row[key] for key in _FIELDS if key in row})
    if not row.get("Enabled", True):
        settings["Enabled"] = False
    kind = row.get("PolicyType", "SimpleScaling")
    return ScalingPolicy(name, kind, settings, alarm if arn == row["PolicyARN"] else None)


def _pool(group: Mapping[str, Any]) -> Iterable[WarmPool]:
    """Read the warm pool, or the mark that one of foresail's left; one being deleted is gone."""
    marks = [tag["Value"] for tag in group.get("Tags", []) if tag["Key"] == TAG]
    pool = group.get("WarmPoolConfiguration") or {}
    standing = bool(pool) and pool.get("Status") != "PendingDelete"
    if standing or marks:
        name = marks[0] if marks else WARM_POOL
        yield WarmPool(name, normal_pool(pool) if standing else {})


def _is_gone(why: str) -> bool:
    return any(word in why.lower() for word in _GONE)
