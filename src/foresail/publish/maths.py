"""A tier's demand and published band as CloudWatch computes them: metric queries and maths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from foresail.config import DemandConfig
from foresail.errors import InputError
from foresail.history.metrics import MetricQuery
from foresail.pipeline.keeping import signal
from foresail.pipeline.tiers import Tier, capacities, series_name
from foresail.publish.names import DEMAND, NAMESPACE, of_quantile
from foresail.store.published import Dimensions
from foresail.targets.registry import target_class

Query = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Demand:
    """A demand metric in metric maths.

    Parameters
    ----------
    signal
        Its name within the tier.
    queries
        Metrics that the expression speaks of.
    expression
        Demand in its own unit, as `foresail.demand.demand.demand_frame` computes it.
    unit_capacity
        Demand that one unit serves at 100 %.
    """

    signal: str
    queries: tuple[Query, ...]
    expression: str
    unit_capacity: float


def demands(tier: Tier) -> list[Demand]:
    """Demand metrics of a tier as metric maths.

    Signals of other kinds than a plain metric, and what was learned from several, are left out:
    CloudWatch cannot compute them.

    Raises
    ------
    InputError
        When one is scaled by units in service, and nothing counts them.
    """
    if tier.tier.combine == "learned":
        return []
    plain = [(n, one) for n, one in enumerate(tier.tier.demand) if isinstance(one, DemandConfig)]
    return [_demand(tier, number, one) for number, one in plain]


def _demand(tier: Tier, number: int, demand: DemandConfig) -> Demand:
    letter = f"m{number}"
    series = series_name(tier, number)
    period = int(demand.period.total_seconds())
    named = tuple(sorted(demand.dimensions.items()))
    queries = [metric_query(letter, demand.namespace, demand.metric, named, demand.stat, period)]
    value = f"FILL({letter}, 0)" if demand.missing == "zero" else letter
    if demand.per_period:
        value = f"{value} / PERIOD({letter})"
    if demand.scale_by:
        queries.append(units_query(tier, f"u{number}", period))
        value = f"{value} * u{number}"
    return Demand(signal(tier, series), tuple(queries), value, capacities(tier)[series])


def units_query(tier: Tier, letter: str, period: int) -> Query:
    """Query of the units in service.

    Raises
    ------
    InputError
        When no metric counts them.
    """
    own = own_metric(tier, "units")
    if own is None:
        raise InputError(
            f"{tier.name}: no metric counts the units in service of {tier.tier.target.type}",
            cure="name a demand metric that counts work, like requests",
        )
    return metric_query(letter, own.namespace, own.metric, own.dimensions, own.stat, period)


def own_metric(tier: Tier, what: str) -> MetricQuery | None:
    """Metric of the target itself: units, most or busy; None where it has none."""
    found = target_class(tier.tier.target.type).metrics(tier.tier.target.name)
    return next((query for query in found if query.series == what), None)


def band_query(tier: Tier, name: str, letter: str, quantile: float) -> Query:
    """Query of a published quantile of one demand metric; Average, whatever was sent twice."""
    dimensions = of_quantile(tier.service.name, tier.tier.name, name, f"{quantile:g}")
    period = int(tier.tier.period.total_seconds())
    return metric_query(letter, NAMESPACE, DEMAND, dimensions, "Average", period)


def metric_query(
    letter: str, namespace: str, metric: str, dimensions: Dimensions, stat: str, period: int
) -> Query:
    """One metric of an alarm, as PutMetricAlarm takes it."""
    return {
        "Id": letter,
        "MetricStat": {
            "Metric": {
                "Namespace": namespace,
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
            },
            "Period": period,
            "Stat": stat,
        },
        "ReturnData": False,
    }


def excess(tier: Tier, quantile: float) -> list[Query]:
    """Demand above a published quantile, in units at 100 %: of several metrics, the most.

    Returns
    -------
    list of Query
        The last one is what counts; above zero, demand is more than was foreseen. Empty when
        CloudWatch can compute no demand of the tier.
    """
    queries: list[Query] = []
    parts = []
    for number, demand in enumerate(demands(tier)):
        band = band_query(tier, demand.signal, f"b{number}", quantile)
        queries += [*demand.queries, band]
        parts.append(f"({demand.expression} - b{number}) / {demand.unit_capacity:g}")
    if not parts:
        return []
    label = f"demand above q{quantile:g} of the forecast, in units at 100 %"
    return [*queries, {"Id": "excess", "Expression": most(parts), "Label": label}]


def most(parts: Iterable[str]) -> str:
    """Maths of the largest of some expressions."""
    listed = list(parts)
    return listed[0] if len(listed) == 1 else f"MAX([{', '.join(listed)}])"
