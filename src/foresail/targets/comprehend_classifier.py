"""Comprehend document classifier endpoints: inference units, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.targets.comprehend import ComprehendEndpoint


class ComprehendClassifier(ComprehendEndpoint):
    """The inference units of a document classifier endpoint."""

    type_name: ClassVar[str] = "comprehend-classifier"
    about: ClassVar[str] = "inference units of a Comprehend document classifier endpoint"
    dimension: ClassVar[str] = "comprehend:document-classifier-endpoint:DesiredInferenceUnits"
    pattern: ClassVar[str] = (
        r"arn:aws[a-z-]*:comprehend:[a-z0-9-]+:\d{12}:document-classifier-endpoint/[A-Za-z0-9-]{1,63}"
    )
    example: ClassVar[str] = "arn:aws:comprehend:REGION:ACCOUNT:document-classifier-endpoint/NAME"


TARGET = ComprehendClassifier
