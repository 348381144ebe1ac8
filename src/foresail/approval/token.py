"""Tokens that approve one plan once: signed, bound to its content, and short of life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from foresail.approval.pending import Pending, PendingPlans
from foresail.errors import InputError, RefusedError
from foresail.signing import VARIABLE, SigningKey, sign, signing_key, verify
from foresail.store.records import Put

if TYPE_CHECKING:
    from foresail.aws import Aws

PARTITION = "approval"  # tokens that were used, until they expire
_ANOTHER = "approve the plan by its id: foresail approve PLAN_ID"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token approves, and the record of its only use, to be written with the approval."""

    plan_id: str
    use: Put


def approval_token(waiting: Pending, key: SigningKey) -> str:
    """Sign a token that approves a waiting plan as long as it may be approved."""
    payload = {
        "id": token_urlsafe(12),
        "plan": waiting.plan_id,
        "digest": waiting.digest,
        "service": waiting.service,
        "expires": waiting.expires.astimezone(UTC).isoformat(),
    }
    return sign(payload, key)


def claim(token: str, key: SigningKey, plans: PendingPlans, now: datetime) -> Claim:
    """Check a token, and give the claim on its plan.

    Raises
    ------
    InputError
        It was not signed with this key, has expired, or approves no plan that ever waited here.
    RefusedError
        It was used before, or the plan is not the one that it was signed for.
    """
    said = verify(token, key, now)
    try:
        token_id, plan_id, digest = str(said["id"]), str(said["plan"]), str(said["digest"])
    except KeyError as error:
        raise InputError("the token approves no plan", cure=_ANOTHER) from error
    waiting = plans.read(plan_id)
    if (waiting.digest, waiting.service) != (digest, said.get("service")):
        raise RefusedError(f"the token is not for plan {plan_id} as it waits here", cure=_ANOTHER)
    if plans.records.get(PARTITION, token_id) is not None:
        raise RefusedError(f"the token for plan {plan_id} was used before", cure=_ANOTHER)
    data = {"plan": plan_id, "used": now.astimezone(UTC).isoformat()}
    return Claim(plan_id, Put(PARTITION, token_id, data, waiting.expires, expected=0))


def key_for_approval(aws: Aws) -> SigningKey:
    """Key that tokens are checked with.

    Raises
    ------
    InputError
        When the environment names none.
    """
    key = signing_key(aws)
    if key is None:
        raise InputError(
            "a token needs the key that it was signed with",
            cure=f"set {VARIABLE}, as for the run that made it; or {_ANOTHER}",
        )
    return key
