"""What to ask CloudWatch for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """One metric and statistic; `series` names it in frames.

    The unit is left out on purpose: a wrong Unit filter makes CloudWatch return nothing.
    """

    series: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    stat: str

    def __str__(self) -> str:
        where = ", ".join(f"{name}={value}" for name, value in self.dimensions)
        return f"{self.namespace} {self.metric} {self.stat} ({where or 'no dimensions'})"
