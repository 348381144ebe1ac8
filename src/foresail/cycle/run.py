"""Plan and apply service by service: each under its lease, and one that fails stops no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from foresail.aws import throttled
from foresail.changes.fence import Fence
from foresail.changes.planfile import PlanFile
from foresail.config import Config
from foresail.cycle.approving import go_on, hold
from foresail.cycle.gates import Gate, closed
from foresail.cycle.keeping import keep_outcome
from foresail.cycle.measuring import measured, tell_health
from foresail.cycle.outcome import Outcome
from foresail.cycle.overriding import follow_overrides
from foresail.cycle.risk import risk_of
from foresail.cycle.work import Clock, Progress, Work
from foresail.failures import failure_of
from foresail.logs import bind_run
from foresail.operations import apply_all
from foresail.operations.leasing import leased
from foresail.pipeline import plan_all, tiers
from foresail.pipeline.scaling_plan import prefers_plan
from foresail.publish.telling import after_apply, after_plan
from foresail.store.leases import LeaseHeld
from foresail.store.opening import open_store

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.store.opening import Store

Rows = Sequence[dict[str, Any]]


def plan_and_apply(
    config: Config,
    aws: Aws,
    clock: Clock,
    *,
    store: Store | None = None,
    service: str | None = None,
    progress: Progress = lambda _: None,
    run_id: str | None = None,
) -> list[Outcome]:
    """Plan each service, apply what may go by itself, and let the rest wait for a person.

    Services come one after the other, each under a lease, so that no two runs act on one at once.

    Parameters
    ----------
    config, aws, clock
        What to plan, where, and what tells the aware time.
    store
        That of the configuration where None.
    service
        Only this one. Without it, services whose tiers a scaling plan moves are left out.
    progress
        Told each step in words.
    run_id
        By which logs, calls of AWS and events of this run are found; a new one where None.

    Returns
    -------
    list of Outcome
        One for each service, in the order of the configuration.

    Raises
    ------
    InputError
        No service has that name, or the configuration or the store cannot be used.
    """
    chosen = {tier.service.name: tier.service for tier in tiers(config, service)}
    left_out = {name for name, one in chosen.items() if service is None and prefers_plan(one)}
    names = [name for name in chosen if name not in left_out]
    work = Work(config, aws, store or open_store(config, aws, clock), clock, progress)
    with bind_run(run_id):
        done = [measured(name, partial(_kept, work, name)) for name in names]
        tell_health(work, [run for _, run in done])
    return [outcome for outcome, _ in done]


def _kept(work: Work, name: str) -> Outcome:
    return keep_outcome(work, _one(work, name))


def _one(work: Work, name: str) -> Outcome:
    """Run one service; whatever goes wrong is its own outcome."""
    try:
        with leased(work.store.leases, name) as fence:
            return _under_lease(work, name, fence)
    except LeaseHeld as error:
        return Outcome(name, "held", reasons=(str(error),))
    except Exception as error:  # noqa: BLE001 - whatever it is, the other services go on
        return _failed(name, error, ())


def _failed(name: str, error: Exception, written: Rows) -> Outcome:
    failure = failure_of(name, error)
    reasons = tuple(said for said in (failure.message, failure.cure) if said)
    return Outcome(name, "failed", reasons=reasons, rows=tuple(written), throttled=throttled(error))


def _under_lease(work: Work, name: str, fence: Fence) -> Outcome:
    """Write overrides first, then what was approved, then a new plan."""
    gate = closed(work.store.records, work.config.service(name), work.clock())
    frozen = gate is not None and gate.state == "frozen"
    written = [] if frozen else follow_overrides(work, name, fence)
    try:
        resumed = None if gate else go_on(work, name, fence)
        return resumed or _planned(work, name, fence, gate, written)
    except Exception as error:  # noqa: BLE001 - what overrides wrote is told beside it
        return _failed(name, error, written)


def _planned(work: Work, name: str, fence: Fence, gate: Gate | None, written: Rows) -> Outcome:
    plan = _plan(work, name, fence)
    done = _carried_out(work, name, plan, fence, gate, written)
    return replace(done, plan=done.plan or plan)


def _carried_out(
    work: Work, name: str, plan: PlanFile, fence: Fence, gate: Gate | None, written: Rows
) -> Outcome:
    """Apply a plan, or tell why it is not."""
    refused = tuple(f"{one.tier}: {why}" for one in plan.tiers for why in one.refused)
    if gate is not None:
        return Outcome(name, gate.state, plan.id, (gate.reason,), tuple(written))
    if refused:
        return Outcome(name, "refused", plan.id, refused, tuple(written))
    if not plan.has_changes:
        work.pending.supersede(name, plan.id)
        return Outcome(name, "applied" if written else "unchanged", plan.id, rows=tuple(written))
    risk = risk_of(work.config, plan, work.store.journal)
    if risk.reasons:
        return hold(work, name, plan, risk, written)
    return _apply(work, name, plan, fence, written)


def _plan(work: Work, name: str, fence: Fence) -> PlanFile:
    def progress(text: str) -> None:
        fence.touch()
        work.progress(text)

    now = work.clock()
    plan, planned = plan_all(
        work.config, work.aws, now, store=work.store, service=name, progress=progress
    )
    after_plan(work.config, work.aws, plan, planned, now, work.warn, store=work.store)
    return plan


def _apply(work: Work, name: str, plan: PlanFile, fence: Fence, written: Rows) -> Outcome:
    fences = {name: fence}
    rows = apply_all(
        work.config, plan, work.aws, work.clock, work.progress, store=work.store, fences=fences
    )
    work.pending.supersede(name, plan.id)
    after_apply(work.config, work.aws, plan, rows, work.clock(), work.warn, store=work.store)
    return Outcome(name, "applied", plan.id, rows=(*written, *rows))
