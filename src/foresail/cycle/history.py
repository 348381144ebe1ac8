"""What happened: each write to a target with who approved it, and what runs left alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from foresail.config import Config
from foresail.cycle.keeping import KeptOutcome, kept_outcomes
from foresail.pipeline import tiers
from foresail.store.journal import Run
from foresail.store.opening import Store

WROTE_NOTHING = ("waiting", "refused", "frozen", "forecast-only", "held", "failed")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened.

    Parameters
    ----------
    at
        When (UTC).
    service, what
        Whose, and what: ``apply`` or ``rollback`` of a target, or the state of an outcome.
    target, state
        The target that was written, and how its run ended; empty for an outcome.
    plan
        Id of the plan.
    by, why
        Who approved it; why nothing was written.
    """

    at: datetime
    service: str
    what: str
    target: str
    state: str
    plan: str
    by: str
    why: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "at": self.at.astimezone(UTC).isoformat(),
            "service": self.service,
            "what": self.what,
            "target": self.target,
            "state": self.state,
            "plan": self.plan,
            "by": self.by,
            "why": self.why,
        }

    def to_row(self) -> dict[str, Any]:
        """Row of a table for people."""
        return {
            "at": self.at,
            "service": self.service,
            "what": " ".join(filter(None, (self.what, self.target))),
            "state": self.state,
            "plan": self.plan,
            "by": self.by,
            "why": self.why,
        }


def history_of(
    config: Config, store: Store, service: str | None = None, *, limit: int = 30
) -> list[Entry]:
    """List what happened to the services of a configuration, the latest first.

    Raises
    ------
    InputError
        When no service has that name.
    """
    entries: list[Entry] = []
    for tier in tiers(config, service):
        target = tier.tier.target
        runs = store.journal.runs(tier.place, target.type, target.name, limit=limit)
        entries += [_of_run(tier.service.name, run) for run in runs]
    for name in dict.fromkeys(tier.service.name for tier in tiers(config, service)):
        kept = kept_outcomes(store.records, name, limit=limit)
        entries += [_of_outcome(one) for one in kept if one.outcome["state"] in WROTE_NOTHING]
    return sorted(entries, key=lambda one: one.at, reverse=True)[:limit]


def _of_run(service: str, run: Run) -> Entry:
    return Entry(
        at=run.started,
        service=service,
        what=run.kind,
        target=run.before.name,
        state=run.state,
        plan=run.plan_id,
        by=run.approved_by or "",
        why="",
    )


def _of_outcome(kept: KeptOutcome) -> Entry:
    said = kept.outcome
    why = "; ".join(said["reasons"])
    return Entry(kept.at, said["service"], said["state"], "", "", said["plan"], "", why)
