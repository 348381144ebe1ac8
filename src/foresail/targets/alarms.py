"""The alarms of foresail's own step policies: one each, named like the policy's item."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors
from foresail.policies.normal import normal_alarm

if TYPE_CHECKING:
    from foresail.aws import Aws

IAM = ("cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms")
OWN = "foresail-"  # how all names of foresail's begin
BATCH = 100  # names in DescribeAlarms and DeleteAlarms


class PolicyAlarms:
    """Reads and writes alarms; the ``cloudwatch`` client is made when the first one is needed."""

    def __init__(self, aws: Aws) -> None:
        self._make: Callable[[], Any] = lambda: aws.client("cloudwatch")
        self._client: Any = None

    @property
    def client(self) -> Any:
        """Client of CloudWatch."""
        if self._client is None:
            self._client = self._make()
        return self._client

    def read(self, names: Sequence[str]) -> dict[str, tuple[str, dict[str, Any]]]:
        """Read alarms by name: the ARN of the policy each one drives, and what it watches."""
        found: dict[str, tuple[str, dict[str, Any]]] = {}
        for at in range(0, len(names), BATCH):
            with aws_errors(IAM[0], names[0]):
                answer = self.client.describe_alarms(
                    AlarmNames=list(names[at : at + BATCH]), AlarmTypes=["MetricAlarm"]
                )
            for row in answer["MetricAlarms"]:
                found[row["AlarmName"]] = (_driven(row), normal_alarm(row))
        return found

    def put(self, name: str, policy_arn: str, alarm: Mapping[str, Any]) -> None:
        """Create or replace the alarm that drives a policy."""
        with aws_errors(IAM[1], name):
            self.client.put_metric_alarm(
                AlarmName=name,
                AlarmDescription="drives a step policy of foresail",
                AlarmActions=[policy_arn],
                **alarm,
            )

    def delete(self, name: str) -> None:
        """Delete an alarm; one that is gone already is no failure."""
        with aws_errors(IAM[2], name):
            self.client.delete_alarms(AlarmNames=[name])


def _driven(row: Mapping[str, Any]) -> str:
    """ARN of the one policy that an alarm drives; empty when it drives none or is switched off."""
    actions = row.get("AlarmActions", [])
    return str(actions[0]) if len(actions) == 1 and row.get("ActionsEnabled", True) else ""
