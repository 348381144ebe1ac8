"""Signals that read an AWS service's own metrics: databases, functions, streams, tables, caches."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from foresail.config.demand import Identifier, PartConfig, SignalConfig, aws_part
from foresail.config.fields import Share, Units, mistake
from foresail.units import Rate


class OpenConnectionsConfig(SignalConfig):
    """Open connections of an RDS instance, or of all readers or writers of an Aurora cluster.

    A unit takes max_connections x share of them.
    """

    kind: Literal["connections"]
    instance: Identifier | None = None
    cluster: Identifier | None = None
    endpoint: Literal["reader", "writer"] = "reader"
    max_connections: Annotated[Units, Field(ge=1)]
    share: Annotated[Share, Field(gt=0, le=1)] = 1.0

    @model_validator(mode="after")
    def _one_source(self) -> OpenConnectionsConfig:
        if (self.instance is None) == (self.cluster is None):
            raise mistake(
                "a connections signal needs one source",
                "write instance: NAME (RDS) or cluster: NAME (Aurora)",
            )
        return self

    @property
    def label(self) -> str:
        """Kind and source."""
        return f"connections-{self.instance or self.cluster}"

    @property
    def parts(self) -> dict[str, PartConfig]:
        """Connections."""
        if self.instance is not None:
            where = {"DBInstanceIdentifier": self.instance}
            return {
                "connections": aws_part("AWS/RDS", "DatabaseConnections", where, "Average", "gap")
            }
        where = {"DBClusterIdentifier": str(self.cluster), "Role": self.endpoint.upper()}
        return {"connections": aws_part("AWS/RDS", "DatabaseConnections", where, "Sum", "gap")}

    @property
    def parameters(self) -> dict[str, Any]:
        """How connections were counted."""
        return {"period": self.period, "summed": self.cluster is not None}

    @property
    def own_capacity(self) -> Rate:
        """Connections that one unit takes."""
        return Rate(self.max_connections * self.share, "connections", per_second=False)


class LambdaConfig(SignalConfig):
    """Invocations of a function that run at once."""

    kind: Literal["lambda"]
    function: Identifier
    alias: Identifier | None = None

    @property
    def label(self) -> str:
        """Kind and function."""
        return f"lambda-{self.function}"

    @property
    def parts(self) -> dict[str, PartConfig]:
        """Invocations, how long they take, and how many were throttled."""
        where = {"FunctionName": self.function}
        if self.alias is not None:
            where["Resource"] = f"{self.function}:{self.alias}"
        return {
            "invocations": aws_part("AWS/Lambda", "Invocations", where, "Sum"),
            "duration": aws_part("AWS/Lambda", "Duration", where, "Average", "gap"),
            "throttles": aws_part("AWS/Lambda", "Throttles", where, "Sum"),
        }

    @property
    def optional(self) -> frozenset[str]:
        """Throttles."""
        return frozenset({"throttles"})

    @property
    def own_capacity(self) -> Rate:
        """An execution environment runs one invocation at a time."""
        return Rate(1.0, "concurrency", per_second=False)


class KinesisConfig(SignalConfig):
    """Shards that what comes into a stream fills."""

    kind: Literal["kinesis"]
    stream: Identifier

    @property
    def label(self) -> str:
        """Kind and stream."""
        return f"kinesis-{self.stream}"

    @property
    def parts(self) -> dict[str, PartConfig]:
        """Bytes, records, and records that were refused."""
        where = {"StreamName": self.stream}
        refused = "WriteProvisionedThroughputExceeded"
        return {
            "bytes": aws_part("AWS/Kinesis", "IncomingBytes", where, "Sum"),
            "records": aws_part("AWS/Kinesis", "IncomingRecords", where, "Sum"),
            "refused": aws_part("AWS/Kinesis", refused, where, "Sum"),
        }

    @property
    def optional(self) -> frozenset[str]:
        """Refused records."""
        return frozenset({"refused"})

    @property
    def own_capacity(self) -> Rate:
        """Demand is in shards already."""
        return Rate(1.0, "shards", per_second=False)


class DynamoDbConfig(SignalConfig):
    """Capacity that reads or writes of a table, or of one of its indexes, consume."""

    kind: Literal["dynamodb"]
    table: Identifier
    index: Identifier | None = None
    access: Literal["read", "write"]

    @property
    def label(self) -> str:
        """Kind, table and access."""
        of = self.table if self.index is None else f"{self.table}-{self.index}"
        return f"dynamodb-{of}-{self.access}"

    @property
    def parts(self) -> dict[str, PartConfig]:
        """Capacity that was consumed, and what was throttled."""
        where = {"TableName": self.table}
        if self.index is not None:
            where["GlobalSecondaryIndexName"] = self.index
        word = self.access.capitalize()
        consumed = f"Consumed{word}CapacityUnits"
        return {
            "consumed": aws_part("AWS/DynamoDB", consumed, where, "Sum"),
            "throttled": aws_part("AWS/DynamoDB", f"{word}ThrottleEvents", where, "Sum"),
        }

    @property
    def optional(self) -> frozenset[str]:
        """Throttled requests."""
        return frozenset({"throttled"})

    @property
    def own_capacity(self) -> Rate:
        """A capacity unit serves one a second."""
        return Rate(1.0, "units", per_second=True)

    @property
    def per_period(self) -> bool:
        """Capacity units per second."""
        return True


class ElastiCacheConfig(SignalConfig):
    """CPU over the nodes of a cache, or what a serverless cache uses."""

    kind: Literal["elasticache"]
    nodes: Annotated[tuple[Identifier, ...], Field(max_length=200)] = ()
    serverless: Identifier | None = None

    @model_validator(mode="after")
    def _one_source(self) -> ElastiCacheConfig:
        if bool(self.nodes) == (self.serverless is not None):
            raise mistake(
                "an elasticache signal needs one source",
                "write nodes: [shop-0001-001, shop-0002-001] or serverless: NAME",
            )
        return self

    @property
    def label(self) -> str:
        """Kind and cache."""
        return f"elasticache-{self.serverless or self.nodes[0]}"

    @property
    def parts(self) -> dict[str, PartConfig]:
        """CPU of each node, or processing units."""
        if self.serverless is not None:
            where = {"clusterId": self.serverless}
            return {"ecpu": aws_part("AWS/ElastiCache", "ElastiCacheProcessingUnits", where, "Sum")}
        return {
            node: aws_part(
                "AWS/ElastiCache",
                "EngineCPUUtilization",
                {"CacheClusterId": node},
                "Average",
                "gap",
            )
            for node in self.nodes
        }

    @property
    def optional(self) -> frozenset[str]:
        """Each node: some may not be there, yet or any more."""
        return frozenset(self.nodes)

    @property
    def own_capacity(self) -> Rate:
        """A node at 100 %, or one processing unit a second."""
        if self.serverless is not None:
            return Rate(1.0, "ECPU", per_second=True)
        return Rate(100.0, "%", per_second=False)

    @property
    def per_period(self) -> bool:
        """Processing units are used over time; CPU is a level."""
        return self.serverless is not None
