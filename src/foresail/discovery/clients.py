"""One boto3 client for each service: making one reads megabytes of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from foresail.aws import Aws


class _Reused:
    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._aws.client(service)
        return self._clients[service]


def reusing(aws: Aws) -> Aws:
    """Give an account that makes each client once; for use in one thread."""
    return cast("Aws", _Reused(aws))
