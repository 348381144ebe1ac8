"""IAM policies of what foresail calls, made from the lists that the targets keep themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foresail.targets.base import Target

PULL = ("cloudwatch:GetMetricData",)


def policy(targets: Iterable[type[Target]], *, write: bool) -> dict[str, Any]:
    """Least policy for some target types.

    Parameters
    ----------
    targets
        Classes of the target types in use.
    write
        Also allow what apply and rollback write; they plan and read back too.
    """
    classes = list(targets)
    reads = {*PULL, *(action for cls in classes for action in cls.iam_read)}
    statements = [_statement("ForesailRead", reads)]
    if write:
        writes = {action for cls in classes for action in cls.iam_write}
        statements.append(_statement("ForesailApply", writes))
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(name: str, actions: Iterable[str]) -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
