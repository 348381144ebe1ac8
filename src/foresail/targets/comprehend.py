"""Comprehend endpoints: what those of classifiers and recognizers have in common."""

from __future__ import annotations

from typing import ClassVar

from foresail.history.metrics import MetricQuery
from foresail.targets.application_auto_scaling import ScalableTarget


class ComprehendEndpoint(ScalableTarget):
    """The inference units of an endpoint, which goes by its ARN."""

    unit: ClassVar[str] = "inference units"
    bounds: ClassVar[tuple[int, int | None]] = (1, 10)
    namespace: ClassVar[str] = "comprehend"

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Inference units provisioned."""
        where = (("EndpointArn", name),)
        metric = "ProvisionedInferenceUnits"
        return (MetricQuery("units", "AWS/Comprehend", metric, where, "Average"),)
