"""Signals of demand by kind: what each is told in foresail.yaml, and the metrics that it pulls."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BeforeValidator, Field, field_validator, model_validator

from foresail.config.demand import (
    DemandConfig,
    Identifier,
    MetricConfig,
    PartConfig,
    SignalConfig,
    aws_part,
)
from foresail.config.fields import Duration, mistake, told
from foresail.config.signals_aws import (
    DynamoDbConfig,
    ElastiCacheConfig,
    KinesisConfig,
    LambdaConfig,
    OpenConnectionsConfig,
)
from foresail.errors import InputError
from foresail.formula import parse_expression
from foresail.units import Rate, parse_duration

_MILLISECONDS = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*ms\s*$")


def _latency(text: Any) -> timedelta:
    match = _MILLISECONDS.match(str(text))
    found = timedelta(milliseconds=float(match[1])) if match else parse_duration(text)
    if not found:
        raise InputError("an SLO of no time at all", cure="write 200ms or 1.5s")
    return found


Latency = Annotated[timedelta, BeforeValidator(told(_latency))]


class ExpressionConfig(SignalConfig):
    """Metric maths over named metrics, computed here."""

    kind: Literal["expression"]
    name: Identifier = "expression"
    expression: str
    metrics: Annotated[dict[str, PartConfig], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_its_metrics(self) -> ExpressionConfig:
        try:
            names = parse_expression(self.expression).names
        except InputError as error:
            raise mistake(error.message, error.cure) from error
        for name in (*names, *self.metrics):
            if name not in self.metrics:
                raise mistake(
                    f"expression {self.expression!r}: no metric {name!r}",
                    f"name it under metrics; there: {', '.join(self.metrics)}",
                )
            if name not in names:
                raise mistake(
                    f"metrics: {name!r} is not in expression {self.expression!r}",
                    "use it, or leave it out",
                )
        return self

    @property
    def label(self) -> str:
        """Its name."""
        return self.name

    @property
    def parts(self) -> dict[str, PartConfig]:
        """Metrics by the names of the formula."""
        return self.metrics

    @property
    def parameters(self) -> dict[str, Any]:
        """Its formula."""
        return {"expression": self.expression}


class CloudFrontConfig(SignalConfig):
    """Requests that a distribution's caches let through to the origin.

    `prewarm` lists what to fetch ahead of a peak, so that caches hold it when the crowd comes.
    """

    kind: Literal["cloudfront"]
    distribution: Identifier
    prewarm: tuple[Annotated[str, Field(pattern=r"^https://[^\s/]+/\S*$")], ...] = ()
    region: ClassVar[str | None] = "us-east-1"

    @property
    def label(self) -> str:
        """Kind and distribution."""
        return f"cloudfront-{self.distribution}"

    @property
    def parts(self) -> dict[str, PartConfig]:
        """Requests and hit rate, which has to be switched on as an additional metric."""
        where = {"DistributionId": self.distribution, "Region": "Global"}
        return {
            "requests": aws_part("AWS/CloudFront", "Requests", where, "Sum"),
            "hit_rate": aws_part("AWS/CloudFront", "CacheHitRate", where, "Average", "gap"),
        }

    @property
    def per_period(self) -> bool:
        """Requests per second."""
        return True


class QueueConfig(SignalConfig):
    """Arrivals and backlog of an SQS queue, or of a Kinesis stream's consumer."""

    kind: Literal["queue"]
    queue: Identifier | None = None
    stream: Identifier | None = None
    drain: Duration = timedelta(minutes=10)

    @model_validator(mode="after")
    def _one_source(self) -> QueueConfig:
        if (self.queue is None) == (self.stream is None):
            raise mistake(
                "a queue signal needs one source", "write queue: NAME (SQS) or stream: NAME"
            )
        if not self.drain:
            raise mistake("drain: no backlog is gone in no time", "write drain: 10m")
        return self

    @property
    def label(self) -> str:
        """Kind and source."""
        return f"queue-{self.queue or self.stream}"

    @property
    def parts(self) -> dict[str, PartConfig]:
        """Arrivals, and the backlog in messages or as its age."""
        if self.queue is not None:
            where = {"QueueName": self.queue}
            visible = "ApproximateNumberOfMessagesVisible"
            return {
                "arrivals": aws_part("AWS/SQS", "NumberOfMessagesSent", where, "Sum"),
                "backlog": aws_part("AWS/SQS", visible, where, "Average"),
            }
        where = {"StreamName": str(self.stream)}
        late = "GetRecords.IteratorAgeMilliseconds"
        return {
            "arrivals": aws_part("AWS/Kinesis", "IncomingRecords", where, "Sum"),
            "age": aws_part("AWS/Kinesis", late, where, "Maximum", "gap"),
        }

    @property
    def parameters(self) -> dict[str, Any]:
        """In which time a backlog is to be gone."""
        return {"drain": self.drain}

    @property
    def per_period(self) -> bool:
        """Messages per second."""
        return True


