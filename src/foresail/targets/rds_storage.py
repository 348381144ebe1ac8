"""RDS instances: allocated storage, raised by calls that Scheduler makes; it never shrinks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from foresail.aws import aws_errors
from foresail.errors import AwsError
from foresail.plan.moves import Moves
from foresail.targets.rds import INSTANCE, instance
from foresail.targets.scheduler import ScheduledCall

MOST = 65_536  # GiB; engines and storage types allow less


class RdsStorage(ScheduledCall):
    """The allocated storage of an RDS instance in GiB: steps of 10 % or more, six hours apart."""

    type_name: ClassVar[str] = "rds-storage"
    about: ClassVar[str] = "allocated storage of an RDS instance"
    unit: ClassVar[str] = "GiB"
    bounds: ClassVar[tuple[int, int | None]] = (5, MOST)
    pattern: ClassVar[str] = INSTANCE
    example: ClassVar[str] = "orders-db"
    service: ClassVar[str] = "rds"
    operation: ClassVar[str] = "ModifyDBInstance"
    moves: ClassVar[Moves] = Moves(least_rise=0.1, may_fall=False, rest=timedelta(hours=6))
    iam_live: ClassVar[tuple[str, ...]] = ("rds:DescribeDBInstances",)
    iam_call: ClassVar[tuple[str, ...]] = ("rds:ModifyDBInstance",)

    @classmethod
    def arn(cls, name: str) -> str:
        """ARN of a resource, for IAM; the region is left to be filled in."""
        return f"rds:{{region}}:*:db:{name}"

    def in_force(self, name: str) -> tuple[int, int]:
        """Read what is allocated, and how far it may go beside storage autoscaling."""
        with aws_errors(self.iam_live[0], name):
            found = instance(self.resource, name)
        if found["Engine"].startswith("aurora"):
            raise AwsError(
                f"{name!r} is an Aurora instance: its storage grows by itself",
                cure="leave it out of foresail.yaml",
            )
        ceiling = found.get("MaxAllocatedStorage")
        # MaxAllocatedStorage has to stay 10 % above what is allocated.
        return found["AllocatedStorage"], ceiling * 10 // 11 if ceiling else MOST

    def params(self, name: str, size: int) -> dict[str, Any]:
        """Allocate, at once and not in the next maintenance window."""
        return {"DBInstanceIdentifier": name, "AllocatedStorage": size, "ApplyImmediately": True}

    def size_of(self, params: dict[str, Any]) -> int:
        """GiB that a call allocates."""
        return int(params["AllocatedStorage"])


TARGET = RdsStorage
