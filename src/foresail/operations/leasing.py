"""One writer at a time for a service: its lease, taken, kept while it is worked on, given back."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from foresail.changes.fence import TTL, Fence
from foresail.logs import run_id
from foresail.store.leases import Leases


def owner() -> str:
    """Name this process for others: host, process and run."""
    return f"{socket.gethostname()}, process {os.getpid()}, run {run_id()}"


@contextmanager
def leased(leases: Leases, service: str) -> Iterator[Fence]:
    """Hold the lease of a service.

    Raises
    ------
    LeaseHeld
        Somebody else is at work on it; says who, and until when at most.
    """
    fence = Fence(leases, leases.acquire(f"service/{service}", owner(), TTL))
    try:
        yield fence
    finally:
        fence.end()
