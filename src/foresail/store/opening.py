"""Open the configured store: one place that knows which backends there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from foresail.store.blobs import Blobs, FolderBlobs, S3Blobs
from foresail.store.decisions import Decisions
from foresail.store.forecasts import ForecastStore
from foresail.store.journal import Journal
from foresail.store.leases import Leases
from foresail.store.parquet import HistoryStore
from foresail.store.published import Published
from foresail.store.records import Clock, Records, utc_now

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config, TableStore

FILE = "store.sqlite"


@dataclass(frozen=True, slots=True)
class Store:
    """All that foresail keeps, over records and blobs; cheap to open, with nothing to close.

    Parameters
    ----------
    records, blobs
        The two backends.
    clock
        Tells which leases and records have ended.
    """

    records: Records
    blobs: Blobs
    clock: Clock = utc_now

    @property
    def where(self) -> str:
        """Say where the store is, for people."""
        return self.records.where

    @property
    def journal(self) -> Journal:
        """What each run found, meant and wrote."""
        return Journal(self.records)

    @property
    def forecasts(self) -> ForecastStore:
        """Forecasts of each tier, the latest and those of the last weeks."""
        return ForecastStore(self.records, self.blobs)

    @property
    def decisions(self) -> Decisions:
        """What was decided for each service, and why."""
        return Decisions(self.records)

    @property
    def leases(self) -> Leases:
        """Who is at work on what."""
        return Leases(self.records, self.clock)

    def history(self, where: str) -> HistoryStore:
        """Open the pulled metrics of one account, region and endpoint."""
        return HistoryStore(self.blobs, where)

    def published(self, where: str) -> Published:
        """Open the record of what one account, region and endpoint was told."""
        return Published(self.records, where)


def open_store(config: Config, aws: Aws, clock: Clock = utc_now) -> Store:
    """Open the store of a configuration.

    Parameters
    ----------
    config
        Its `store` names a folder, or a table and a bucket.
    aws
        For a table and a bucket: the caller's own account counts, whichever role it has taken on.
    clock
        Tells which leases and records have ended.
    """
    return store_at(config.store, aws, clock)


def store_at(place: Path | TableStore, aws: Aws, clock: Clock = utc_now) -> Store:
    """Open a store that is not, or not yet, the configured one; see `open_store`."""
    if isinstance(place, Path):
        return folder_store(place, clock)
    from foresail.store.dynamodb_records import DynamoDBRecords

    home = home_of(place, aws)
    records = DynamoDBRecords(home, place.table, place.prefix, clock)
    return Store(records, S3Blobs(home, place.bucket, place.prefix), clock)


def home_of(place: TableStore, aws: Aws) -> Aws:
    """Speak to AWS where a table is: in the caller's own account, whichever role is taken on."""
    return replace(aws, region=place.region, role=None)


def folder_store(folder: Path, clock: Clock = utc_now) -> Store:
    """Open the store of a folder; the first write makes it."""
    from foresail.store.sqlite_records import SqliteRecords

    return Store(SqliteRecords(folder / FILE, clock), FolderBlobs(folder), clock)
