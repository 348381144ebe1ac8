"""Whether what was found has enough history for a plan to be made of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from foresail.config.demand import DemandConfig, SignalConfig
from foresail.config.signals import Signal
from foresail.discovery.found import TO_SET, Found
from foresail.errors import AwsError
from foresail.history.metrics import MetricQuery
from foresail.history.pull import pull
from foresail.targets.registry import target_class

if TYPE_CHECKING:
    from foresail.aws import Aws

IAM_READ = ("cloudwatch:GetMetricData",)
HISTORY = timedelta(days=14)
PERIOD = timedelta(hours=1)  # enough to see how far data reaches, in few calls
LEAST = timedelta(days=2)
_SIGNAL: TypeAdapter[Any] = TypeAdapter(Signal)


def lacking(aws: Aws, now: datetime, found: Found) -> str | None:
    """Say what history a plan would miss; None when there is enough."""
    try:
        seen = _reach(aws, now, _queries(found))
    except AwsError as error:
        return error.message
    for query, reach in seen.items():
        if reach is None:
            return f"no data for {query}"
        if reach < LEAST - PERIOD:
            return f"{reach / timedelta(days=1):.1f} days of {query}, a plan needs two"
    return None


def _queries(found: Found) -> list[MetricQuery]:
    """Metrics that a plan cannot do without."""
    plain = {key: 1 if value == TO_SET else value for key, value in found.demand.items()}
    signal: SignalConfig = _SIGNAL.validate_python({"kind": "metric", **plain})
    queries = [
        MetricQuery(role, p.namespace, p.metric, tuple(sorted(p.dimensions.items())), p.stat)
        for role, p in signal.parts.items()
        if role not in signal.optional
    ]
    if isinstance(signal, DemandConfig) and signal.scale_by is not None:
        own = target_class(found.target_type).metrics(found.target_name)
        queries += [query for query in own if query.series == "units"]
    return queries


def _reach(
    aws: Aws, now: datetime, queries: list[MetricQuery]
) -> dict[MetricQuery, timedelta | None]:
    """Time that the data of each metric spans; None without any."""
    client = aws.client("cloudwatch")
    frame = pull(client, queries, now - HISTORY, now, PERIOD, now=now, required=False)
    times = frame.groupby("series")["timestamp"]
    spans = {str(name): (t.max() - t.min()).to_pytimedelta() + PERIOD for name, t in times}
    return {query: spans.get(query.series) for query in queries}
