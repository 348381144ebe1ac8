"""Plans that wait: held for a person, approved and written, or rejected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foresail.approval.pending import Pending, check_decidable
from foresail.approval.standing import still_right
from foresail.approval.token import approval_token, claim, key_for_approval
from foresail.changes.fence import Fence
from foresail.changes.planfile import PlanFile
from foresail.config.approval import expires_of
from foresail.cycle.gates import closed
from foresail.cycle.keeping import keep_outcome
from foresail.cycle.outcome import Outcome
from foresail.cycle.risk import Risk
from foresail.cycle.work import Work
from foresail.errors import InputError, RefusedError
from foresail.operations import apply_all
from foresail.operations.leasing import leased
from foresail.publish.run_events import approval_decided, approval_needed
from foresail.publish.telling import after_apply
from foresail.signing import signing_key
from foresail.store.records import Change, Conflict

AGAIN = "foresail run makes a new plan"


def hold(
    work: Work, name: str, plan: PlanFile, risk: Risk, written: Sequence[dict[str, Any]] = ()
) -> Outcome:
    """Let a plan wait for a person, and tell those who may approve it.

    One that waits already and says the same goes on waiting in its place: who looks at a plan
    should not find it replaced by the next hour's.
    """
    before = _waiting_on(work, name, plan)
    if before is not None:
        reasons = work.pending.read(before.id).reasons
        return Outcome(name, "waiting", before.id, reasons, tuple(written), plan=before)
    waiting = _pending(work, name, plan, risk)
    key = signing_key(work.aws)
    work.pending.hold(plan, waiting)
    work.pending.prune(work.clock())
    cost = None if risk.cost_per_day is None else float(risk.cost_per_day)
    event = approval_needed(
        name,
        work.config.region,
        work.clock(),
        plan=plan.id,
        reasons=risk.reasons,
        expires=waiting.expires,
        changes=waiting.changes,
        dollars_a_day=cost,
        token=None if key is None else approval_token(waiting, key),
    )
    work.tell([event])
    return Outcome(name, "waiting", plan.id, risk.reasons, tuple(written))


def _waiting_on(work: Work, name: str, plan: PlanFile) -> PlanFile | None:
    """Plan of a service that waits and is still the one to decide on."""
    for one in work.pending.waiting(work.clock(), name):
        before = work.pending.plan(one.plan_id)
        if still_right(before, plan, work.clock()):
            return before
    return None


def _pending(work: Work, name: str, plan: PlanFile, risk: Risk) -> Pending:
    levels = (work.config.approval, work.config.service(name).approval)
    changes = sum(len(tier.changes(plan.created).pending) for tier in plan.tiers)
    cost = None if risk.cost_per_day is None else str(risk.cost_per_day)
    return Pending(
        plan_id=plan.id,
        digest=plan.digest,
        service=name,
        state="waiting",
        created=plan.created,
        expires=plan.created + expires_of(levels),
        reasons=risk.reasons,
        changes=changes,
        cost_per_day=cost,
    )


def approve(work: Work, plan_id: str, by: str, why: str, *also: Change) -> Outcome:
    """Approve a plan that waits, and write it at once through the checks of any apply.

    `also` are written together with the approval, or nothing is.

    Raises
    ------
    InputError
        It never waited, is too old, or stale.
    RefusedError
        It was decided already, or its service is frozen or forecast only.
    LeaseHeld
        A run is at work on the service.
    """
    waiting = work.pending.read(plan_id)
    with leased(work.store.leases, waiting.service) as fence:
        plan = _approvable(work, waiting)
        decided = work.pending.approve(plan_id, by, why, work.clock(), *also)
        _tell_decided(work, decided, "approved")
        return keep_outcome(work, _write(work, decided, plan, fence))


def approve_by_token(work: Work, token: str, by: str, why: str) -> Outcome:
    """Approve the plan that a signed token is for; a token counts once.

    Raises
    ------
    InputError, RefusedError
        As `approve`; or the token is forged, has expired, was used, or is for another plan.
    """
    found = claim(token, key_for_approval(work.aws), work.pending, work.clock())
    try:
        return approve(work, found.plan_id, by, why, found.use)
    except Conflict as error:
        raise RefusedError(
            f"plan {found.plan_id} was decided in this moment, or the token was used",
            cure="see foresail history",
        ) from error


def reject(work: Work, plan_id: str, by: str, why: str, *also: Change) -> Pending:
    """Reject a plan that waits; the next run may propose another.

    Raises
    ------
    InputError, RefusedError
        As `approve`.
    """
    decided = work.pending.reject(plan_id, by, why, work.clock(), *also)
    _tell_decided(work, decided, "refused")
    return decided


def go_on(work: Work, name: str, fence: Fence) -> Outcome | None:
    """Write an approved plan that was cut off, where it still can be; None when there is none."""
    found = work.pending.approved(work.clock(), name)
    if found is None:
        return None
    try:
        return _write(work, found, _approvable(work, found), fence)
    except RefusedError:
        return None
    except InputError as error:
        if type(error) is not InputError:
            raise  # AWS could not be asked: the approval still stands
        return None


def _approvable(work: Work, waiting: Pending) -> PlanFile:
    """Plan that waits, checked against the configuration and the gates of its service."""
    check_decidable(waiting, work.clock())
    service = work.config.service(waiting.service)
    gate = closed(work.store.records, service, work.clock())
    if gate is not None:
        raise RefusedError(
            f"plan {waiting.plan_id} cannot be applied: {waiting.service} is {gate.state}: "
            f"{gate.reason}",
            cure=f"once that has ended, {AGAIN}",
        )
    plan = work.pending.plan(waiting.plan_id)
    if plan.config_digest != work.config.digest():
        raise InputError(
            f"the configuration changed since plan {waiting.plan_id} was made", cure=AGAIN
        )
    return plan


def _write(work: Work, decided: Pending, plan: PlanFile, fence: Fence) -> Outcome:
    by = f"{decided.by}: {decided.note}" if decided.note else decided.by
    try:
        rows = apply_all(
            work.config,
            plan,
            work.aws,
            work.clock,
            work.progress,
            store=work.store,
            fences={decided.service: fence},
            approved_by=by,
        )
    except InputError as error:
        if type(error) is InputError:  # stale: approving it again would not help
            work.pending.finish(decided.plan_id, "superseded", note="what stands now")
        raise
    work.pending.finish(decided.plan_id, "applied")
    after_apply(work.config, work.aws, plan, rows, work.clock(), work.warn, store=work.store)
    return Outcome(decided.service, "applied", plan.id, (f"approved by {by}",), tuple(rows))


def _tell_decided(work: Work, decided: Pending, decision: Any) -> None:
    work.tell(
        [
            approval_decided(
                decided.service,
                work.config.region,
                work.clock(),
                plan=decided.plan_id,
                decision=decision,
                by=decided.by,
                reasons=[decided.note] if decided.note else [],
            )
        ]
    )
