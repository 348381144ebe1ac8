"""Apply: write a plan's changes in safe order, journal each, read back, resume after a failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from foresail.changes.changeset import ChangeSet, diff
from foresail.changes.fence import Fence
from foresail.changes.floor import over, taken_by
from foresail.changes.freshness import staleness
from foresail.changes.guardrails import CURE
from foresail.changes.names import name_for, owned
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.changes.writes import Phase, phases
from foresail.errors import ApplyError, AwsError, ForesailError, InputError, RefusedError
from foresail.policies.items import Item, Setting
from foresail.store.journal import Journal, Kind, Run
from foresail.targets.base import (
    LiveTarget,
    ScheduledAction,
    SettingsWriter,
    TakesSettings,
    Target,
    by_time,
    scheduled,
    standing,
)

EARLIEST = timedelta(minutes=2)  # a start that is put anew
MARGIN = timedelta(minutes=1)  # AWS refuses a past start; writing takes a moment
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply did on one target, proved by reading it back."""

    run_id: str | None
    changes: ChangeSet
    resumed: bool
    live: LiveTarget


def apply_tier(
    plan: PlanFile,
    tier: TierPlan,
    target: Target,
    journal: Journal,
    clock: Callable[[], datetime],
    progress: Progress = lambda _: None,
    *,
    fence: Fence | None = None,
    approved_by: str | None = None,
) -> Applied:
    """Write one tier's plan; running it again after a cut resumes it.

    Parameters
    ----------
    plan, tier
        The reviewed plan, and the tier of it to write.
    target
        Where to write.
    journal
        Gets the state before, the intent and each write.
    clock
        Tells the aware time; asked again for each write.
    progress
        Told each step in words.
    fence
        The lease that this is under: once it is lost, nothing more is written.
    approved_by
        Who approved the plan, for the journal.

    Raises
    ------
    RefusedError
        A guardrail refused the plan when it was made.
    InputError
        The plan is stale: the target is no longer what was planned for.
    ApplyError
        AWS refused a write or the read-back differs; run again to resume.
    """
    now = check_tier(plan, tier, target, journal, clock())
    if now.cut is None and not now.changes.pending:
        return Applied(None, now.changes, False, now.live)
    writer = Writer(
        target, journal, plan.id, "apply", tier.place, clock, progress, fence, approved_by
    )
    run_id, after = writer.write(now.live, now.wanted, resume=now.cut)
    return Applied(run_id, now.changes, now.cut is not None, after)


@dataclass(frozen=True, slots=True)
class Checked:
    """A tier's plan that may be written: what is live, and what would change there."""

    live: LiveTarget
    wanted: tuple[Item, ...]
    changes: ChangeSet
    cut: Run | None


def check_tier(
    plan: PlanFile, tier: TierPlan, target: Target, journal: Journal, now: datetime
) -> Checked:
    """Read the target and refuse what `apply_tier` would refuse; writes nothing.

    Raises
    ------
    RefusedError, InputError
        As `apply_tier`.
    """
    if tier.refused:
        raise RefusedError("; ".join(tier.refused), cure=CURE)
    live = target.read(tier.live.name)
    cut = _unfinished(journal, plan, tier, live)
    wanted = still_ahead(tier.wanted, live, now)
    changes = diff(live, wanted, now=now, reasons=dict(tier.reasons))
    if cut is not None or changes.pending:
        stale = staleness(tier, live, now=now, resuming=cut is not None)
        if stale:
            raise InputError(
                f"the plan for {live.name} is stale: {'; '.join(stale)}",
                cure="review a new one: foresail plan --out plan.json",
            )
    return Checked(live, wanted, changes, cut)


def _unfinished(journal: Journal, plan: PlanFile, tier: TierPlan, live: LiveTarget) -> Run | None:
    runs = journal.runs(tier.place, live.type_name, live.name, limit=1)
    return next((r for r in runs if r.plan_id == plan.id and r.state == "running"), None)


def still_ahead(wanted: Sequence[Item], live: LiveTarget, now: datetime) -> tuple[Item, ...]:
    """Wanted items that can still be written; the floor that is already due comes first.

    AWS refuses a start in the past, so actions whose time has passed while the plan was reviewed
    become one action two minutes from now, unless they were written in time.
    """
    actions, settings = scheduled(wanted), standing(wanted)
    due = [a for a in by_time(actions) if a.start is not None and a.start < now + MARGIN]
    ahead = tuple(a for a in actions if a not in due)
    written = {a.name for a in live.actions}
    held = tuple(a for a in due if a.name in written and a.start is not None and a.start > now)
    if not due or held or live.min_size == due[-1].min_size:
        return (*held, *ahead, *settings)
    return (*_replace_due(due, ahead, live, now), *settings)


def _replace_due(
    due: list[ScheduledAction],
    ahead: tuple[ScheduledAction, ...],
    live: LiveTarget,
    now: datetime,
) -> tuple[ScheduledAction, ...]:
    """One action at the first free minute; the highest of what is due, so it is never short."""
    start = (now + EARLIEST + timedelta(minutes=1)).replace(second=0, microsecond=0)
    taken = taken_by((*live.actions, *ahead), now)
    while start in taken:
        start += timedelta(minutes=1)
    highest = max(
        due[-1:] + [a for a in due if a.start and a.start > now],
        key=lambda action: action.min_size or 0,
    )
    name = name_for(live.name, start, owned(live))
    return (replace(highest, name=name, start=start), *ahead)


