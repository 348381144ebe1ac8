"""CloudWatch of the sandbox: metrics in linear time, by AWS's rules, behind moto's API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from foresail.sandbox.metrics import STATS, Metrics, as_utc, metric_key
from foresail.sandbox.modules import ACCOUNT, Module, Patch, World

BATCH = 1000  # data of one PutMetricData call
Data = dict[str, list[dict[str, Any]]]


class CloudWatch(Module):
    """Stores what is put, answers GetMetricData and GetMetricStatistics."""

    services: ClassVar[frozenset[str]] = frozenset({"cloudwatch"})

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._metrics: dict[int, Metrics] = {}
        self._moto_put: Any = None  # known once the methods are in moto

    def of(self, backend: Any) -> Metrics:
        """Metrics of one of moto's backends: an account and a region."""
        return self._metrics.setdefault(id(backend), Metrics(self.world.clock))

    @property
    def metrics(self) -> Metrics:
        """Metrics of the sandbox's own account and region."""
        from moto.cloudwatch.models import cloudwatch_backends

        return self.of(cloudwatch_backends[ACCOUNT][self.world.region])

    def put(self, data: Data) -> None:
        """Put data by namespace, past the API: histories are long."""
        from moto.cloudwatch.models import cloudwatch_backends

        backend = cloudwatch_backends[ACCOUNT][self.world.region]
        for namespace, rows in data.items():
            for at in range(0, len(rows), BATCH):
                backend.put_metric_data(namespace, rows[at : at + BATCH])

    def fill(
        self,
        namespace: str,
        name: str,
        dimensions: dict[str, str],
        minutes: Sequence[int],
        values: Iterable[float],
    ) -> None:
        """Put one value for each minute since the epoch: what histories of weeks are made of."""
        from moto.cloudwatch.models import cloudwatch_backends

        named = [{"Name": k, "Value": v} for k, v in dimensions.items()]
        rows = zip(minutes, map(float, values), strict=True)
        if minutes and self.metrics.fill(namespace, name, named, rows):
            datum = {"MetricName": name, "Dimensions": named, "Value": 0.0}
            stamp = {"Timestamp": datetime.fromtimestamp(minutes[0] * 60, UTC)}
            backend = cloudwatch_backends[ACCOUNT][self.world.region]
            self._moto_put(backend, namespace, [datum | stamp])

    def methods(self) -> Iterator[Patch]:
        """Replace moto's store, which is quadratic in the points kept."""
        from moto.cloudwatch.models import CloudWatchBackend
        from moto.cloudwatch.responses import CloudWatchResponse
        from moto.core.responses import ActionResult

        moto_put = self._moto_put = CloudWatchBackend.put_metric_data

        def put(backend: CloudWatchBackend, namespace: str, metric_data: list[Any]) -> None:
            new = self.of(backend).put(namespace, metric_data)
            if new:  # one datum of each metric is enough for ListMetrics
                moto_put(backend, namespace, new)

        def get(response: CloudWatchResponse) -> ActionResult:
            metrics = self.of(response.cloudwatch_backend)
            return ActionResult(_metric_data(metrics, response._get_params()))

        def statistics(response: CloudWatchResponse) -> ActionResult:
            metrics = self.of(response.cloudwatch_backend)
            return ActionResult(_statistics(metrics, response._get_params()))

        yield CloudWatchBackend, "put_metric_data", put
        yield CloudWatchResponse, "get_metric_data", get
        yield CloudWatchResponse, "get_metric_statistics", statistics


def _metric_data(metrics: Metrics, params: dict[str, Any]) -> dict[str, Any]:
    if params.get("NextToken"):
        page, token = metrics.next_page(params["NextToken"])
    else:
        ascending = params.get("ScanBy") == "TimestampAscending"
        start, end = as_utc(params["StartTime"]), as_utc(params["EndTime"])
        results = metrics.get(params["MetricDataQueries"], start, end, ascending=ascending)
        page, token = metrics.page(results, params.get("MaxDatapoints"))
    answer: dict[str, Any] = {"MetricDataResults": page}
    return {**answer, "NextToken": token} if token else answer


def _statistics(metrics: Metrics, params: dict[str, Any]) -> dict[str, Any]:
    key = metric_key(params["Namespace"], params["MetricName"], params.get("Dimensions"))
    start, end = as_utc(params["StartTime"]), as_utc(params["EndTime"])
    asked = [stat for stat in params.get("Statistics", []) if stat in STATS]
    points = [
        {"Timestamp": when, **{stat: values.stat(stat) for stat in asked}}
        for when, values in metrics.bins(key, start, end, int(params["Period"]))
    ]
    return {"Label": params["MetricName"], "Datapoints": points}
