"""Comprehend entity recognizer endpoints: inference units, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.targets.comprehend import ComprehendEndpoint


class ComprehendRecognizer(ComprehendEndpoint):
    """The inference units of an entity recognizer endpoint."""

    type_name: ClassVar[str] = "comprehend-recognizer"
    about: ClassVar[str] = "inference units of a Comprehend entity recognizer endpoint"
    dimension: ClassVar[str] = "comprehend:entity-recognizer-endpoint:DesiredInferenceUnits"
    pattern: ClassVar[str] = (
        r"arn:aws[a-z-]*:comprehend:[a-z0-9-]+:\d{12}:entity-recognizer-endpoint/[A-Za-z0-9-]{1,63}"
    )
    example: ClassVar[str] = "arn:aws:comprehend:REGION:ACCOUNT:entity-recognizer-endpoint/NAME"


TARGET = ComprehendRecognizer
