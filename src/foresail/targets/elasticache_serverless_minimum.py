"""ElastiCache Serverless: the least ECPUs a second, by calls that Scheduler makes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from foresail.aws import aws_errors
from foresail.plan.moves import Moves
from foresail.targets.scheduler import ScheduledCall

MOST = 15_000_000


class ElasticacheServerlessMinimum(ScheduledCall):
    """The ECPUs a second that a serverless cache keeps ready; other limits stay as they are."""

    type_name: ClassVar[str] = "elasticache-serverless-minimum"
    about: ClassVar[str] = "least ECPUs a second of an ElastiCache Serverless cache"
    unit: ClassVar[str] = "ECPUs a second"
    bounds: ClassVar[tuple[int, int | None]] = (1000, MOST)
    pattern: ClassVar[str] = r"[A-Za-z](-?[A-Za-z0-9]){0,39}"
    example: ClassVar[str] = "carts"
    service: ClassVar[str] = "elasticache"
    operation: ClassVar[str] = "ModifyServerlessCache"
    # AWS does not say how soon a minimum holds: an hour is on the careful side.
    moves: ClassVar[Moves] = Moves(settle=timedelta(hours=1))
    iam_live: ClassVar[tuple[str, ...]] = ("elasticache:DescribeServerlessCaches",)
    iam_call: ClassVar[tuple[str, ...]] = ("elasticache:ModifyServerlessCache",)
    standing: dict[str, Any]

    @classmethod
    def arn(cls, name: str) -> str:
        """ARN of a resource, for IAM; the region is left to be filled in."""
        return f"elasticache:{{region}}:*:serverlesscache:{name}"

    def in_force(self, name: str) -> tuple[int, int]:
        """Read the minimum, 0 when there is none, and the maximum."""
        with aws_errors(self.iam_live[0], name):
            answer = self.resource.describe_serverless_caches(ServerlessCacheName=name)
        self.standing = answer["ServerlessCaches"][0].get("CacheUsageLimits") or {}
        units = self.standing.get("ECPUPerSecond") or {}
        return units.get("Minimum") or 0, units.get("Maximum") or MOST

    def params(self, name: str, size: int) -> dict[str, Any]:
        """Set the minimum, and say the other limits as they stand."""
        units = {**(self.standing.get("ECPUPerSecond") or {}), "Minimum": size}
        return {
            "ServerlessCacheName": name,
            "CacheUsageLimits": {**self.standing, "ECPUPerSecond": units},
        }

    def size_of(self, params: dict[str, Any]) -> int:
        """ECPUs a second that a call sets."""
        return int(params["CacheUsageLimits"]["ECPUPerSecond"]["Minimum"])


TARGET = ElasticacheServerlessMinimum