class LatencyConfig(SignalConfig):
    """How much of the fleet's room a latency says is used, against its SLO."""

    kind: Literal["latency"]
    latency: MetricConfig
    unit: Literal["seconds", "milliseconds"] = "seconds"
    load: MetricConfig
    slo: Latency
    needs_units: ClassVar[bool] = True

    @model_validator(mode="after")
    def _a_level(self) -> LatencyConfig:
        if self.latency.stat in ("Sum", "SampleCount"):
            raise mistake(
                f"latency: {self.latency.stat} of {self.latency.metric} is no time that a request "
                "takes",
                "write stat: p95",
            )
        return self

    @property
    def label(self) -> str:
        """Kind and metric."""
        return f"latency-{self.latency.metric}"

    @property
    def parts(self) -> dict[str, PartConfig]:
        """Latency and load; units in service come from the tier's target."""
        return {
            "latency": PartConfig(**self.latency.model_dump()),
            "load": PartConfig(**self.load.model_dump(), missing="zero"),
        }

    @property
    def parameters(self) -> dict[str, Any]:
        """The SLO, in the unit of the metric."""
        return {"slo": self.slo * (1000 if self.unit == "milliseconds" else 1)}

    @property
    def own_capacity(self) -> Rate:
        """A unit at the SLO is one unit at work."""
        return Rate(1.0, "units", per_second=False)


Signal = Annotated[
    DemandConfig
    | ExpressionConfig
    | CloudFrontConfig
    | QueueConfig
    | OpenConnectionsConfig
    | LatencyConfig
    | LambdaConfig
    | KinesisConfig
    | DynamoDbConfig
    | ElastiCacheConfig,
    Field(discriminator="kind"),
]


def _kind(model: type[SignalConfig]) -> str:
    return str(get_args(model.model_fields["kind"].annotation)[0])


KINDS: dict[str, type[SignalConfig]] = {
    _kind(model): model for model in get_args(get_args(Signal)[0])
}


def listed_signals(tier: Any) -> Any:
    """Make lists of one where people write one signal; a signal without kind is a metric."""
    if not isinstance(tier, dict):
        return tier
    changed = {key: [tier[key]] for key in ("demand", "leading") if isinstance(tier.get(key), dict)}
    demand = changed.get("demand", tier.get("demand"))
    if isinstance(demand, list | tuple):
        changed["demand"] = [_with_kind(one) for one in demand]
    return {**tier, **changed}


def _with_kind(signal: Any) -> Any:
    if not isinstance(signal, dict):
        return signal
    return {"kind": "metric", **signal}


class LeadingConfig(PartConfig):
    """A business metric that may run ahead of demand, at most `within`."""

    within: Duration = timedelta(hours=12)

    @field_validator("within")
    @classmethod
    def _within_reason(cls, within: timedelta) -> timedelta:
        if not timedelta(0) < within <= timedelta(hours=48):
            raise mistake("within: a lead is longer than nothing, and 48h at most", "write 12h")
        return within
