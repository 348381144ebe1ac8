"""Times, lengths and states in the words of the page."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from foresail.report.times import day
from foresail.score.score import Score
from foresail.ui.drawing import short
from foresail.ui.views import ServiceView, Step

STALE = timedelta(hours=3)
ACTUAL, REACTIVE = "actual", "reactive alone"


def clock(when: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Write the time of the day; with the day where it is another."""
    there, here = when.astimezone(zone), now.astimezone(zone)
    time = f"{there:%H:%M}"
    return time if there.date() == here.date() else f"{day(when, zone)} {time}"


def ago(span: timedelta) -> str:
    """Say how long ago: ``just now``, ``12 min ago``, ``3 h ago``, ``2 days ago``."""
    return f"{length(span)} ago" if span >= timedelta(minutes=1) else "just now"


def length(span: timedelta) -> str:
    """Say a length in one unit: ``12 min``, ``3 h``, ``2 days``."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def change(step: Step) -> str:
    """Say a step: ``8 → 14``."""
    return f"{step.before} → {step.after}"


def why(step: Step) -> str:
    """Say what a step rests on."""
    direction = "rise" if step.after > step.before else "fall"
    demand = f"{step.signal} up to {short(step.demand)} (q{step.quantile:g})"
    units = f"{short(step.needed)} units at {step.utilization:.0%}"
    short_of = "; the floor stays below" if step.after < step.needed else ""
    return f"{direction}: {demand} takes {units}{short_of}"


def state(view: ServiceView, now: datetime) -> tuple[str, str]:
    """Tell a service's state and its look: create (good), high (look at it), critical."""
    last = view.outcome.outcome["state"] if view.outcome else "planned"
    known = (
        (view.freeze is not None, "frozen", "high"),
        (view.mode.forecast_only, "forecast only", "critical"),
        (last == "failed", "failed", "critical"),
        (bool(view.waiting), "waiting for approval", "high"),
        (view.made is None, "no plan yet", "high"),
        (view.made is not None and now - view.made > STALE, "plan is stale", "high"),
        (last in ("refused", "held"), last, "high"),
    )
    return next(((words, look) for so, words, look in known if so), (last, "create"))


def scored(score: Score) -> str:
    """Say a score in one line."""
    parts = []
    if score.capacity is not None:
        usage = score.capacity.usage
        parts.append(f"{usage[ACTUAL].short_minutes:.0f} min under capacity")
        if REACTIVE in usage:
            parts[-1] += f" (reactive alone {usage[REACTIVE].short_minutes:.0f})"
    if score.coverage is not None:
        parts.append(f"{score.coverage:.0%} below q{score.quantile:g}")
    if score.mase is not None:
        parts.append(f"MASE {score.mase:.2f}")
    return "; ".join(parts) or "demand was not known"
