"""Put overrides on what stands, without a forecast: a bounded change that needs no metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd

from foresail.changes.changeset import name_actions
from foresail.changes.compared import compare
from foresail.changes.floor import CYCLE, Floor
from foresail.changes.names import owned, owned_settings
from foresail.changes.planfile import TierPlan
from foresail.pipeline.fitting import (
    NONE,
    SLACK,
    ahead_of_lead,
    fit,
    in_whole_units,
)
from foresail.pipeline.overriding import Decided, decided_need, with_reasons
from foresail.pipeline.planning import most_steps
from foresail.pipeline.policies import sets_desired
from foresail.pipeline.recent import Change
from foresail.pipeline.schedule import settled, taken_minutes
from foresail.pipeline.tiers import Tier
from foresail.plan.bounds import Bound, bounded
from foresail.plan.compile import MINUTE, DesiredAction, compile_actions
from foresail.targets.base import LiveTarget, Target

STOOD = "as it stood"


def follows(live: LiveTarget, decided: Decided, now: datetime) -> bool:
    """Whether what stands on a target keeps all overrides, from when a write could take effect."""
    soon = now + 5 * MINUTE
    floor = Floor.of(live.min_size, owned(live), (now, now + CYCLE))
    for one in decided.standing(now):
        start = max(one.start, soon)
        if start >= one.end:
            continue
        if one.minimum is not None and floor.lowest(start, one.end) < one.minimum:
            return False
        if one.maximum is not None and floor.highest(start, one.end) > one.maximum:
            return False
    return True


def plan_overrides(
    tier: Tier,
    live: LiveTarget,
    target: Target,
    decided: Decided,
    now: datetime,
    *,
    recent: tuple[Change, ...] = (),
    raised: Sequence[Bound] = (),
    why: str = "",
) -> TierPlan:
    """Plan what stands on a target, raised or capped by its overrides.

    Guardrails are not asked: a person decided this. Recurring actions become one-off ones for a
    week, until the next plan.

    Parameters
    ----------
    tier, live, target
        The tier, and its target as read just now.
    decided
        Its overrides and maintenance windows.
    now
        Aware time.
    recent
        What changed in the last day, as `changes_of_day` reads it: rules of a target count it.
    raised, why
        Least floors that something else asks for, and what; overrides win over them.
    """
    early = tier.tier.lead_time + ahead_of_lead(tier.tier, target) + SLACK
    stands, last = _standing(tier, live, now)
    standing = bounded(stands, raised, last)
    most = min(tier.tier.max, live.max_size)
    wanted = decided_need(standing, decided.bounds(early, now), decided.windows, last)
    needed = in_whole_units(wanted, tier.tier.weights, most)
    end = needed["end"].max().to_pydatetime()
    room = most_steps(tier, live, target.quota)
    fitted = fit(tier, live, target, needed, room, now, end, recent)
    settings = owned_settings(live)
    desired = compile_actions(
        fitted.steps,
        end=fitted.end,
        floor=last,
        now=now,
        set_desired=sets_desired(live, settings),
        taken=taken_minutes(live, now, fitted.end),
        slack=NONE,
    )
    stood = [
        replace(one, reason=why if _asked(one, raised) else STOOD)
        for one in settled(live, desired, now)
    ]
    told = with_reasons(stood, decided.standing(now), early)
    bounds = (float(wanted["needed"].max()), float(most))
    return _sealed(tier, live, (told, settings), decided, bounds, now)


def _asked(action: DesiredAction, raised: Sequence[Bound]) -> bool:
    """Whether an action brings a floor that was asked for, be it moved to a free minute."""
    return any(one.start - SLACK <= action.start < one.end for one in raised)


def _standing(tier: Tier, live: LiveTarget, now: datetime) -> tuple[pd.DataFrame, int]:
    """Floor that stands, as a need over time, and the floor that it ends with."""
    floor = Floor.of(live.min_size, owned(live), (now, now + CYCLE))
    ahead = [at for at in floor.times if at > now]
    edges = [now, *sorted(set(ahead[:-1]))]
    ends = [*edges[1:], ahead[-1] if ahead else now + MINUTE]
    rows = [(a, b, floor.at(a)) for a, b in zip(edges, ends, strict=True) if a < b]
    frame = pd.DataFrame(rows, columns=["start", "end", "needed"])
    frame.insert(0, "series", tier.name)
    utc = {key: pd.DatetimeIndex(frame[key]).tz_convert("UTC") for key in ("start", "end")}
    return frame.assign(**utc), floor.at(ends[-1])


def _sealed(
    tier: Tier,
    live: LiveTarget,
    wanted: tuple[Sequence[DesiredAction], Sequence[Any]],
    decided: Decided,
    bounds: tuple[float, float],
    now: datetime,
) -> TierPlan:
    desired, settings = wanted
    named = name_actions(live, desired)
    about: dict[str, Any] = {
        "model": "",
        "trust": 1.0,
        "trust_reasons": "no forecast was made",
        "history_days": 0.0,
        "quantile": tier.tier.quantile,
        "quantile_reason": "",
        "lead_time_minutes": tier.tier.lead_time.total_seconds() / 60,
        "peak_need": bounds[0],
        "maximum": bounds[1],
        "notes": decided.notes(now),
        "cautions": [],
        "deciders": [one.by for one in decided.standing(now)],
        "compared": compare(live, named, now).to_json(),
    }
    return TierPlan(
        service=tier.service.name,
        tier=tier.tier.name,
        live=live,
        wanted=(*named, *settings),
        reasons={a.name: d.reason for a, d in zip(named, desired, strict=True)},
        refused=(),
        about=about,
        region=tier.region,
        account=tier.account,
    )
