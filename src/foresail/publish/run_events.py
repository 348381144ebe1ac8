"""What happened in a run, as events: approvals, demotions, drift of what was learned, failures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from foresail.logs import run_id
from foresail.publish.events import Event, EventKind
from foresail.publish.occasions import common

Decision = Literal["approved", "refused", "expired"]
Drifted = Literal["residuals", "unit-capacity", "boot-time", "ratio", "calibration"]
MOST_REASONS = 20  # that one event lists


def approval_needed(
    service: str,
    region: str,
    now: datetime,
    *,
    plan: str,
    reasons: Sequence[str],
    expires: datetime,
    changes: int,
    dollars_a_day: float | None = None,
    token: str | None = None,
) -> Event:
    """Tell that a plan waits for somebody; `token` is what approves it, if the bus may carry it."""
    facts = {
        "plan": plan,
        "expires": expires.isoformat(),
        "changes": changes,
        "dollars_a_day": dollars_a_day,
        "token": token,
    }
    return _event("approval.needed", service, region, now, reasons, facts)


def approval_decided(
    service: str,
    region: str,
    now: datetime,
    *,
    plan: str,
    decision: Decision,
    by: str,
    reasons: Sequence[str] = (),
) -> Event:
    """Tell that somebody approved or refused a plan that waited, or nobody did in time."""
    facts = {"plan": plan, "decision": decision, "by": by}
    return _event("approval.decided", service, region, now, reasons, facts)


def demoted(service: str, region: str, now: datetime, *, reasons: Sequence[str]) -> Event:
    """Tell that a service is forecast only from now on: its plans are made, and not applied."""
    return _event("demoted", service, region, now, reasons, {})


def promoted(service: str, region: str, now: datetime, *, reasons: Sequence[str]) -> Event:
    """Tell that a service that was forecast only is planned and applied again."""
    return _event("promoted", service, region, now, reasons, {})


def model_drift(
    service: str,
    region: str,
    now: datetime,
    *,
    tier: str,
    what: Drifted,
    reasons: Sequence[str],
    expected: float | None = None,
    measured: float | None = None,
) -> Event:
    """Tell that something that plans rest on is no longer what it was."""
    facts = {"tier": tier, "what": what, "expected": expected, "measured": measured}
    return _event("model.drift", service, region, now, reasons, facts)


def run_failed(service: str, region: str, now: datetime, *, reasons: Sequence[str]) -> Event:
    """Tell that a run could not plan or apply a service; the others went on."""
    return _event("run.failed", service, region, now, reasons, {})


def urgent(
    service: str,
    region: str,
    now: datetime,
    *,
    trigger: str,
    state: str,
    plan: str = "",
    reasons: Sequence[str] = (),
) -> Event:
    """Tell of a plan made before its time: what called for it, and the outcome's state."""
    facts = {"trigger": trigger, "state": state, "plan": plan or None}
    return _event("urgent", service, region, now, reasons, facts)


def _event(
    kind: EventKind,
    service: str,
    region: str,
    now: datetime,
    reasons: Sequence[str],
    facts: dict[str, Any],
) -> Event:
    """Leave out what is not known; say the run, by which logs and calls of AWS are found."""
    known = {key: value for key, value in facts.items() if value is not None}
    listed = list(reasons[:MOST_REASONS])
    detail = {**common(service, region, now), "run": run_id(), "reasons": listed, **known}
    return Event(kind, detail)
