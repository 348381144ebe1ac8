"""What foresail.yaml says of the tiers that a tier calls, and of what tiers share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from foresail.config.demand import MetricConfig
from foresail.config.fields import Duration, Share, Strict, mistake


class ConnectionsConfig(Strict):
    """Connections that a unit of this tier opens, and that one of the needed tier takes.

    `share` is the part of the needed tier's max_connections that this tier may use.
    """

    per_unit: Annotated[float, Field(gt=0)]
    limit_per_unit: Annotated[float, Field(gt=0)]
    share: Annotated[Share, Field(gt=0, le=1)] = 0.9


class NeedConfig(Strict):
    """A tier that this tier calls, and how much of its work goes there.

    A number as `ratio` says demand of the needed tier (its first metric) per demand of this one;
    `hit_rate` is the metric of a cache between the two, or of this tier where it is the cache;
    `warm_up` how long a new node of it misses more than the others.
    """

    tier: str
    ratio: Literal["measured"] | Annotated[float, Field(gt=0)] = "measured"
    hit_rate: MetricConfig | None = None
    warm_up: Duration | None = None
    connections: ConnectionsConfig | None = None

    @model_validator(mode="after")
    def _only_a_cache_is_cold(self) -> NeedConfig:
        if self.warm_up is not None and self.hit_rate is None:
            raise mistake(
                "warm_up is of a cache, but no hit_rate tells of one",
                "add hit_rate: {namespace: ..., metric: CacheHitRate, stat: Average}",
            )
        return self


class LimitConfig(Strict):
    """Something that tiers of a service share: vCPUs, dollars an hour, addresses."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    limit: Annotated[float, Field(gt=0)]
    per_unit: Annotated[dict[str, Annotated[float, Field(gt=0)]], Field(min_length=1)]
