"""What to ask CloudWatch for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """One metric and statistic; `series` names it in frames.

    Parameters
    ----------
    series
        Name of the series in frames; no part of what is asked.
    namespace, metric
        As CloudWatch spells them, like ``AWS/ApplicationELB`` and ``RequestCount``.
    dimensions
        All (name, value) pairs: CloudWatch takes an exact match only; the order does not count.
    stat
        ``Sum``, ``Average``, ``Minimum``, ``Maximum``, ``SampleCount`` or a percentile, ``p95``.

    Notes
    -----
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
