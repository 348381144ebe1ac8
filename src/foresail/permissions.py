"""IAM policies of what foresail calls, made from the lists that the targets keep themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foresail.credentials import IAM_WRITE
from foresail.targets.arns import Place, Scope, scope
from foresail.targets.scheduler import ScheduledCall

if TYPE_CHECKING:
    from foresail.config import Config
    from foresail.targets.base import Target

PULL = ("cloudwatch:GetMetricData",)
VERSION = "2012-10-17"
ANYWHERE = Place()


@dataclass(frozen=True, slots=True)
class Use:
    """A target type in use, and which resource of it; any when `name` is None.

    `reads` and `writes` are called beside what the type itself lists: boot times, policies.
    `place` is where it is, when not where the policy's other resources are.
    """

    target: type[Target]
    name: str | None = None
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    place: Place | None = None


def policy(uses: Iterable[Use], *, write: bool, place: Place = ANYWHERE) -> dict[str, Any]:
    """Least policy for some targets; resources and conditions as narrow as AWS takes them.

    Parameters
    ----------
    uses
        Targets in use.
    write
        Also allow what apply and rollback write; they plan and read back too.
    place
        Region of the resources, role and group of the schedules.
    """
    known = list(uses)
    reads = [(use, (*PULL, *use.target.iam_read, *use.reads)) for use in known]
    statements = [*_statements("ForesailRead", reads, place)]
    if write:
        writes = [(use, (*use.target.iam_write, *use.writes)) for use in known]
        statements += _statements("ForesailApply", writes, place)
    return {"Version": VERSION, "Statement": statements}


def role_policy(uses: Iterable[Use], *, place: Place = ANYWHERE) -> dict[str, Any]:
    """Policy of the role that EventBridge Scheduler takes on to make the calls of a plan.

    Without a statement when none of the targets is called by it.
    """
    calls = [
        (use, (*use.target.iam_call, "sqs:SendMessage"))
        for use in uses
        if issubclass(use.target, ScheduledCall)
    ]
    return {"Version": VERSION, "Statement": [*_statements("ForesailSchedule", calls, place)]}


def assuming(config: Config) -> list[dict[str, Any]]:
    """Allow taking on the roles of other accounts that services name."""
    roles = sorted({one.account.role_arn for one in config.services if one.account})
    said = {"Sid": "ForesailAccounts", "Effect": "Allow", "Action": list(IAM_WRITE)}
    return [{**said, "Resource": roles[0] if len(roles) == 1 else roles}] if roles else []


def _statements(
    name: str, lists: Sequence[tuple[Use, tuple[str, ...]]], place: Place
) -> Iterator[dict[str, Any]]:
    """One statement for all actions that share resources and condition, the widest first."""
    shared: dict[Scope, set[str]] = defaultdict(set)
    for action, where in _widest(lists, place).items():
        for one in _merged(where):
            shared[one].add(action)
    ordered = sorted(shared, key=lambda one: (one.resources, one.conditions))
    for number, one in enumerate(ordered, 1):
        sid = name if len(ordered) == 1 else f"{name}{number}"
        actions = sorted(shared[one])
        yield {"Sid": sid, "Effect": "Allow", "Action": actions, **one.to_json()}


def _widest(lists: Sequence[tuple[Use, tuple[str, ...]]], place: Place) -> dict[str, set[Scope]]:
    where: dict[str, set[Scope]] = defaultdict(set)
    for use, actions in lists:
        for action in actions:
            where[action].add(scope(action, use.target, use.name, use.place or place))
    return where


def _merged(scopes: set[Scope]) -> Iterator[Scope]:
    """Put the resources of one condition together; all of them are in ``*``."""
    by_condition: dict[tuple[tuple[str, str], ...], set[str]] = defaultdict(set)
    for one in scopes:
        by_condition[one.conditions] |= set(one.resources)
    for conditions, resources in by_condition.items():
        yield Scope(("*",) if "*" in resources else tuple(sorted(resources)), conditions)
