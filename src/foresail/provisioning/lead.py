"""Lead time from measured boot times; or the configured one, with the reason why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from foresail.provisioning.boot_times import BootTimes
from foresail.provisioning.launches import Kind
from foresail.units import format_duration

ENOUGH = 10  # launches below which a quantile is a guess
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Time that a unit needs after AWS calls it launched, and who says so."""

    time: timedelta
    source: str


NONE = WarmUp(timedelta(0), "")


@dataclass(frozen=True, slots=True)
class Lead:
    """How long before its demand a unit is to be asked for.

    Parameters
    ----------
    value
        Boot and warm-up, in whole minutes. The two minutes by which AWS may run a scheduled action
        late are not in it: compiling a plan adds them to every rise.
    why
        Where it comes from, for people.
    count
        Launches it rests on; 0 where it was not measured.
    """

    value: timedelta
    why: str
    count: int


def lead_from(
    boots: BootTimes,
    level: float,
    *,
    default: timedelta,
    warm_up: WarmUp = NONE,
    kind: Kind = "cold",
) -> Lead:
    """Take a quantile of the boot times and the warm-up; the default where too few are known.

    Parameters
    ----------
    boots
        Measured boot times.
    level
        Quantile of them to be ready for.
    default
        Lead time when fewer than ten launches are known.
    warm_up
        What comes after boot.
    kind
        Which launches were measured; warm ones are said to be so.
    """
    if boots.count < ENOUGH:
        return Lead(default, _too_few(boots), 0)
    boot = boots.quantile(level)
    low, high = boots.interval(level)
    value = MINUTE * max(math.ceil((boot + warm_up.time) / MINUTE), 1)
    after = f" + {spoken(warm_up.time)} {warm_up.source}" if warm_up.time else ""
    which = "launches" if kind == "cold" else "launches from the warm pool"
    why = (
        f"measured: p{level * 100:g} of {boots.count} {which} {spoken(boot)} "
        f"(95 %: {spoken(low)} to {spoken(high)}){after}"
    )
    return Lead(value, why, boots.count)


def _too_few(boots: BootTimes) -> str:
    failed = f", {boots.failed} failed" if boots.failed else ""
    return f"default: {boots.count} launches are known{failed}, {ENOUGH} are needed to measure"


def spoken(time: timedelta) -> str:
    """Say a time in minutes and seconds: ``3m 20s``."""
    seconds = round(time.total_seconds())
    minutes, rest = divmod(seconds, 60)
    if minutes >= 120 or not rest:
        return format_duration(timedelta(seconds=seconds))
    return f"{minutes}m {rest}s" if minutes else f"{rest}s"
