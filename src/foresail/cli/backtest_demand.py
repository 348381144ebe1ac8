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
    from foresail.pipeline.tiers import Tier
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
    import pandas as pd

    from foresail.pipeline import capacities, pull_demand, tiers

    loaded = load(config)
    aws, now = connect(loaded), clock()
    chosen = tiers(loaded, service)
    parts = [pull_demand(tier, aws, now) for tier in chosen]
    units = {name: amount for tier in chosen for name, amount in capacities(tier).items()}
    return pd.concat(parts, ignore_index=True), units, _place_of(chosen, given)


def _place_of(tiers: list[Tier], given: Given) -> Place:
    """Place of a service as the configuration has it, where the command line says nothing else."""
    from foresail.forecast.calendar import parse_calendar
    from foresail.replay.place import Place

    zones = sorted({tier.timezone for tier in tiers})
    if given.timezone is None and len(zones) > 1:
        raise InputError(
            f"the tiers of {tiers[0].service.name} are in several time zones: {', '.join(zones)}",
            cure="say in which one days are counted: --timezone",
        )
    own = parse_calendar(list(tiers[0].service.calendar) or None)
    calendar = own if given.calendar is None else given.calendar
    return Place(given.timezone or zones[0], calendar)
