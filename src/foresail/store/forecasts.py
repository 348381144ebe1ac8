"""The forecast store: each tier's latest forecast and plan, one Parquet file, written whole."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from foresail.errors import InputError
from foresail.files import replacing

ResourceKind = Literal["compute", "database", "cache", "storage", "network"]
_ABOUT = b"foresail.forecast"


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
    in the signal's own unit, and, in units, planned_floor and needed_units.
    """

    facts: Facts
    frame: pd.DataFrame

    @property
    def end(self) -> datetime:
        """End of the last period."""
        last: datetime = self.frame["timestamp"].max().to_pydatetime()
        return last + timedelta(seconds=self.facts.period_seconds)


class ForecastStore:
    """The latest forecast of each tier, below a folder; a new one takes the place of the old."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, service: str, tier: str) -> Path:
        """File of a tier."""
        return self.root / service / f"{tier}.parquet"

    def write(self, forecast: StoredForecast) -> None:
        """Keep a forecast, whole or not at all.

        Raises
        ------
        InputError
            The folder cannot be written; names the file.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.path(forecast.facts.service, forecast.facts.tier)
        about = {_ABOUT: json.dumps(forecast.facts.to_json())}
        table = pa.Table.from_pandas(forecast.frame, preserve_index=False)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as temporary:
                pq.write_table(table.replace_schema_metadata(about), temporary)
        except OSError as error:
            raise InputError(
                f"forecast store {path}: cannot be written ({error.strerror or error})",
                cure="make it writable, or set store: in foresail.yaml to a folder that is",
            ) from error

    def read(self, service: str, tier: str) -> StoredForecast | None:
        """Latest forecast of a tier; None when there is none yet.

        Raises
        ------
        InputError
            The file is corrupt or cannot be read; names it.
        """
        import pyarrow as pa

        path = self.path(service, tier)
        try:
            return _read(path)
        except FileNotFoundError:
            return None
        except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"forecast store {path}: cannot be read ({error})",
                cure="delete it; the next foresail plan writes it again",
            ) from error


def _read(path: Path) -> StoredForecast:
    import pyarrow.parquet as pq

    with path.open("rb") as opened, pq.ParquetFile(opened) as file:
        table = file.read()
    facts = Facts.from_json(json.loads(table.schema.metadata[_ABOUT]))
    return StoredForecast(facts, table.replace_schema_metadata(None).to_pandas())
