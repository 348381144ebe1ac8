"""ELB of the sandbox: LCU capacity reservations, which moto lacks.

From the API reference and the user guide: any increase, two decreases a day, a reset that ends it,
no change while the last one is pending. Here a reservation is pending for 15 minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from foresail.sandbox.modules import Module, Patch, World

DECREASES = 2
PENDING = timedelta(minutes=15)
LEAST = 100  # units, of the user guide's examples


@dataclass(slots=True)
class Reservation:
    """What is reserved for a load balancer: 0 units for nothing."""

    units: int = 0
    changed: datetime | None = None
    decreases: list[datetime] = field(default_factory=list)


class LoadBalancing(Module):
    """Capacity reservations of load balancers."""

    services: ClassVar[frozenset[str]] = frozenset({"elb", "elbv2"})

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.reservations: dict[str, Reservation] = {}

    def methods(self) -> Iterator[Patch]:
        """Modify and describe reservations."""
        from moto.core.responses import ActionResult
        from moto.elbv2.responses import ELBV2Response

        def modify(response: ELBV2Response) -> ActionResult:
            params = response._get_params()
            return ActionResult(self._modify(self._of(response, params), params))

        def describe(response: ELBV2Response) -> ActionResult:
            params = response._get_params()
            return ActionResult(self._describe(self._of(response, params)))

        yield ELBV2Response, "modify_capacity_reservation", modify
        yield ELBV2Response, "describe_capacity_reservation", describe

    def _of(self, response: Any, params: Mapping[str, Any]) -> Reservation:
        from moto.elbv2.exceptions import LoadBalancerNotFoundError

        arn = params["LoadBalancerArn"]
        if arn not in response.elbv2_backend.load_balancers:
            raise LoadBalancerNotFoundError
        return self.reservations.setdefault(arn, Reservation())

    def _modify(self, kept: Reservation, params: Mapping[str, Any]) -> dict[str, Any]:
        units, now = self._asked(params), self.world.clock.now
        if self._pending(kept):
            raise _refused("PriorRequestNotComplete", "the last change is still pending")
        if 0 < units < kept.units:
            if self._left(kept) == 0:
                raise _refused(
                    "CapacityDecreaseRequestLimitExceeded", f"{DECREASES} decreases a day"
                )
            kept.decreases.append(now)
        kept.units, kept.changed = units, now
        return self._describe(kept)

    def _asked(self, params: Mapping[str, Any]) -> int:
        wanted = (params.get("MinimumLoadBalancerCapacity") or {}).get("CapacityUnits")
        reset = str(params.get("ResetCapacityReservation", False)).lower() == "true"
        units = 0 if wanted is None else int(wanted)
        if reset == (wanted is not None):
            raise _refused(
                "InvalidConfigurationRequest",
                "MinimumLoadBalancerCapacity or ResetCapacityReservation, and one only",
            )
        if not reset and units < LEAST:
            raise _refused("InvalidConfigurationRequest", f"{LEAST} capacity units at least")
        return units

    def _describe(self, kept: Reservation) -> dict[str, Any]:
        code = "pending" if self._pending(kept) else "provisioned"
        told: dict[str, Any] = {"DecreaseRequestsRemaining": self._left(kept)}
        if kept.changed:
            told["LastModifiedTime"] = kept.changed
        if kept.units:
            told["MinimumLoadBalancerCapacity"] = {"CapacityUnits": kept.units}
            state = {
                "State": {"Code": code},
                "AvailabilityZone": f"{self.world.region}a",
                "EffectiveCapacityUnits": 0.0 if code == "pending" else float(kept.units),
            }
            told["CapacityReservationState"] = [state]
        return told

    def _pending(self, kept: Reservation) -> bool:
        if not kept.units or kept.changed is None:
            return False
        return self.world.clock.now < kept.changed + PENDING

    def _left(self, kept: Reservation) -> int:
        today = self.world.clock.now.date()
        return DECREASES - sum(when.date() == today for when in kept.decreases)


def _refused(code: str, message: str) -> Exception:
    from moto.elbv2.exceptions import ELBClientError

    error: Exception = ELBClientError(code, message)
    return error
