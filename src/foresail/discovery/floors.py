"""The floor that a person configured, where foresail's own schedule holds the minimum up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from foresail.changes.names import owned
from foresail.discovery.found import Found
from foresail.targets.base import by_time, scheduled
from foresail.targets.registry import open_target, target_class

if TYPE_CHECKING:
    from foresail.aws import Aws

_TYPES = ("ec2-auto-scaling-group", "ecs-service")
IAM_READ = tuple(sorted({a for name in _TYPES for a in target_class(name).iam_read}))


def with_own_floor(found: Found, aws: Aws) -> Found:
    """Take the minimum that foresail's schedule returns to at its end, and say so.

    Without this a file written while a plan is in force would make its floor the lowest for ever.
    """
    live = open_target(found.target_type, aws, None).read(found.target_name)
    ahead = [a for a in by_time(scheduled(owned(live))) if a.min_size is not None]
    if not ahead or ahead[-1].min_size in (None, found.minimum):
        return found
    least = ahead[-1].min_size
    note = f"min: foresail's schedule holds it at {found.minimum}, and returns it to {least}"
    return replace(found, minimum=least, notes=(*found.notes, note))
