"""A database's storage: what is watched until it is full."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from foresail.config.demand import Identifier, PartConfig, aws_part
from foresail.config.fields import Share, Strict, mistake, told
from foresail.errors import InputError

_GIB = 2.0**30
_SIZE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(GiB|GB|TiB|TB)\s*$")
_UNITS = {"GiB": _GIB, "GB": _GIB, "TiB": 1024 * _GIB, "TB": 1024 * _GIB}  # RDS's GB are GiB


def _size(text: Any) -> float:
    match = _SIZE.match(str(text))
    if match is None or not float(match[1]):
        raise InputError(f"{text!r} is no size of storage", cure="write 100 GiB or 2 TiB")
    return float(match[1]) * _UNITS[match[2]]


def _said(size: float) -> str:
    return f"{size / _GIB:g} GiB"


Storage = Annotated[float, BeforeValidator(told(_size)), PlainSerializer(_said)]


class StorageConfig(Strict):
    """Storage of an RDS instance, or the volume of an Aurora cluster, in bytes.

    `allocated` and `max_allocated` are the instance's AllocatedStorage and MaxAllocatedStorage; an
    Aurora volume grows by itself up to `max_allocated`. `full` is the share that counts as full.
    """

    instance: Identifier | None = None
    cluster: Identifier | None = None
    allocated: Storage | None = None
    max_allocated: Storage | None = None
    full: Annotated[Share, Field(gt=0, le=1)] = 0.9

    @model_validator(mode="after")
    def _one_source(self) -> StorageConfig:
        if (self.instance is None) == (self.cluster is None):
            raise mistake(
                "storage of what?", "write instance: NAME (RDS) or cluster: NAME (Aurora)"
            )
        if self.instance is not None and self.allocated is None:
            raise mistake("an instance says only what is free", "add allocated: 100 GiB")
        if self.cluster is not None and self.max_allocated is None:
            raise mistake("an Aurora volume has a limit by engine", "add max_allocated: 128 TiB")
        if self.allocated and self.max_allocated and self.max_allocated < self.allocated:
            raise mistake("max_allocated is below allocated", "raise it, or leave it out")
        return self

    @property
    def metric(self) -> PartConfig:
        """What is free on an instance, or used by a cluster."""
        if self.instance is not None:
            where = {"DBInstanceIdentifier": self.instance}
            return aws_part("AWS/RDS", "FreeStorageSpace", where, "Minimum", "gap")
        where = {"DBClusterIdentifier": str(self.cluster)}
        return aws_part("AWS/RDS", "VolumeBytesUsed", where, "Maximum", "gap")

    @property
    def limit(self) -> float:
        """Bytes that there can be, once storage autoscaling has done all it may."""
        return max(self.allocated or 0.0, self.max_allocated or 0.0)