@dataclass(frozen=True, slots=True)
class Writer:
    """Carries out the phases of one run on one target, journalling each write."""

    target: Target
    journal: Journal
    plan_id: str
    kind: Kind
    place: str
    clock: Callable[[], datetime]
    progress: Progress = lambda _: None
    fence: Fence | None = None
    approved_by: str | None = None

    def write(
        self, live: LiveTarget, wanted: Sequence[Item], *, resume: Run | None = None
    ) -> tuple[str | None, LiveTarget]:
        """Write what differs; answers the run's id (None: nothing to do) and the read-back."""
        todo = phases(live, wanted, quota=self.target.quota, now=self.clock())
        if not todo and resume is None:
            return None, live
        run_id = self._resume(resume) if resume else self._begin(live, wanted)
        for number, phase in enumerate(todo, 1):
            self.progress(f"{live.name}: phase {number} of {len(todo)}: {describe(phase)}")
            try:
                self._carry_out(run_id, live.name, phase)
            except AwsError as error:
                raise self._stopped(live, error) from error
        after = self._verify(live.name, wanted)
        self.journal.finish(run_id, "done", self.clock())
        return run_id, after

    def _begin(self, live: LiveTarget, wanted: Sequence[Item]) -> str:
        return self.journal.begin(
            self.plan_id,
            self.kind,
            self.place,
            live,
            wanted,
            self.clock(),
            fence=self.fence.lease if self.fence else None,
            approved_by=self.approved_by,
        )

    def _resume(self, run: Run) -> str:
        self.journal.resume(run.id, self.fence.lease if self.fence else None)
        return run.id

    def _carry_out(self, run_id: str, name: str, phase: Phase) -> None:
        if phase.put:
            self._keep()
            failed = self._put(name, phase.put)
            rows = [("put", i.name, failed.get(i.name, "done")) for i in phase.put]
            self._settle(run_id, name, rows, failed)
        if phase.delete:
            self._keep()
            failed = self._delete(name, phase.delete)
            gone = [("delete", i.name, failed.get(i.name, "done")) for i in phase.delete]
            self._settle(run_id, name, gone, failed)

    def _keep(self) -> None:
        """Make sure, right before a write, that the service is still ours to write."""
        if self.fence is not None:
            self.fence.keep()

    def _put(self, name: str, items: Sequence[Item]) -> dict[str, str]:
        actions, settings = scheduled(items), standing(items)
        failed = self.target.put(name, actions) if actions else {}
        return failed | (self._settings(name, settings).put(name, settings) if settings else {})

    def _delete(self, name: str, items: Sequence[Item]) -> dict[str, str]:
        actions, settings = scheduled(items), standing(items)
        failed = self.target.delete(name, [a.name for a in actions]) if actions else {}
        return failed | (self._settings(name, settings).delete(name, settings) if settings else {})

    def _settings(self, name: str, settings: Sequence[Setting]) -> SettingsWriter:
        if not isinstance(self.target, TakesSettings):
            raise InputError(
                f"{name} ({self.target.type_name}) takes no {settings[0].kind}",
                cure="leave policies out of this tier in foresail.yaml",
            )
        return self.target.settings

    def _stopped(self, before: LiveTarget, error: AwsError) -> ForesailError:
        """Tell a refusal that changed nothing from a stop half-way, by reading the target."""
        try:
            untouched = self.target.read(before.name).items == before.items
        except AwsError:
            untouched = False
        if untouched:
            return error
        return ApplyError(
            f"{error.message}; a part was written before",
            cure=f"{error.cure}; then run the same command again: it resumes",
        )

    def _settle(
        self,
        run_id: str,
        name: str,
        rows: Sequence[tuple[str, str, str]],
        failed: dict[str, str],
    ) -> None:
        self.journal.record(run_id, self.clock(), rows)
        if failed:
            some = "; ".join(f"{action}: {why}" for action, why in list(failed.items())[:3])
            raise ApplyError(
                f"AWS refused {len(failed)} of {len(rows)} writes on {name}: {some}",
                cure="mend the cause and run the same apply again: it resumes",
            )

    def _verify(self, name: str, wanted: Sequence[Item]) -> LiveTarget:
        after = self.target.read(name)
        now = self.clock()
        wrong = diff(after, [i for i in wanted if not over(i, now)], now=now).pending
        if wrong:
            raise ApplyError(
                f"read-back of {name} differs from what was written: "
                + ", ".join(change.name for change in wrong[:3]),
                cure="somebody else may be writing there; run foresail status",
            )
        return after


def describe(phase: Phase) -> str:
    """Say what a phase writes."""
    parts = [
        f"put {len(phase.put)}" if phase.put else "",
        f"delete {len(phase.delete)}" if phase.delete else "",
    ]
    return ", ".join(part for part in parts if part)
