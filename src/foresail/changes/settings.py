"""What cannot be wanted beside the scaling policies and warm pool that others keep."""

from __future__ import annotations

from collections.abc import Sequence

from foresail.changes.names import other_settings, owned_settings
from foresail.errors import InputError
from foresail.policies.items import Setting, WarmPool
from foresail.targets.base import LiveTarget

POLICY_QUOTA = 50  # per group and per scalable target, not adjustable


def check_settings(live: LiveTarget, wanted: Sequence[Setting]) -> None:
    """Refuse settings that would overwrite others' or do not fit beside them.

    Raises
    ------
    InputError
        When somebody else keeps a warm pool there, or policies are over AWS's quota.
    """
    theirs = other_settings(live)
    if _pools(theirs) and _pools(wanted):
        raise InputError(
            f"{live.name} has a warm pool that foresail did not make: {_pools(theirs)[0].sizes()}",
            cure="leave warm_pool out of foresail.yaml, or delete that pool first: "
            f"aws autoscaling delete-warm-pool --auto-scaling-group-name {live.name}",
        )
    names = {one.name for one in (*theirs, *owned_settings(live), *wanted) if not _pools([one])}
    if len(names) > POLICY_QUOTA:
        raise InputError(
            f"{live.name} would hold {len(names)} scaling policies while they are replaced; AWS "
            f"allows {POLICY_QUOTA}",
            cure="delete scaling policies that are no longer needed",
        )


def _pools(settings: Sequence[Setting]) -> list[WarmPool]:
    return [one for one in settings if isinstance(one, WarmPool)]
