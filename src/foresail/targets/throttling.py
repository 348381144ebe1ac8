"""API Gateway's throttles: a rate and a burst that keep their ratio, patched by Scheduler."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction
from typing import Any, ClassVar

from foresail.aws import aws_errors
from foresail.targets.scheduler import ScheduledCall

NEAR = 20  # largest denominator of the ratio, so that rounding does not make it creep


class Throttle(ScheduledCall):
    """Requests a second that API Gateway lets through; the burst follows at today's ratio.

    A subclass says where the two stand, and how they are patched.
    """

    unit: ClassVar[str] = "requests a second"
    bounds: ClassVar[tuple[int, int | None]] = (1, None)
    service: ClassVar[str] = "apigateway"
    iam_live: ClassVar[tuple[str, ...]] = ("apigateway:GET",)
    iam_call: ClassVar[tuple[str, ...]] = ("apigateway:PATCH",)
    ratio: Fraction
    prefix: ClassVar[str]  # of the two paths that are patched
    rate: ClassVar[str]
    burst: ClassVar[str]

    @abstractmethod
    def throttle(self, name: str) -> tuple[float, int]:
        """Read rate and burst; refuse what has none."""

    @abstractmethod
    def where(self, name: str) -> dict[str, str]:
        """Parameters that name what is patched."""

    def in_force(self, name: str) -> tuple[int, int]:
        """Read the rate, and the most that the account's own throttle lets through."""
        rate, burst = self.throttle(name)
        self.ratio = Fraction(burst / rate).limit_denominator(NEAR) if rate else Fraction(1)
        with aws_errors(self.iam_live[0], "the account"):
            account = self.resource.get_account()["throttleSettings"]
        return int(rate), int(account["rateLimit"])

    def params(self, name: str, size: int) -> dict[str, Any]:
        """Set rate and burst together."""
        both = ((self.rate, size), (self.burst, round(size * self.ratio)))
        patches = [
            {"op": "replace", "path": f"{self.prefix}/{key}", "value": str(value)}
            for key, value in both
        ]
        return {**self.where(name), "patchOperations": patches}

    def size_of(self, params: dict[str, Any]) -> int:
        """Read back the rate that a call sets."""
        values = {patch["path"]: patch["value"] for patch in params["patchOperations"]}
        return int(values[f"{self.prefix}/{self.rate}"])
