"""The forecast store: each tier's forecasts and plans by the time made, a Parquet blob each.

A record of the same time names the blob and holds the facts; it is written once the blob stands.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, Literal

import pandas as pd

from foresail.errors import InputError
from foresail.store.blobs import Blobs
from foresail.store.records import Delete, Put, Record, Records, stamp

ResourceKind = Literal["compute", "database", "cache", "storage", "network"]
KEEP = timedelta(days=35)  # so that a month can be scored


@dataclass(frozen=True, slots=True)
class Facts:
    """What is told of a forecast besides its numbers.

    Parameters
    ----------
    id, plan_id
        Name of this forecast, and of the plan that was made of it.
    service, tier, resource, resource_kind
        Whose demand it is, and what serves it.
    made, horizon_hours, period_seconds
        When it was made (UTC), how far it looks, and its step.
    signal
        The demand metric that asks for most; the next five are about it.
    current_demand, predicted_demand
        Last measured demand, and the highest median ahead, in the metric's own unit.
    pattern, urgency
        As `foresail.forecast.details.tell` words them.
    confidence
        Trust in the forecast, 0 to 1: of the metric that is trusted least.
    quantile, recommended_capacity
        Quantile that the plan covers, and the largest floor that it sets, in units.
    """

    id: str
    plan_id: str
    service: str
    tier: str
    resource: str
    resource_kind: ResourceKind
    made: datetime
    horizon_hours: float
    period_seconds: float
    signal: str
    current_demand: float
    predicted_demand: float
    pattern: str
    urgency: str
    confidence: float
    quantile: float
    recommended_capacity: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "made": self.made.isoformat()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Facts:
        """Read what `to_json` wrote."""
        return cls(**{**data, "made": datetime.fromisoformat(data["made"]).astimezone(UTC)})


@dataclass(frozen=True, slots=True)
class StoredForecast:
    """A tier's forecast and plan by the period.

    ``frame`` has signal, timestamp (UTC, start of the period), one column per quantile (q0.5 ...)
    in the signal's own unit, and, in units, planned_floor and needed_units; planned_quantile and
    planned_utilization are what was planned for. Where quantiles were re-mapped by what scores
    taught, raw_q0.5 ... are what the forecaster said.
    """

    facts: Facts
    frame: pd.DataFrame

    @property
    def end(self) -> datetime:
        """End of the last period."""
        last: datetime = self.frame["timestamp"].max().to_pydatetime()
        return last + timedelta(seconds=self.facts.period_seconds)


class ForecastStore:
    """Forecasts of tiers: the latest to act on, those before it to be scored.

    Parameters
    ----------
    records, blobs
        Where they are kept.
    keep
        How long before a tier's latest forecast its older ones are kept.
    """

    def __init__(self, records: Records, blobs: Blobs, keep: timedelta = KEEP) -> None:
        self.records = records
        self.blobs = blobs
        self.keep = keep

    def write(self, forecast: StoredForecast) -> None:
        """Keep a forecast, whole or not at all; those that are too old go.

        Raises
        ------
        InputError
            The store cannot be written; names the place.
        """
        facts = forecast.facts
        partition = _partition(facts.service, facts.tier)
        sort = f"{stamp(facts.made)} {facts.plan_id}"
        name = blob_name(facts)
        self.blobs.write(name, _parquet(forecast.frame))
        self.records.write(Put(partition, sort, {"facts": facts.to_json(), "blob": name}))
        self._prune(partition, facts.made - self.keep)

    def read(self, service: str, tier: str) -> StoredForecast | None:
        """Latest forecast of a tier; None when there is none yet.

        Raises
        ------
        InputError
            Its blob is corrupt or cannot be read; names it.
        """
        found = self.records.query(_partition(service, tier), newest_first=True, limit=1)
        return self._read(found[0]) if found else None

    def made_between(
        self, service: str, tier: str, since: datetime, until: datetime
    ) -> list[StoredForecast]:
        """Forecasts of a tier that were made in ``[since, until)``, oldest first.

        Raises
        ------
        InputError
            A blob is corrupt or cannot be read; names it.
        """
        partition = _partition(service, tier)
        records = self.records.query(partition, since=stamp(since), until=stamp(until))
        read = (self._read(one) for one in records)
        return [one for one in read if one is not None]

    def _read(self, record: Record) -> StoredForecast | None:
        """Forecast of a record; None where another process has just pruned it."""
        import pyarrow as pa

        name = record.data["blob"]
        content = self.blobs.read(name)
        if content is None:
            return None
        try:
            return StoredForecast(Facts.from_json(record.data["facts"]), _frame(content))
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"forecast {self.blobs.where(name)}: cannot be read ({error})",
                cure="delete it; the next foresail plan makes another",
            ) from error

    def _prune(self, partition: str, before: datetime) -> None:
        """Delete what was made too long ago: its record first, so that no record lacks its blob."""
        for record in self.records.query(partition, until=stamp(before)):
            self.records.write(Delete(partition, record.sort))
            self.blobs.delete(record.data["blob"])


def blob_name(facts: Facts) -> str:
    """Name of a forecast's blob; services and tiers have no slash in theirs."""
    made = facts.made.astimezone(UTC)
    folder = f"forecasts/{facts.service}/{facts.tier}"
    return f"{folder}/{made:%Y%m%dT%H%M%S.%fZ}-{facts.plan_id}.parquet"


def _partition(service: str, tier: str) -> str:
    return f"forecast/{service}/{tier}"


def _parquet(frame: pd.DataFrame) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    written = BytesIO()
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table.replace_schema_metadata(None), written)
    return written.getvalue()


def _frame(content: bytes) -> pd.DataFrame:
    import pyarrow.parquet as pq

    with pq.ParquetFile(BytesIO(content)) as file:
        frame: pd.DataFrame = file.read().to_pandas()
    return frame
