"""Demand to replay, from files or from a service's metrics; and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from foresail.cli.common import clock, connect, load
from foresail.cli.files import zone_of
from foresail.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from foresail.forecast.calendar_types import Calendar
    from foresail.replay.place import Place


@dataclass(frozen=True, slots=True)
class Given:
    """Calendar and zone as the command line gives them; None where it does not."""

    calendar: Calendar | None
    timezone: str | None


def given_place(calendar: list[str] | None, timezone: str | None) -> Given:
    """Read the options that say where a service is."""
    from foresail.forecast.calendar import parse_calendar

    return Given(
        None if calendar is None else parse_calendar(calendar),
        None if timezone is None else zone_of(timezone),
    )


def demand_of(
    files: list[Path], service: str | None, config: Path, given: Given
) -> tuple[pd.DataFrame, dict[str, float] | None, Place]:
    """Read the files, or pull a service's demand; with what one unit serves, where known."""
    if bool(files) == (service is not None):
        raise InputError("backtest needs files, or --service", cure="name a CSV: timestamp,value")
    if service is not None:
        return _pulled(service, config, given)
    import pandas as pd

    from foresail.forecast.calendar_types import Calendar
    from foresail.history.files import read_history
    from foresail.replay.place import Place

    parts = [read_history(file) for file in files]
    taken: set[str] = set()
    for file, part in zip(files, parts, strict=True):
        mine = set(part["series"].astype("str"))
        if taken & mine:
            raise InputError(
                f"{file}: series {sorted(taken & mine)[0]!r} is in an earlier file, too",
                cure="name the series in a column, each once",
            )
        taken |= mine
    place = Place(given.timezone or "UTC", given.calendar or Calendar())
    return pd.concat(parts, ignore_index=True), None, place


def _pulled(
    service: str, config: Path, given: Given
) -> tuple[pd.DataFrame, dict[str, float], Place]:
    from foresail.pipeline.backtesting import replayable

    loaded = load(config)
    past = replayable(
        loaded,
        connect(loaded),
        clock(),
        service,
        timezone=given.timezone,
        calendar=given.calendar,
    )
    return past.demand, past.unit_capacity, past.place
