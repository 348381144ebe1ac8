"""Aurora Serverless v2: the least capacity of a cluster, by calls that Scheduler makes."""

from __future__ import annotations

from typing import Any, ClassVar

from foresail.aws import aws_errors
from foresail.errors import AwsError
from foresail.history.metrics import MetricQuery
from foresail.targets.rds import INSTANCE, cluster
from foresail.targets.scheduler import ScheduledCall

RANGE = "ServerlessV2ScalingConfiguration"


class AuroraServerlessCapacity(ScheduledCall):
    """MinCapacity of a cluster in whole ACUs; MaxCapacity and auto-pause stay as they are."""

    type_name: ClassVar[str] = "aurora-serverless-capacity"
    about: ClassVar[str] = "least capacity of an Aurora Serverless v2 cluster"
    unit: ClassVar[str] = "ACUs"
    bounds: ClassVar[tuple[int, int | None]] = (0, 256)
    pattern: ClassVar[str] = INSTANCE
    example: ClassVar[str] = "orders"
    service: ClassVar[str] = "rds"
    operation: ClassVar[str] = "ModifyDBCluster"
    iam_live: ClassVar[tuple[str, ...]] = ("rds:DescribeDBClusters",)
    iam_call: ClassVar[tuple[str, ...]] = ("rds:ModifyDBCluster",)
    standing: dict[str, Any]

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """ACUs in use, and the share of the largest that is."""
        where = (("DBClusterIdentifier", name),)
        return (
            MetricQuery("units", "AWS/RDS", "ServerlessDatabaseCapacity", where, "Average"),
            MetricQuery("busy", "AWS/RDS", "ACUUtilization", where, "Average"),
        )

    @classmethod
    def arn(cls, name: str) -> str:
        """ARN of a resource, for IAM; the region is left to be filled in."""
        return f"rds:{{region}}:*:cluster:{name}"

    def in_force(self, name: str) -> tuple[int, int]:
        """Read the range, in whole ACUs rounded down."""
        self.standing = self._range(name)
        return int(self.standing["MinCapacity"]), int(self.standing["MaxCapacity"])

    def params(self, name: str, size: int) -> dict[str, Any]:
        """Set the least capacity at once, and say the rest of the range as it stands."""
        kept = {key: value for key, value in self.standing.items() if key != "MinCapacity"}
        return {
            "DBClusterIdentifier": name,
            RANGE: {**kept, "MinCapacity": float(size)},
            "ApplyImmediately": True,
        }

    def size_of(self, params: dict[str, Any]) -> int:
        """ACUs that a call sets."""
        return int(params[RANGE]["MinCapacity"])

    def _range(self, name: str) -> dict[str, Any]:
        with aws_errors(self.iam_live[0], name):
            found: dict[str, Any] | None = cluster(self.resource, name).get(RANGE)
        if not found:
            raise AwsError(
                f"Aurora cluster {name!r} has no Serverless v2 capacity range: its size is fixed",
                cure="give it one: aws rds modify-db-cluster --serverless-v2-scaling-configuration "
                f"MinCapacity=1,MaxCapacity=16 --db-cluster-identifier {name}; or plan "
                "aurora-replicas",
            )
        return found


TARGET = AuroraServerlessCapacity
