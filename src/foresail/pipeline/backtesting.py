"""What a backtest of a service replays: its demand as CloudWatch has it, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from foresail.errors import InputError
from foresail.pipeline.pulling import pull_demand
from foresail.pipeline.tiers import Tier, capacities, tiers
from foresail.replay.place import Place

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config
    from foresail.forecast.calendar_types import Calendar


@dataclass(frozen=True, slots=True)
class Replayable:
    """A service's past, as `foresail.backtest` takes it.

    Parameters
    ----------
    demand
        series, timestamp (UTC), value, censored of all its tiers.
    unit_capacity
        Demand that one unit serves at 100 %, by series.
    place
        Time zone and calendar.
    """

    demand: pd.DataFrame
    unit_capacity: dict[str, float]
    place: Place


def replayable(
    config: Config,
    aws: Aws,
    now: datetime,
    service: str,
    *,
    timezone: str | None = None,
    calendar: Calendar | None = None,
) -> Replayable:
    """Pull a service's demand for a backtest.

    Parameters
    ----------
    config, aws, now
        Whose services, through which account, and the time (aware).
    service
        Its name.
    timezone, calendar
        What counts in place of the configuration's own.

    Raises
    ------
    InputError
        As `pull_demand`; or the tiers are in several time zones, and none is given.
    """
    chosen = tiers(config, service)
    place = _place(chosen, timezone, calendar)
    parts = [pull_demand(tier, aws, now) for tier in chosen]
    units = {name: amount for tier in chosen for name, amount in capacities(tier).items()}
    return Replayable(pd.concat(parts, ignore_index=True), units, place)


def _place(chosen: list[Tier], timezone: str | None, calendar: Calendar | None) -> Place:
    from foresail.forecast.calendar import parse_calendar

    zones = sorted({tier.timezone for tier in chosen})
    if timezone is None and len(zones) > 1:
        raise InputError(
            f"the tiers of {chosen[0].service.name} are in several time zones: {', '.join(zones)}",
            cure="say in which one days are counted: --timezone",
        )
    own = parse_calendar(list(chosen[0].service.calendar) or None)
    return Place(timezone or zones[0], own if calendar is None else calendar)
