"""A plan before its time: in seconds, bounded, and only upwards.

It builds on the last plan: its forecast is read from the store, and what it needs of the hours
ahead is raised. Nothing that stands is lowered, and the next full plan takes over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foresail.changes.fence import Fence
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.config import Config
from foresail.config.approval import ask_of
from foresail.cycle.approving import hold
from foresail.cycle.gates import closed
from foresail.cycle.keeping import keep_outcome
from foresail.cycle.outcome import Outcome
from foresail.cycle.risk import Risk
from foresail.cycle.work import Clock, Progress, Work
from foresail.failures import failure_of
from foresail.graph import bottom_up, top_down
from foresail.logs import bind_run, get_logger
from foresail.operations import apply_all
from foresail.operations.leasing import leased
from foresail.pipeline import Tier, open_tier, tiers
from foresail.pipeline.decided import decided_for
from foresail.pipeline.standing import plan_overrides
from foresail.publish.run_events import urgent
from foresail.publish.telling import after_apply
from foresail.store.leases import LeaseHeld
from foresail.store.opening import open_store
from foresail.urgent.admission import answer, ignored, last_of, objection, unanswered
from foresail.urgent.calls import Call
from foresail.urgent.events import Refusal, read_event
from foresail.urgent.foreseen import Kept, kept
from foresail.urgent.looking import look
from foresail.urgent.rise import Rise, allowed, raised_bounds

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.store.opening import Store

log = get_logger(__name__)
NOTHING = "demand does not lie above the forecast: what stands is enough"


def replan_urgently(
    config: Config,
    aws: Aws,
    event: Any,
    clock: Clock,
    store: Store | None = None,
    *,
    progress: Progress = lambda _: None,
) -> list[Outcome]:
    """Answer an event with a raised floor for the next hours, where demand calls for it.

    Parameters
    ----------
    config, aws, clock
        What to plan, where, and what tells the aware time.
    event
        An event of EventBridge (an alarm of foresail's, or a business event of a configured
        source), or a message of demand; see docs/urgent.md.
    store
        That of the configuration where None.
    progress
        Told each step in words.

    Returns
    -------
    list of Outcome
        One for the service that was called for; none where the event calls for nothing.

    Raises
    ------
    InputError
        The event has no known shape, or names what the configuration has not.
    """
    asked = read_event(event, config)
    if isinstance(asked, Refusal):
        log.info("event ignored", event_id=asked.id, reason=asked.reason)
        progress(asked.reason)
        return []
    return answer_calls(config, aws, [asked], clock, store, progress=progress)


def answer_calls(
    config: Config,
    aws: Aws,
    calls: Iterable[Call],
    clock: Clock,
    store: Store | None = None,
    *,
    progress: Progress = lambda _: None,
) -> list[Outcome]:
    """Answer calls one by one, each under the lease of its service; answers an outcome for each."""
    work = Work(config, aws, store or open_store(config, aws, clock), clock, progress)
    with bind_run(None):
        return [_one(work, call) for call in calls]


def _one(work: Work, call: Call) -> Outcome:
    try:
        with leased(work.store.leases, call.service) as fence:
            outcome = _under_lease(work, call, fence)
    except LeaseHeld as error:
        outcome = Outcome(call.service, "held", reasons=(str(error),))
    except Exception as error:  # noqa: BLE001 - whatever it is, the other calls are answered
        failure = failure_of(call.service, error)
        reasons = tuple(filter(None, (failure.message, failure.cure)))
        outcome = keep_outcome(work, Outcome(call.service, "failed", reasons=reasons))
    log.info("urgent", service=call.service, trigger=call.trigger, state=outcome.state)
    return outcome


def _under_lease(work: Work, call: Call, fence: Fence) -> Outcome:
    """Answer a call; what is written down of it comes last, so that a cut run is made again."""
    records, now = work.store.records, work.clock()
    ids = unanswered(records, call)
    if not ids:
        return Outcome(call.service, "unchanged", reasons=("the event was answered before",))
    last = last_of(records, call.service)
    why = objection(last, call, now, work.config.urgent.cooldown)
    if why:
        ignored(records, ids, call, now)
        return Outcome(call.service, "unchanged", reasons=(why,))
    outcome = _answered(work, call, fence)
    raised = outcome.state in ("applied", "waiting")
    answer(records, call, ids, now, raised=raised, last=last)
    told = urgent(
        call.service,
        work.config.region,
        now,
        trigger=call.trigger,
        state=outcome.state,
        plan=outcome.plan_id,
        reasons=outcome.reasons,
    )
    work.tell([told])
    return keep_outcome(work, outcome)


def _answered(work: Work, call: Call, fence: Fence) -> Outcome:
    name, now = call.service, work.clock()
    gate = closed(work.store.records, work.config.service(name), now)
    if gate is not None:
        return Outcome(name, gate.state, reasons=(gate.reason,))
    group = tiers(work.config, name)
    chosen = [one for one in group if call.tier in ("", one.tier.name)]
    rises = look(call, [kept(work.store, one, now) for one in chosen], work.aws, work.store, now)
    plans = _plans(work, group, _with_needs(group, rises), now)
    plan = PlanFile(now, work.config.region, work.config.digest(), tuple(plans))
    if not plan.has_changes:
        said = (NOTHING,) if not rises else ("what stands is as high already, or as is allowed",)
        return Outcome(name, "unchanged", reasons=said)
    why = tuple(dict.fromkeys(rise.why for rise in rises.values()))
    if _asks(work, plan):
        return hold(work, name, plan, Risk((*why, "every plan waits here (approval.ask)"), None))
    return _apply(work, plan, why, fence)


def _with_needs(group: Sequence[Tier], rises: dict[str, Rise]) -> dict[str, Rise]:
    """Raise what a raised tier needs, too, by the highest factor of the tiers that need it."""
    needs = group[0].service.needs() if group else {}
    found = dict(rises)
    for name in (one for one in top_down(needs) if one in found):
        rise = found[name]
        for lower in needs[name]:
            if lower not in found or found[lower].factor < rise.factor:
                found[lower] = replace(rise, why=f"{rise.why} ({name} needs {lower})")
    return found


def _plans(
    work: Work, group: Sequence[Tier], rises: dict[str, Rise], now: datetime
) -> list[TierPlan]:
    """Plans of the tiers that rise, from the bottom up."""
    by_name = {one.tier.name: one for one in group}
    order = bottom_up(group[0].service.needs())
    return [_raise(work, by_name[name], rises[name], now) for name in order if name in rises]


def _raise(work: Work, tier: Tier, rise: Rise, now: datetime) -> TierPlan:
    known = kept(work.store, tier, now)
    target = open_tier(tier, work.aws)
    live = target.read(tier.tier.target.name)
    most = min(_allowed(known, now), tier.tier.max, live.max_size)
    window = work.config.urgent.window
    bounds = raised_bounds(known.needed(), rise, now, window, most)
    decided = decided_for(tier, work.store.records, now)
    made = plan_overrides(tier, live, target, decided, now, raised=bounds, why=rise.why)
    return replace(made, about={**made.about, "notes": [*made.about["notes"], rise.why]})


def _allowed(known: Kept, now: datetime) -> int:
    tier = known.tier.tier
    return allowed(known.floors(now), tier.guardrails.increase, tier.min)


def _asks(work: Work, plan: PlanFile) -> bool:
    """Whether every plan of a tier waits for a person: an urgent one does, then, too."""
    for one in plan.tiers:
        service = work.config.service(one.service)
        tier = next(tier for tier in service.tiers if tier.name == one.tier)
        if ask_of((work.config.approval, service.approval, tier.approval)) == "always":
            return True
    return False


def _apply(work: Work, plan: PlanFile, why: Sequence[str], fence: Fence) -> Outcome:
    name = plan.tiers[0].service
    rows = apply_all(
        work.config,
        plan,
        work.aws,
        work.clock,
        work.progress,
        store=work.store,
        fences={name: fence},
    )
    after_apply(work.config, work.aws, plan, rows, work.clock(), work.warn, store=work.store)
    return Outcome(name, "applied", plan.id, tuple(why), tuple(rows))
