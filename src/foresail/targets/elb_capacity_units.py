"""Load balancers: reserved capacity units (LCUs), by calls that Scheduler makes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from foresail.aws import aws_errors
from foresail.history.metrics import MetricQuery
from foresail.plan.moves import Moves
from foresail.targets.scheduler import ScheduledCall

MOST = 1_000_000  # AWS names no maximum; what it cannot give is told to the dead-letter queue


class ElbCapacityUnits(ScheduledCall):
    """The LCUs that a balancer keeps ready; none (0) gives the reservation back."""

    type_name: ClassVar[str] = "elb-capacity-units"
    about: ClassVar[str] = "reserved capacity units (LCUs) of a load balancer"
    unit: ClassVar[str] = "LCUs"
    pattern: ClassVar[str] = (
        r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:"
        r"loadbalancer/(app|net)/[A-Za-z0-9-]{1,32}/[0-9a-f]{16}"
    )
    example: ClassVar[str] = (
        "arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/50dc6c495c0c9188"
    )
    service: ClassVar[str] = "elbv2"
    operation: ClassVar[str] = "ModifyCapacityReservation"
    # Two decreases a day; a request waits for the one before it, and may take hours.
    moves: ClassVar[Moves] = Moves(
        falls_per_day=2, rest=timedelta(hours=1), settle=timedelta(hours=3)
    )
    iam_live: ClassVar[tuple[str, ...]] = ("elasticloadbalancing:DescribeCapacityReservation",)
    iam_call: ClassVar[tuple[str, ...]] = ("elasticloadbalancing:ModifyCapacityReservation",)

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Count what an application load balancer turned away, which hides demand."""
        where = (("LoadBalancer", name.partition("loadbalancer/")[2]),)
        metric = "RejectedConnectionCount"
        return (
            (MetricQuery("throttled", "AWS/ApplicationELB", metric, where, "Sum"),)
            if where[0][1].startswith("app/")
            else ()
        )

    @classmethod
    def arn(cls, name: str) -> str:
        """ARN of a balancer: its name."""
        return "elasticloadbalancing:{region}:*:loadbalancer/*" if name == "*" else name

    def in_force(self, name: str) -> tuple[int, int]:
        """Read what is asked for, 0 when nothing is."""
        with aws_errors(self.iam_live[0], name):
            answer = self.resource.describe_capacity_reservation(LoadBalancerArn=name)
        asked = answer.get("MinimumLoadBalancerCapacity") or {}
        return asked.get("CapacityUnits") or 0, MOST

    def params(self, name: str, size: int) -> dict[str, Any]:
        """Reserve, or give back when no unit is needed."""
        if size == 0:
            return {"LoadBalancerArn": name, "ResetCapacityReservation": True}
        return {"LoadBalancerArn": name, "MinimumLoadBalancerCapacity": {"CapacityUnits": size}}

    def size_of(self, params: dict[str, Any]) -> int:
        """LCUs that a call asks for."""
        if params.get("ResetCapacityReservation"):
            return 0
        return int(params["MinimumLoadBalancerCapacity"]["CapacityUnits"])


TARGET = ElbCapacityUnits
