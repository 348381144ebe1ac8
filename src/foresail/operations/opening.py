"""What every operation opens: the target of a tier."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from foresail.changes.planfile import TierPlan
from foresail.config import Config
from foresail.errors import InputError
from foresail.places import aws_of
from foresail.targets.base import Target
from foresail.targets.registry import open_target

if TYPE_CHECKING:
    from foresail.aws import Aws

Clock = Callable[[], datetime]
Progress = Callable[[str], None]


def target_of(tier: TierPlan, config: Config, aws: Aws) -> Target:
    """Target of a tier's plan, where its service is, with what the configuration gives it.

    Raises
    ------
    InputError
        The configuration no longer has the service, or has it in another place.
    """
    service = config.service(tier.service)
    place = config.place_of(service)
    if place != tier.place:
        raise InputError(
            f"{tier.service} was planned for {tier.place}, and foresail.yaml has it in {place}",
            cure="review a new one: foresail plan --out plan.json",
        )
    scheduler = config.scheduler_of(service)
    return open_target(tier.live.type_name, aws_of(aws, service), scheduler)
