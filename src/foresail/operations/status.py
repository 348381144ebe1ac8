"""Status: how each target stands against the last run on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foresail.approval.pending import PendingPlans
from foresail.changes.changeset import ChangeSet
from foresail.changes.floor import CYCLE, firings
from foresail.changes.names import other_settings, others, owned, owned_settings
from foresail.changes.rollback import drift
from foresail.config import Config
from foresail.overrides.gate import standstill
from foresail.pipeline import Tier, open_tier, tiers
from foresail.pipeline.decided import decided_for
from foresail.store.journal import Run
from foresail.store.opening import Store, open_store
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
    decided: tuple[str, ...] = ()

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
            "approved_by": self.run.approved_by if self.run else None,
            "decided": list(self.decided),
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
            *(f"  {one}" for one in self.decided),
            f"  last run: {self._said_run()}",
            *(f"  drift: {line}" for line in drift_lines(self.drift.pending)),
            *([] if self.drift.pending else ["  in sync with the last run"]),
        ]

    def _said_run(self) -> str:
        if self.run is None:
            return "none in this journal"
        cut = ", cut off: run the same apply again" if self.run.state == "running" else ""
        by = f", approved by {self.run.approved_by}" if self.run.approved_by else ""
        return f"{self.run.kind} {self.run.id} at {self.run.started:%Y-%m-%d %H:%MZ}{by}{cut}"


def status_of(config: Config, aws: Aws, now: datetime, service: str | None = None) -> list[Status]:
    """Read each target and compare it with the last run on it."""
    store = open_store(config, aws, lambda: now)
    rows = []
    for tier in tiers(config, service):
        live = open_tier(tier, aws).read(tier.tier.target.name)
        runs = store.journal.runs(tier.place, live.type_name, live.name, limit=1)
        run = runs[0] if runs else None
        said = decided(tier, store, now)
        rows.append(Status(tier.name, live, run, drift(run, live, now), now, said))
    return rows


def decided(tier: Tier, store: Store, now: datetime) -> tuple[str, ...]:
    """Say what people decided for a tier and what keeps it from being written: nothing usually."""
    still = standstill(store.records, tier.service, now)
    waiting = [
        f"plan {one.plan_id} waits for approval until {one.expires:%Y-%m-%d %H:%MZ}"
        for one in PendingPlans(store.records, store.blobs).waiting(now, tier.service.name)
    ]
    overrides = decided_for(tier, store.records, now).notes(now)
    return (*overrides, *([still] if still else []), *waiting)
