"""Status: how each target stands against the last run on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foresail.changes.changeset import ChangeSet
from foresail.changes.floor import CYCLE, firings
from foresail.changes.names import other_settings, others, owned, owned_settings
from foresail.changes.rollback import drift
from foresail.config import Config
from foresail.pipeline import open_tier, tiers
from foresail.store.journal import Run
from foresail.store.opening import open_store
from foresail.targets.base import LiveTarget, ScheduledAction
from foresail.terminal import drift_lines

if TYPE_CHECKING:
    from foresail.aws import Aws


@dataclass(frozen=True, slots=True)
class Status:
    """How one target stands against the last run on it."""

    tier: str
    live: LiveTarget
    run: Run | None
    drift: ChangeSet
    now: datetime

    def next_action(self) -> ScheduledAction | None:
        """Owned action that runs next."""
        window = (self.now, self.now + CYCLE)
        ahead = [(at, a) for a in owned(self.live) for at in firings(a, window) if at > self.now]
        return min(ahead, key=lambda one: one[0])[1] if ahead else None

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        upcoming = self.next_action()
        return {
            "tier": self.tier,
            "target": self.live.name,
            "min_size": self.live.min_size,
            "desired_capacity": self.live.desired_capacity,
            "max_size": self.live.max_size,
            "owned_actions": len(owned(self.live)),
            "other_actions": len(others(self.live)),
            "owned_settings": [one.to_json() for one in owned_settings(self.live)],
            "other_settings": [one.to_json() for one in other_settings(self.live)],
            "next": upcoming.to_json() if upcoming else None,
            "last_run": self.run.id if self.run else None,
            "last_run_state": self.run.state if self.run else None,
            "drift": [change.to_json() for change in self.drift.pending],
            "warnings": list(self.drift.warnings),
        }

    def lines(self) -> list[str]:
        """Say the same for people."""
        live, upcoming = self.live, self.next_action()
        return [
            f"{self.tier} -> {live.name}: {live.sizes()}",
            f"  {len(owned(live))} actions of foresail, {len(others(live))} of others; next: "
            + (f"{upcoming.when()} {upcoming.sizes()}" if upcoming else "none"),
            *(f"  {one.name}: {one.sizes()}" for one in owned_settings(live)),
            *(f"  {one.name} (not foresail's): {one.sizes()}" for one in other_settings(live)),
            f"  last run: {self._said_run()}",
            *(f"  drift: {line}" for line in drift_lines(self.drift.pending)),
            *([] if self.drift.pending else ["  in sync with the last run"]),
        ]

    def _said_run(self) -> str:
        if self.run is None:
            return "none in this journal"
        cut = ", cut off: run the same apply again" if self.run.state == "running" else ""
        return f"{self.run.kind} {self.run.id} at {self.run.started:%Y-%m-%d %H:%MZ}{cut}"


def status_of(config: Config, aws: Aws, now: datetime, service: str | None = None) -> list[Status]:
    """Read each target and compare it with the last run on it."""
    journal = open_store(config, aws, lambda: now).journal
    rows = []
    for tier in tiers(config, service):
        live = open_tier(tier, aws).read(tier.tier.target.name)
        runs = journal.runs(tier.place, live.type_name, live.name, limit=1)
        run = runs[0] if runs else None
        rows.append(Status(tier.name, live, run, drift(run, live, now), now))
    return rows
