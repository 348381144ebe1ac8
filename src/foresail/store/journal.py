"""The journal: what each run found, meant to write and wrote; rollback reads it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from foresail.errors import InputError
from foresail.policies.items import Item
from foresail.store.leases import Lease
from foresail.store.records import Change, Put, Record, Records
from foresail.targets.base import LiveTarget, item_from_json

State = Literal["running", "done", "rolled-back", "superseded"]
Kind = Literal["apply", "rollback"]
KEEP = timedelta(days=90)
_WHERE = "run-at"  # partition of each run's place in the store, by its id
_TIME = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, slots=True)
class Run:
    """One journalled run on one target; ids sort by time. `place` names account and region."""

    id: str
    plan_id: str
    kind: Kind
    place: str
    started: datetime
    state: State
    before: LiveTarget
    wanted: tuple[Item, ...]
    approved_by: str | None = None


class Journal:
    """The runs of a store, kept for 90 days; every method writes all or nothing."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def begin(
        self,
        plan_id: str,
        kind: Kind,
        place: str,
        before: LiveTarget,
        wanted: Sequence[Item],
        now: datetime,
        *,
        fence: Lease | None = None,
        approved_by: str | None = None,
    ) -> str:
        """Open a run before its first write; an older unfinished run on the target ends here.

        Parameters
        ----------
        plan_id, kind
            What is carried out.
        place, before
            Account and region, and the target as it was found.
        wanted
            What is to stand afterwards.
        now
            Aware time.
        fence
            Lease that the run is under: all that is journalled of it checks that it still holds.
        approved_by
            Who approved the plan.

        Returns
        -------
        str
            Id of the run; later runs on the target have greater ones.

        Raises
        ------
        Conflict
            Another took the lease, or began a run on the target in the same moment.
        """
        partition = _partition(place, before.type_name, before.name)
        older = self.records.query(partition, newest_first=True, limit=1)
        run_id = _id(now, older[0].sort if older else "")
        data = {
            "plan_id": plan_id,
            "kind": kind,
            "place": place,
            "started": now.isoformat(),
            "state": "running",
            "before": before.to_json(),
            "wanted": [item.to_json() for item in wanted],
            "approved_by": approved_by,
        }
        expires = now + KEEP
        ended = [_in_state(one, "superseded") for one in older if one.data["state"] == "running"]
        run = Put(partition, run_id, data, expires, expected=0)
        where = Put(_WHERE, run_id, _about(partition, fence), expires, expected=0)
        self.records.write(*ended, run, where, *([fence.check()] if fence else []))
        return run_id

    def resume(self, run_id: str, fence: Lease | None = None) -> None:
        """Go on with a run that was cut off, under another lease.

        Raises
        ------
        Conflict
            The lease is another's meanwhile.
        """
        about = self._about(run_id)
        partition = about.data["partition"]
        again = Put(_WHERE, run_id, _about(partition, fence), about.expires, about.version)
        self.records.write(again, *([fence.check()] if fence else []))

    def record(self, run_id: str, now: datetime, rows: Sequence[tuple[str, str, str]]) -> None:
        """Add writes: (operation, item name, outcome).

        Raises
        ------
        Conflict
            Another took the run's lease.
        """
        about, partition = self._about(run_id), _writes(run_id)
        last = self.records.query(partition, newest_first=True, limit=1)
        number = int(last[0].sort) + 1 if last else 1
        data = {"at": now.isoformat(), "rows": [list(row) for row in rows]}
        added = Put(partition, f"{number:06d}", data, about.expires, expected=0)
        self.records.write(added, *_fences(about))

    def finish(self, run_id: str, state: State, now: datetime) -> None:
        """Close a run.

        Raises
        ------
        Conflict
            Another took the run's lease, or closed it meanwhile.
        """
        about = self._about(run_id)
        run = self.records.get(about.data["partition"], run_id)
        if run is None:
            raise _unknown(run_id)
        # Whoever rolls a run back is not who began it, and need not have its lease.
        fences = _fences(about) if state == "done" else []
        self.records.write(_in_state(run, state, finished=now.isoformat()), *fences)

    def runs(
        self, place: str, target_type: str, target_name: str, *, limit: int | None = None
    ) -> list[Run]:
        """List the runs on one target, the latest first."""
        partition = _partition(place, target_type, target_name)
        found = self.records.query(partition, newest_first=True, limit=limit)
        return [_run(one) for one in found]

    def recent(self, place: str, target_type: str, target_name: str, since: datetime) -> list[Run]:
        """List the runs on a target since a time and the one before them, the latest first."""
        partition, at = _partition(place, target_type, target_name), _sorted(since)
        found = self.records.query(partition, since=at, newest_first=True)
        before = self.records.query(partition, until=at, newest_first=True, limit=1)
        return [_run(one) for one in (*found, *before)]

    def writes(self, run_id: str) -> list[tuple[str, str, str]]:
        """List the writes of a run in order: (operation, item name, outcome)."""
        found = self.records.query(_writes(run_id))
        return [(op, name, out) for one in found for op, name, out in one.data["rows"]]

    def _about(self, run_id: str) -> Record:
        found = self.records.get(_WHERE, run_id)
        if found is None:
            raise _unknown(run_id)
        return found


def _partition(place: str, target_type: str, target_name: str) -> str:
    return f"run/{place}/{target_type}/{target_name}"


def _writes(run_id: str) -> str:
    return f"writes/{run_id}"


def _id(now: datetime, last: str) -> str:
    """Id after the last one, also where this machine's clock is behind the last one's."""
    if last:
        before = datetime.strptime(last.partition("-")[0], _TIME).replace(tzinfo=UTC)
        now = max(now, before + timedelta(microseconds=1))
    return f"{_sorted(now)}-{uuid.uuid4().hex[:4]}"


def _sorted(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_TIME)


def _about(partition: str, fence: Lease | None) -> dict[str, Any]:
    return {"partition": partition, "fence": [fence.name, fence.token] if fence else None}


def _fences(about: Record) -> list[Change]:
    """Check that a run's lease is still its own."""
    if about.data["fence"] is None:
        return []
    name, token = about.data["fence"]
    return [Lease.fence(name, token)]


def _in_state(record: Record, state: State, **more: str) -> Put:
    data = {**record.data, "state": state, **more}
    return Put(record.partition, record.sort, data, record.expires, expected=record.version)


def _unknown(run_id: str) -> InputError:
    return InputError(
        f"the journal knows no run {run_id}",
        cure=f"runs are kept for {KEEP.days} days; foresail status names the latest",
    )


def _run(record: Record) -> Run:
    data = record.data
    return Run(
        id=record.sort,
        plan_id=data["plan_id"],
        kind=data["kind"],
        place=data["place"],
        started=datetime.fromisoformat(data["started"]).astimezone(UTC),
        state=data["state"],
        before=LiveTarget.from_json(data["before"]),
        wanted=tuple(item_from_json(item) for item in data["wanted"]),
        approved_by=data["approved_by"],
    )
