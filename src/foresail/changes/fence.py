"""A lease that a run holds on a service: renewed as it goes, and asked before each write."""

from __future__ import annotations

from datetime import timedelta

from foresail.errors import ApplyError
from foresail.store.leases import Lease, Leases
from foresail.store.records import Conflict

TTL = timedelta(minutes=15)
FRESH = timedelta(minutes=10)  # what is left of a lease when it need not be renewed on the way


class LeaseLostError(ApplyError):
    """Another run took the service over; nothing more is written by this one."""


class Fence:
    """Keeps a lease while work goes on under it.

    Parameters
    ----------
    leases
        Where it was acquired.
    lease
        As acquired.
    ttl
        How long it holds from each renewal.
    """

    def __init__(self, leases: Leases, lease: Lease, ttl: timedelta = TTL) -> None:
        self.leases = leases
        self.lease = lease
        self.ttl = ttl

    def keep(self) -> None:
        """Renew the lease now: whoever returns from here holds it for the whole `ttl`.

        AWS knows nothing of leases. So this is asked right before each phase of writes, and the
        lease outlasts a phase by far.

        Raises
        ------
        LeaseLostError
            Another run holds it, or did.
        """
        try:
            self.lease = self.leases.renew(self.lease, self.ttl)
        except Conflict as error:
            raise LeaseLostError(
                f"the lease of {self.lease.name} was lost to another run: "
                "nothing more is written by this one",
                cure="see foresail history; run again when the other has ended",
            ) from error

    def touch(self) -> None:
        """Renew the lease when a third of it has passed; for the long steps that only read.

        Raises
        ------
        LeaseLostError
            As `keep`.
        """
        if self.lease.until - self.leases.clock() < FRESH:
            self.keep()

    def end(self) -> None:
        """Give the lease back."""
        self.leases.release(self.lease)
