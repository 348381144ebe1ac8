"""Plans that wait for a person: kept sealed, with why they wait, until decided or too old."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from foresail.changes.planfile import PlanFile, parse_plan
from foresail.errors import InputError, RefusedError
from foresail.store.blobs import Blobs
from foresail.store.records import Change, Put, Record, Records

PARTITION = "pending"
KEPT = timedelta(days=7)  # after its end, to say what became of it
State = Literal["waiting", "approved", "applied", "rejected", "superseded"]
_AGAIN = "the next foresail run makes a new plan; foresail approve lists what waits"


@dataclass(frozen=True, slots=True)
class Pending:
    """A plan of one service that waits, or what became of it.

    Parameters
    ----------
    plan_id, digest
        The plan, and the fingerprint of its content.
    service
        Whose plan.
    state
        ``waiting``; ``approved`` until it is written; then how it ended.
    created, expires
        When it was made, and until when it may be approved (aware).
    reasons
        Why it waits.
    changes
        How many items it would write.
    cost_per_day
        Dollars that its floors cost more in 24 hours; None where a price is not known.
    by, note
        Who decided, and why; for a plan that was superseded, by which.
    """

    plan_id: str
    digest: str
    service: str
    state: State
    created: datetime
    expires: datetime
    reasons: tuple[str, ...]
    changes: int
    cost_per_day: str | None = None
    by: str = ""
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        times = {"created": self.created, "expires": self.expires}
        said = {key: when.astimezone(UTC).isoformat() for key, when in times.items()}
        return {**asdict(self), **said, "reasons": list(self.reasons)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Pending:
        """Read what `to_json` wrote."""
        times = {key: datetime.fromisoformat(data[key]) for key in ("created", "expires")}
        return cls(**{**data, **times, "reasons": tuple(data["reasons"])})


class PendingPlans:
    """The plans of a store that wait; the sealed plans themselves are blobs."""

    def __init__(self, records: Records, blobs: Blobs) -> None:
        self.records = records
        self.blobs = blobs

    def hold(self, plan: PlanFile, waiting: Pending) -> None:
        """Let a plan wait, in place of those of its service that waited before."""
        sealed = json.dumps(plan.to_json()).encode()
        self.blobs.write(_blob(plan.id), sealed)
        self.records.write(_put(waiting))
        self.supersede(waiting.service, plan.id, keep=plan.id)

    def supersede(self, service: str, by_plan: str, *, keep: str = "") -> None:
        """End the waiting of a service's plans but one."""
        for record in self.records.query(PARTITION):
            one = Pending.from_json(record.data)
            if one.service == service and one.plan_id != keep and one.state == "waiting":
                self._end(record, one, "superseded", note=by_plan)

    def waiting(self, now: datetime, service: str | None = None) -> list[Pending]:
        """Plans that may be approved now, the oldest first."""
        return [one for one in self._all(service) if one.state == "waiting" and now < one.expires]

    def approved(self, now: datetime, service: str) -> Pending | None:
        """Plan that was approved and not written to its end; None when there is none."""
        found = [p for p in self._all(service) if p.state == "approved" and now < p.expires]
        return found[-1] if found else None

    def read(self, plan_id: str) -> Pending:
        """Plan of an id, in whatever state.

        Raises
        ------
        InputError
            When none of that id ever waited here.
        """
        return Pending.from_json(self._record(plan_id).data)

    def plan(self, plan_id: str) -> PlanFile:
        """Give back the sealed plan; its fingerprint is checked.

        Raises
        ------
        InputError
            When it is not there, or is not what was held.
        """
        sealed = self.blobs.read(_blob(plan_id))
        if sealed is None:
            raise InputError(f"the plan {plan_id} is no longer kept", cure=_AGAIN)
        plan = parse_plan(sealed.decode(), f"plan {plan_id}")
        if plan.id != plan_id:
            raise InputError(f"what is kept as plan {plan_id} is another plan", cure=_AGAIN)
        return plan

    def approve(self, plan_id: str, by: str, note: str, now: datetime, *also: Change) -> Pending:
        """Mark a waiting plan as approved; one that was approved already stays so.

        `also` are written with it, or nothing is: the use of a token, say.

        Raises
        ------
        InputError
            When it never waited, or is too old.
        RefusedError
            When it was rejected, superseded or applied.
        """
        record = self._record(plan_id)
        one = Pending.from_json(record.data)
        check_decidable(one, now)
        done = replace(one, state="approved", by=by, note=note)
        self.records.write(_put(done, record.version), *also)
        return done

    def reject(self, plan_id: str, by: str, note: str, now: datetime, *also: Change) -> Pending:
        """Refuse a waiting plan.

        Raises
        ------
        InputError, RefusedError
            As `approve`.
        """
        record = self._record(plan_id)
        one = Pending.from_json(record.data)
        check_decidable(one, now)
        return self._end(record, one, "rejected", by=by, note=note, also=also)

    def finish(self, plan_id: str, state: State, note: str | None = None) -> None:
        """Tell what became of an approved plan."""
        record = self._record(plan_id)
        self._end(record, Pending.from_json(record.data), state, note=note)

    def prune(self, now: datetime) -> None:
        """Take away kept plans that nobody can approve any more."""
        open_ids = {one.plan_id for one in self._all(None) if _open(one) and now < one.expires}
        for name in self.blobs.names(_FOLDER):
            if name.removeprefix(_FOLDER).removesuffix(".json") not in open_ids:
                self.blobs.delete(name)

    def _all(self, service: str | None) -> list[Pending]:
        found = [Pending.from_json(record.data) for record in self.records.query(PARTITION)]
        chosen = [one for one in found if service in (None, one.service)]
        return sorted(chosen, key=lambda one: (one.created, one.plan_id))

    def _record(self, plan_id: str) -> Record:
        record = self.records.get(PARTITION, plan_id)
        if record is None:
            raise InputError(f"no plan {plan_id} waits here", cure=_AGAIN)
        return record

    def _end(
        self,
        record: Record,
        one: Pending,
        state: State,
        *,
        by: str | None = None,
        note: str | None = None,
        also: tuple[Change, ...] = (),
    ) -> Pending:
        done = replace(
            one,
            state=state,
            by=one.by if by is None else by,
            note=one.note if note is None else note,
        )
        self.records.write(_put(done, record.version), *also)
        self.blobs.delete(_blob(one.plan_id))
        return done


_FOLDER = "pending/"


def _blob(plan_id: str) -> str:
    return f"{_FOLDER}{plan_id}.json"


def _put(one: Pending, expected: int | None = None) -> Put:
    return Put(PARTITION, one.plan_id, one.to_json(), one.expires + KEPT, expected)


def _open(one: Pending) -> bool:
    return one.state in ("waiting", "approved")


def check_decidable(one: Pending, now: datetime) -> None:
    """Refuse to decide a plan that was decided, or waited for too long.

    Raises
    ------
    InputError, RefusedError
        Says what became of it.
    """
    said: dict[State, Callable[[], str]] = {
        "rejected": lambda: f"was rejected by {one.by}",
        "superseded": lambda: f"was superseded by plan {one.note}",
        "applied": lambda: f"was approved by {one.by} and applied",
    }
    if one.state in said:
        raise RefusedError(f"plan {one.plan_id} of {one.service} {said[one.state]()}", cure=_AGAIN)
    if now >= one.expires:
        raise InputError(
            f"plan {one.plan_id} of {one.service} waited until "
            f"{one.expires.astimezone(UTC):%Y-%m-%d %H:%MZ}: it is too old to be approved",
            cure=_AGAIN,
        )
