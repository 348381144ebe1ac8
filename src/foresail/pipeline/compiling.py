"""Compile the steps of a tier into what should stand on its target, judged by its guardrails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from foresail.changes.changeset import name_actions
from foresail.changes.compared import compare
from foresail.changes.guardrails import Evidence, Limits, refusals
from foresail.changes.planfile import TierPlan
from foresail.pipeline.fitting import Fitted
from foresail.pipeline.overriding import Decided, with_reasons
from foresail.pipeline.policies import sets_desired, wanted_settings
from foresail.pipeline.recurring import recurring_actions
from foresail.pipeline.schedule import settled, taken_minutes
from foresail.pipeline.tiers import Tier
from foresail.plan.compile import DesiredAction, compile_actions
from foresail.plan.weekly import Week
from foresail.policies.items import Item
from foresail.targets.base import LiveTarget, ScheduledAction, Target


@dataclass(frozen=True, slots=True)
class Chosen:
    """Steps that a tier's plan has, and those that it would have if nobody had decided otherwise.

    Parameters
    ----------
    fitted, alone
        Steps with overrides and without; the same where there is none.
    week
        A week that recurs, in place of the steps.
    decided
        Overrides and windows.
    early
        How long before they are to be in service units are requested.
    """

    fitted: Fitted
    alone: Fitted
    week: Week | None
    decided: Decided
    early: timedelta


def compiled(
    tier: Tier,
    live: LiveTarget,
    target: Target,
    about: dict[str, Any],
    chosen: Chosen,
    now: datetime,
) -> TierPlan:
    """Plan of a tier: what should stand, why, and what its guardrails say to it.

    What an override asks for was decided by a person: guardrails judge the plan without it, and
    against a floor without it.
    """
    settings = wanted_settings(tier, live)
    with_desired = sets_desired(live, settings)
    wanted, reasons = _wanted(tier, live, target, chosen, now, with_desired=with_desired)
    own: Sequence[Item] = wanted
    if chosen.alone is not chosen.fitted:
        own = name_actions(live, one_off(live, chosen.alone, now, set_desired=with_desired))
    aside = chosen.decided.aside(chosen.early)
    limits = Limits(**tier.tier.guardrails.model_dump())
    return TierPlan(
        service=tier.service.name,
        tier=tier.tier.name,
        live=live,
        wanted=(*wanted, *settings),
        reasons=reasons | {one.name: "policies in foresail.yaml" for one in settings},
        refused=tuple(refusals(live, own, limits, _evidence(about), now, aside)),
        about=about | {"compared": compare(live, own, now, aside).to_json()},
        region=tier.region,
        account=tier.account,
    )


def _wanted(
    tier: Tier,
    live: LiveTarget,
    target: Target,
    chosen: Chosen,
    now: datetime,
    *,
    with_desired: bool,
) -> tuple[list[ScheduledAction], dict[str, str]]:
    recurring: list[ScheduledAction] = []
    reasons: dict[str, str] = {}
    if chosen.week is None:
        desired = one_off(live, chosen.fitted, now, set_desired=with_desired)
        desired = with_reasons(desired, chosen.decided.standing(now), chosen.early)
    else:
        recurring, reasons, desired = recurring_actions(
            tier, live, target, chosen.week, now, set_desired=with_desired
        )
    named = name_actions(live, desired)
    reasons |= {a.name: d.reason for a, d in zip(named, desired, strict=True)}
    return [*recurring, *named], reasons


def one_off(
    live: LiveTarget, fitted: Fitted, now: datetime, *, set_desired: bool
) -> list[DesiredAction]:
    """Actions that each happen once, beside what stands."""
    desired = compile_actions(
        fitted.steps,
        end=fitted.end,
        floor=fitted.last,
        now=now,
        set_desired=set_desired,
        taken=taken_minutes(live, now, fitted.end),
        slack=fitted.slack,
        ending=fitted.ending,
    )
    return settled(live, desired, now)


def _evidence(about: dict[str, Any]) -> Evidence:
    return Evidence(
        trust=float(about["trust"]),
        trust_reasons=str(about["trust_reasons"]),
        history=timedelta(days=float(about["history_days"])),
    )
