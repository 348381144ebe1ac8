"""Set an override for a tier: checked against its configuration and against its target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from foresail.config import Config
from foresail.errors import InputError
from foresail.overrides.rules import Override
from foresail.overrides.standing import new_id, set_override
from foresail.pipeline import Tier, open_tier, tiers
from foresail.targets.limits import ceiling_word
from foresail.targets.registry import target_class

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.store.opening import Store


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for: at least and at most so many units, in ``[start, end)``, and why."""

    minimum: int | None
    maximum: int | None
    start: datetime
    end: datetime
    reason: str
    by: str
    long: bool = False


def tier_named(config: Config, name: str) -> Tier:
    """Tier of ``service/tier``; the service alone will do where it has one tier.

    Raises
    ------
    InputError
        When there is none; names those that there are.
    """
    service, _, tier = name.partition("/")
    found = [one for one in tiers(config, service) if tier in ("", one.tier.name)]
    if len(found) != 1:
        known = ", ".join(one.name for one in tiers(config, service))
        raise InputError(f"no tier {name!r}", cure=f"write one of {known}")
    return found[0]


def decide_override(
    config: Config, aws: Aws, store: Store, name: str, asked: Asked, now: datetime
) -> Override:
    """Keep an override that plans can follow; the next run, or `--apply`, writes it.

    Raises
    ------
    InputError
        As `check_override`; or the target itself may not have as many units.
    """
    tier = tier_named(config, name)
    made = Override(
        new_id(),
        tier.service.name,
        tier.tier.name,
        asked.minimum,
        asked.maximum,
        asked.start,
        asked.end,
        asked.reason,
        asked.by,
        now,
    )
    live = open_tier(tier, aws).read(tier.tier.target.name)
    if made.minimum is not None and tier.tier.max >= made.minimum > live.max_size:
        word = ceiling_word(target_class(live.type_name))
        raise InputError(
            f"--min {made.minimum} is above {word} of {live.name}, {live.max_size}",
            cure=f"raise its {word} on AWS first, or give --min {live.max_size}",
        )
    set_override(store.records, made, tier.tier, now, long=asked.long)
    return made
