"""What a target type needs to be allowed when a tier has scaling policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foresail.targets.base import Target

_READS = ("Describe", "Get")


@dataclass(frozen=True, slots=True)
class IamOfPolicies:
    """IAM actions that planning calls, and those that applying calls as well."""

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


def iam_of_policies(target: type[Target]) -> IamOfPolicies:
    """Split a type's list into what only reads and what writes; empty where it takes no policy."""
    actions: tuple[str, ...] = getattr(target, "iam_policies", ())
    reads = tuple(a for a in actions if a.split(":")[1].startswith(_READS))
    return IamOfPolicies(reads, tuple(a for a in actions if a not in reads))
