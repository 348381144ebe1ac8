"""Send the points of forecasts to CloudWatch: each once, in batches that it takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors
from foresail.config import place_name
from foresail.errors import InputError
from foresail.pipeline.tiers import Tier, tiers
from foresail.publish.names import NAMESPACE
from foresail.publish.points import BACK, due_points
from foresail.store.forecasts import StoredForecast
from foresail.store.opening import Store, open_store
from foresail.store.published import Point, Published

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config

IAM_WRITE = ("cloudwatch:PutMetricData",)
MOST_POINTS = 1000  # of one call
MOST_BYTES = 900_000  # of one call, told as JSON; AWS allows 1 MB


@dataclass(frozen=True, slots=True)
class Sent:
    """What one run told CloudWatch of a tier."""

    tier: str
    forecast: str
    points: int
    until: datetime | None
    ended: bool

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        until = self.until.isoformat() if self.until else None
        plain = {"tier": self.tier, "forecast": self.forecast, "points": self.points}
        return {**plain, "until": until, "ended": self.ended}


def publish_forecasts(
    config: Config, aws: Aws, record: Published, now: datetime, service: str | None = None
) -> list[Sent]:
    """Publish the part of each tier's latest forecast that falls in the next two hours.

    Run it at least hourly, and the published forecast has no gap. A point that was published
    stays as it is, whatever a later plan says: CloudWatch adds up what it is told twice. So a new
    plan shows from the first period that is not yet published.

    Raises
    ------
    InputError
        When a tier has no stored forecast, or AWS refuses; the next run goes on where this ended.
    """
    client = aws.client("cloudwatch")
    chosen = tiers(config, service)
    store = open_store(config, aws)
    stored = [_stored(store, tier) for tier in chosen]
    record.forget_before(now - BACK)
    _send(client, record, record.unsent())
    return [
        _publish(client, record, tier, forecast, now)
        for tier, forecast in zip(chosen, stored, strict=True)
    ]


def open_record(config: Config, aws: Aws) -> Published:
    """Open the record of what the account and region were told."""
    place = place_name(config.region, aws.role.account if aws.role else "")
    where = f"{place} {aws.client('cloudwatch').meta.endpoint_url}"
    return open_store(config, aws).published(where)


def _stored(store: Store, tier: Tier) -> StoredForecast:
    found = store.forecasts.read(tier.service.name, tier.tier.name)
    if found is None:
        raise InputError(
            f"{tier.name}: no forecast is stored in {store.where}",
            cure="make one where this runs: foresail plan",
        )
    return found


def _publish(
    client: Any, record: Published, tier: Tier, forecast: StoredForecast, now: datetime
) -> Sent:
    points = record.new(due_points(forecast, now))
    _send(client, record, points)
    until = max((point.time for point in points), default=None)
    return Sent(tier.name, forecast.facts.id, len(points), until, forecast.end <= now)


def _send(client: Any, record: Published, points: Sequence[Point]) -> None:
    for batch in batches(points):
        record.intend(batch)
        with aws_errors("cloudwatch:PutMetricData", f"namespace {NAMESPACE}"):
            client.put_metric_data(Namespace=NAMESPACE, MetricData=[_datum(p) for p in batch])
        record.sent(batch)


def batches(
    points: Iterable[Point], most: int = MOST_POINTS, most_bytes: int = MOST_BYTES
) -> Iterator[list[Point]]:
    """Cut points into batches that one call takes, in order."""
    batch: list[Point] = []
    size = 0
    for point in points:
        more = len(json.dumps(_datum(point), default=str).encode())
        if batch and (len(batch) == most or size + more > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(point)
        size += more
    if batch:
        yield batch


def _datum(point: Point) -> dict[str, Any]:
    """No unit is told: values of two units would be two metrics."""
    return {
        "MetricName": point.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in point.dimensions],
        "Timestamp": point.time,
        "Value": point.value,
    }
