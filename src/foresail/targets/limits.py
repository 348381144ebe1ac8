"""Limits of AWS on a target's capacity, and the words a target uses for its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foresail.errors import ConfigError

if TYPE_CHECKING:
    from foresail.targets.base import Target

Bounds = tuple[int, int | None]


def check_capacity(target: type[Target], minimum: int, maximum: int) -> None:
    """Refuse bounds of a tier that AWS does not allow for its target.

    Raises
    ------
    ConfigError
        Naming the key and what AWS allows.
    """
    least, most = target.bounds
    if minimum < least:
        raise ConfigError(
            f"min: {minimum} {target.unit} is less than {target.type_name} can have",
            cure=f"write min: {least} or more",
        )
    if most is not None and maximum > most:
        raise ConfigError(
            f"max: {maximum} {target.unit} is more than {target.type_name} can have",
            cure=f"write max: {most} or less",
        )


def floor_word(target: type[Target]) -> str:
    """Name the floor as AWS does for a target: ``MinSize`` of a group, else ``min capacity``."""
    return "MinSize" if target.has_desired else "min capacity"


def ceiling_word(target: type[Target]) -> str:
    """Name the ceiling as AWS does for a target: ``MaxSize`` of a group, else ``max capacity``."""
    return "MaxSize" if target.has_desired else "max capacity"
