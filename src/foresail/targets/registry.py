"""Target types by name: each is served by the module that is named like it.

The module of ``ecs-service`` is ``ecs_service``, and its ``TARGET`` the class: a new target is a
new file, and nothing else has to know.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import foresail.targets
from foresail.errors import ConfigError
from foresail.targets.roles import needs_scheduler
from foresail.targets.scheduler import ScheduledCall
from foresail.targets.unplannable import REASONS

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config.scheduling import SchedulerConfig
    from foresail.targets.base import Target


@cache
def target_classes() -> dict[str, type[Target]]:
    """Class of each target type, by type name."""
    found: dict[str, type[Target]] = {}
    for module in iter_modules(foresail.targets.__path__, "foresail.targets."):
        cls = getattr(import_module(module.name), "TARGET", None)
        if cls is not None:
            found[cls.type_name] = cls
    return found


def target_class(type_name: str) -> type[Target]:
    """Class that serves a target type.

    Raises
    ------
    ConfigError
        When no module serves the type: AWS cannot schedule it, or else names the nearest one.
    """
    if type_name in REASONS:
        why, cure = REASONS[type_name]
        raise ConfigError(f"target.type: {type_name}: {why}", cure=cure)
    known = target_classes()
    if type_name not in known:
        close = difflib.get_close_matches(type_name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known types: {', '.join(known)}"
        raise ConfigError(f"target.type: unknown target type {type_name!r}", cure=hint)
    return known[type_name]


def sets_capacity(cls: type[Target]) -> bool:
    """Whether an action sets the capacity itself, so that it also falls with no policy's help."""
    return issubclass(cls, ScheduledCall)


def open_target(type_name: str, aws: Aws, scheduler: SchedulerConfig | None = None) -> Target:
    """Target of a type, speaking through the given account.

    Parameters
    ----------
    type_name
        As in ``target.type``.
    aws
        The account.
    scheduler
        Role, queue and group of the configuration, for targets that EventBridge Scheduler calls.

    Raises
    ------
    ConfigError
        When the type needs `scheduler` and there is none; says how to make the role.
    """
    cls = target_class(type_name)
    if not issubclass(cls, ScheduledCall):
        return cls(aws)  # type: ignore[call-arg]  # a Protocol has no constructor
    if scheduler is None:
        raise needs_scheduler(cls)
    return cls(aws, scheduler)
