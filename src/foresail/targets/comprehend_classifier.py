"""Comprehend document classifier endpoints: inference units, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.history.metrics import MetricQuery
from foresail.targets.application_auto_scaling import ScalableTarget


class ComprehendClassifier(ScalableTarget):
    """The inference units of a document classifier endpoint."""

    type_name: ClassVar[str] = "comprehend-classifier"
    about: ClassVar[str] = "inference units of a Comprehend document classifier endpoint"
    unit: ClassVar[str] = "inference units"
    bounds: ClassVar[tuple[int, int | None]] = (1, 10)
    namespace: ClassVar[str] = "comprehend"
    dimension: ClassVar[str] = "comprehend:document-classifier-endpoint:DesiredInferenceUnits"
    pattern: ClassVar[str] = (
        r"arn:aws[a-z-]*:comprehend:[a-z0-9-]+:\d{12}:document-classifier-endpoint/[A-Za-z0-9-]{1,63}"
    )
    example: ClassVar[str] = "arn:aws:comprehend:REGION:ACCOUNT:document-classifier-endpoint/NAME"

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Inference units provisioned."""
        where = (("EndpointArn", name),)
        metric = "ProvisionedInferenceUnits"
        return (MetricQuery("units", "AWS/Comprehend", metric, where, "Average"),)


TARGET = ComprehendClassifier
