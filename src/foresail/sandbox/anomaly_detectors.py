"""Anomaly detectors of the sandbox: kept and told, not trained; moto has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from foresail.sandbox.modules import Module, Patch, World

Key = tuple[str, str, frozenset[tuple[str, str]], str]
Params = Mapping[str, Any]


class AnomalyDetectors(Module):
    """Detectors of single metrics, by metric and statistic."""

    services: ClassVar[frozenset[str]] = frozenset({"cloudwatch"})

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._kept: dict[Key, dict[str, Any]] = {}

    def methods(self) -> Iterator[Patch]:
        """Put, describe and delete."""
        from moto.cloudwatch.responses import CloudWatchResponse
        from moto.core.responses import ActionResult

        def put(response: CloudWatchResponse) -> ActionResult:
            self._put(response._get_params())
            return ActionResult({})

        def describe(response: CloudWatchResponse) -> ActionResult:
            return ActionResult({"AnomalyDetectors": self._found(response._get_params())})

        def delete(response: CloudWatchResponse) -> ActionResult:
            self._delete(response._get_params())
            return ActionResult({})

        yield CloudWatchResponse, "put_anomaly_detector", put
        yield CloudWatchResponse, "describe_anomaly_detectors", describe
        yield CloudWatchResponse, "delete_anomaly_detector", delete

    def _put(self, params: Params) -> None:
        metric = dict(params["SingleMetricAnomalyDetector"])
        configuration = dict(params.get("Configuration") or {})
        self._kept[_key(metric)] = {
            "SingleMetricAnomalyDetector": metric,
            "Configuration": configuration,
            "StateValue": "PENDING_TRAINING",
        }

    def _found(self, params: Params) -> list[dict[str, Any]]:
        """Detectors of a namespace, a metric and its dimensions, as far as they are given."""
        asked = _dimensions(params["Dimensions"]) if params.get("Dimensions") else None
        return [
            detector
            for (namespace, name, dimensions, _), detector in self._kept.items()
            if params.get("Namespace") in (None, namespace)
            and params.get("MetricName") in (None, name)
            and asked in (None, dimensions)
        ]

    def _delete(self, params: Params) -> None:
        from moto.cloudwatch.exceptions import ResourceNotFoundException

        key = _key(params["SingleMetricAnomalyDetector"])
        if self._kept.pop(key, None) is None:
            raise ResourceNotFoundException


def _key(metric: Params) -> Key:
    stat = str(metric["Stat"])
    return metric["Namespace"], metric["MetricName"], _dimensions(metric.get("Dimensions")), stat


def _dimensions(given: Any) -> frozenset[tuple[str, str]]:
    return frozenset((one["Name"], one["Value"]) for one in given or ())
