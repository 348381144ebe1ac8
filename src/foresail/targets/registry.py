"""Target types by name; each module registers its own."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING

from foresail.errors import ConfigError

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.targets.base import Target

# A type's name and the module and class that serve it, imported when first asked for.
_TARGETS = {
    "ec2-auto-scaling-group": ("foresail.targets.ec2_auto_scaling_group", "AutoScalingGroup"),
}


def target_class(type_name: str) -> type[Target]:
    """Class that serves a target type.

    Raises
    ------
    ConfigError
        When no module serves the type; names the nearest one that exists.
    """
    if type_name not in _TARGETS:
        close = difflib.get_close_matches(type_name, _TARGETS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known types: {', '.join(_TARGETS)}"
        raise ConfigError(f"target.type: unknown target type {type_name!r}", cure=hint)
    module, name = _TARGETS[type_name]
    found: type[Target] = getattr(import_module(module), name)
    return found


def open_target(type_name: str, aws: Aws) -> Target:
    """Target of a type, speaking through the given account."""
    cls = target_class(type_name)
    return cls(aws)  # type: ignore[call-arg]  # a Protocol has no constructor
