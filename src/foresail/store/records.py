"""Records: small JSON values by partition and sort key, written under conditions, all or nothing.

Everything that foresail remembers besides Parquet is built on this one interface. Its two backends
are `foresail.store.sqlite_records` (a file) and `foresail.store.dynamodb_records` (a table).
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from foresail.errors import ForesailError, InputError

Clock = Callable[[], datetime]
MOST_CHANGES = 100  # of one DynamoDB transaction
MOST_BYTES = 350_000  # of one record; DynamoDB takes 400 KB with names and keys
MOST_WRITTEN = 3_500_000  # of one write; DynamoDB takes 4 MB
MOST_PARTITION, MOST_SORT = 1500, 1024  # UTF-8 bytes; DynamoDB takes 2048 and 1024
_ATTEMPTS = 30


def utc_now() -> datetime:
    """Time of this machine, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept under a key.

    Parameters
    ----------
    partition, sort
        The key; records of a partition are in order of `sort`.
    data
        Plain JSON values.
    version
        Counts the writes, from 1.
    expires
        From this second (UTC) on the record is as good as deleted; None: never.
    """

    partition: str
    sort: str
    data: dict[str, Any]
    version: int
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """Keep `data` under a key, in place of what is there.

    ``expected`` is None for any state, 0 where nothing may be there yet, or the version that is to
    be there. ``expires`` (aware) counts in whole seconds, rounded up.
    """

    partition: str
    sort: str
    data: dict[str, Any]
    expires: datetime | None = None
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Take a record away; one that is not there is none the less deleted."""

    partition: str
    sort: str
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Hold the whole write to a record's version, and leave the record as it is."""

    partition: str
    sort: str
    expected: int


Change = Put | Delete | Check


class Conflict(ForesailError):  # noqa: N818 - what it is, not how it ends
    """An expected version did not hold; nothing was written."""

    def __init__(self, changes: Sequence[Change]) -> None:
        names = ", ".join(f"{one.partition} {one.sort}" for one in changes)
        super().__init__(
            f"the store changed meanwhile: {names}",
            cure="another foresail is at work on the same; run the command again",
        )
        self.changes = tuple(changes)


class Records(Protocol):
    """A store of records; each call sees all writes that ended before it."""

    @property
    def where(self) -> str:
        """Say where the records lie, for people."""
        ...

    def get(self, partition: str, sort: str) -> Record | None:
        """Record under a key; None when there is none, or it has expired."""
        ...

    def query(
        self,
        partition: str,
        *,
        prefix: str = "",
        since: str = "",
        until: str = "",
        newest_first: bool = False,
        limit: int | None = None,
    ) -> list[Record]:
        """List records of a partition in order of their sort key (Unicode code points).

        Parameters
        ----------
        partition
            Whose records.
        prefix
            Only sort keys that begin so.
        since, until
            Only sort keys in ``[since, until)``; empty: without end.
        newest_first
            In falling order.
        limit
            At most so many, of those that come first.
        """
        ...

    def write(self, *changes: Change) -> None:
        """Carry out up to 100 changes of different keys, all or none.

        Raises
        ------
        Conflict
            An ``expected`` did not hold.
        InputError
            A record is over 350 KB, or all of them are over 3.5 MB; or the store cannot be written.
        """
        ...

    def everything(self) -> list[tuple[str, str]]:
        """Keys of all records that have not expired: (partition, sort), in order."""
        ...


def revise(
    records: Records,
    partition: str,
    sort: str,
    change: Callable[[dict[str, Any] | None], dict[str, Any]],
    *,
    expires: datetime | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Read a record, change it and write it back; again when somebody else was faster.

    Parameters
    ----------
    records, partition, sort
        The record.
    change
        Makes the new data of the old (None: there is none yet); may be called several times.
    expires
        Of the new record.
    sleep
        Waits so many seconds between two attempts.

    Raises
    ------
    Conflict
        Others were faster 30 times in a row.
    """
    for attempt in range(_ATTEMPTS):
        found = records.get(partition, sort)
        data = change(found.data if found else None)
        try:
            records.write(Put(partition, sort, data, expires, found.version if found else 0))
        except Conflict:
            if attempt == _ATTEMPTS - 1:
                raise
            sleep(backoff(attempt))
        else:
            return data
    raise AssertionError("the loop above ends by itself")


def backoff(attempt: int, base: float = 0.02, most: float = 2.0) -> float:
    """Seconds to wait after a number of failed attempts: random, up to a limit that doubles."""
    return random.uniform(0, min(most, base * 2.0**attempt))  # noqa: S311 - spreads, hides nothing


def encode(data: dict[str, Any]) -> str:
    """Write data as the JSON text that both backends keep: floats come back bit for bit."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def checked(changes: Sequence[Change]) -> None:
    """Refuse what one of the backends could not take.

    Raises
    ------
    InputError
        A key or a record is too large.
    ValueError
        More than 100 changes, or two of one key.
    """
    keys = {(one.partition, one.sort) for one in changes}
    if len(keys) < len(changes):
        raise ValueError("two changes of one record in a write")
    if len(changes) > MOST_CHANGES:
        raise ValueError(f"{len(changes)} changes in a write; {MOST_CHANGES} at most")
    sizes = [_size(one) for one in changes]
    if sum(sizes) > MOST_WRITTEN:
        raise _too_large("one write", sum(sizes), MOST_WRITTEN)


def _size(change: Change) -> int:
    for text, most in ((change.partition, MOST_PARTITION), (change.sort, MOST_SORT)):
        if not 0 < len(text.encode()) <= most:
            raise InputError(
                f"store: a key of {len(text.encode())} bytes ({text[:60]!r}); 1 to {most} can be",
                cure="give services, tiers and targets shorter names",
            )
    size = len(encode(change.data).encode()) if isinstance(change, Put) else 0
    if size > MOST_BYTES:
        raise _too_large(f"{change.partition} {change.sort}", size, MOST_BYTES)
    return size


def _too_large(name: str, size: int, most: int) -> InputError:
    return InputError(
        f"store: {name} takes {size} bytes; {most} can be kept",
        cure="plan fewer actions for it: a lower max_actions, or a shorter horizon",
    )


def stamp(at: datetime) -> str:
    """Time as a sort key: in UTC, all of one length, so that they sort as times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def seconds(expires: datetime | None) -> int | None:
    """Whole Unix seconds of an expiry, rounded up."""
    return None if expires is None else math.ceil(expires.timestamp())


def moment(unix: int | None) -> datetime | None:
    """Expiry of whole Unix seconds."""
    return None if unix is None else datetime.fromtimestamp(unix, UTC)


def span(prefix: str, since: str, until: str) -> tuple[str, str]:
    """Put a prefix and a range into one range ``[low, high)`` of sort keys; empty: without end."""
    ends = [end for end in (until, _after(prefix)) if end]
    return max(prefix, since), min(ends, default="")


def _after(prefix: str) -> str:
    """First text that comes after all that begin with a prefix; empty when there is none."""
    kept = prefix.rstrip("\U0010ffff")
    if not kept:
        return ""
    code = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if code == 0xD800 else code)  # no text holds a half surrogate
