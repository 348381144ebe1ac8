"""What foresail.yaml says of urgent plans: how often, and for how long they raise a floor."""

from __future__ import annotations

from datetime import timedelta

from pydantic import field_validator

from foresail.config.fields import Duration, Strict, mistake
from foresail.units import format_duration

LONGEST_COOLDOWN = timedelta(hours=6)
LONGEST_WINDOW = timedelta(hours=12)


class UrgentConfig(Strict):
    """How often a service may be planned before its time, and how far ahead that looks.

    `cooldown` begins when a floor was raised. `window` is how long a raise may hold.
    """

    cooldown: Duration = timedelta(minutes=10)
    window: Duration = timedelta(hours=3)

    @field_validator("cooldown")
    @classmethod
    def _cooldown_in_bounds(cls, value: timedelta) -> timedelta:
        if not timedelta(minutes=1) <= value <= LONGEST_COOLDOWN:
            raise mistake(
                f"{format_duration(value)} is not from 1m to {format_duration(LONGEST_COOLDOWN)}",
                "write how long after a raise no other comes, like 10m",
            )
        return value

    @field_validator("window")
    @classmethod
    def _window_in_bounds(cls, value: timedelta) -> timedelta:
        if not timedelta(minutes=30) <= value <= LONGEST_WINDOW:
            raise mistake(
                f"{format_duration(value)} is not from 30m to {format_duration(LONGEST_WINDOW)}",
                "write how far ahead an urgent plan looks, like 3h",
            )
        return value
