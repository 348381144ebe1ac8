"""Leases: one planner at a time for a service, and a number that tells a late one off.

A lease ends by itself, so that a dead planner stops nobody. Its holder may be slow rather than
dead, and wake up when another holds the lease: so each lease has a fencing token, and whoever
writes the journal under it checks in the same transaction that the token is still the latest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from foresail.errors import ForesailError
from foresail.store.records import Check, Clock, Conflict, Put, Record, Records, utc_now

LEASES = "lease"
FENCES = "fence"  # its versions are the tokens: a renewed lease keeps its own


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it was last acquired or renewed; `token` grows with each holder."""

    name: str
    owner: str
    token: int
    until: datetime

    def check(self) -> Check:
        """Condition for a write: nobody acquired or released the lease since."""
        return self.fence(self.name, self.token)

    @staticmethod
    def fence(name: str, token: int) -> Check:
        """See `check`: the same of what was written down of a lease."""
        return Check(FENCES, name, token)


class LeaseHeld(ForesailError):  # noqa: N818 - what it is, not how it ends
    """Somebody else holds the lease; nothing was written."""

    def __init__(self, lease: Lease) -> None:
        super().__init__(
            f"{lease.name} is held by {lease.owner} until {lease.until:%Y-%m-%d %H:%M:%S}Z",
            cure="run again then, or when that run has ended",
        )
        self.lease = lease


class Leases:
    """The leases of a store.

    Parameters
    ----------
    records
        Where they are kept.
    clock
        Tells which have ended. Where clocks of two machines differ, a lease seems to end early or
        late by as much; tokens hold all the same.
    """

    def __init__(self, records: Records, clock: Clock = utc_now) -> None:
        self.records = records
        self.clock = clock

    def acquire(self, name: str, owner: str, ttl: timedelta) -> Lease:
        """Take a lease that nobody holds.

        Parameters
        ----------
        name
            What it is of, like ``service/shop``.
        owner
            Who asks, in words for others: host and process.
        ttl
            How long it holds without being renewed.

        Raises
        ------
        LeaseHeld
            Somebody holds it, be it the same owner; says who, and until when.
        """
        found = self.records.get(LEASES, name)
        if found is not None and _read(found).until > self.clock():
            raise LeaseHeld(_read(found))
        fence = self.records.get(FENCES, name)
        past = fence.version if fence else 0
        lease = Lease(name, owner, past + 1, self.clock() + ttl)
        try:
            self.records.write(_put(lease, found), Put(FENCES, name, {}, expected=past))
        except Conflict:
            taken = self.records.get(LEASES, name)
            raise LeaseHeld(_read(taken) if taken else lease) from None
        return lease

    def renew(self, lease: Lease, ttl: timedelta) -> Lease:
        """Hold a lease for `ttl` from now; one that has ended too, while nobody took it.

        Raises
        ------
        Conflict
            Somebody else took it, or it was released.
        """
        found = self.records.get(LEASES, lease.name)
        longer = replace(lease, until=self.clock() + ttl)
        self.records.write(_put(longer, found), lease.check())
        return longer

    def release(self, lease: Lease) -> None:
        """End a lease; nothing more is journalled under it. One that another took is left alone."""
        found = self.records.get(LEASES, lease.name)
        if found is None or _read(found).token != lease.token:
            return
        ended = replace(lease, until=self.clock())
        try:
            self.records.write(
                _put(ended, found), Put(FENCES, lease.name, {}, expected=lease.token)
            )
        except Conflict:
            return  # taken by another in this moment, so it had ended

    def held(self, name: str) -> Lease | None:
        """Lease that is held now; None when it is free."""
        found = self.records.get(LEASES, name)
        lease = _read(found) if found else None
        return lease if lease and lease.until > self.clock() else None


def _put(lease: Lease, found: Record | None) -> Put:
    data = {"owner": lease.owner, "token": lease.token, "until": lease.until.isoformat()}
    return Put(LEASES, lease.name, data, expected=found.version if found else 0)


def _read(record: Record) -> Lease:
    until = datetime.fromisoformat(record.data["until"]).astimezone(UTC)
    return Lease(record.sort, record.data["owner"], int(record.data["token"]), until)
