"""Records in one SQLite file: the store of one machine, shared by its processes.

The file has SQLite's rollback journal, not a write-ahead log: a folder with one file that can be
copied, is readable where nothing may be written, and lies on a network share if it must. Writers
wait for each other; a write takes milliseconds.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from foresail.errors import InputError
from foresail.files import private_folder
from foresail.store.records import (
    Change,
    Check,
    Clock,
    Conflict,
    Delete,
    Put,
    Record,
    checked,
    encode,
    moment,
    seconds,
    span,
    utc_now,
)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    partition TEXT NOT NULL, sort TEXT NOT NULL, data TEXT NOT NULL,
    version INTEGER NOT NULL, expires INTEGER, PRIMARY KEY (partition, sort)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_expiry ON records (expires) WHERE expires IS NOT NULL;
"""
_COLUMNS = "partition, sort, data, version, expires"
_LIVE = "(expires IS NULL OR expires > ?)"
_KEYS = f"SELECT partition, sort FROM records WHERE {_LIVE} ORDER BY partition, sort"  # noqa: S608
_PUT = """
INSERT INTO records (partition, sort, data, version, expires) VALUES (?, ?, ?, 1, ?)
ON CONFLICT (partition, sort) DO UPDATE
SET data = excluded.data, version = version + 1, expires = excluded.expires
"""
WAIT = 30.0  # seconds for another process to end its write


class SqliteRecords:
    """`Records` in a file, made by the first write; every call is one transaction.

    Parameters
    ----------
    path
        The file.
    clock
        Tells what has expired.
    wait
        Seconds to wait while another process writes.

    Raises
    ------
    InputError
        Of each method: the file is none of SQLite's, cannot be written, stays locked, or the disk
        is full; names it, and nothing was written.
    """

    def __init__(self, path: Path, clock: Clock = utc_now, wait: float = WAIT) -> None:
        self.path = path
        self.clock = clock
        self.wait = wait

    @property
    def where(self) -> str:
        """See `Records.where`."""
        return str(self.path)

    def get(self, partition: str, sort: str) -> Record | None:
        """See `Records.get`."""
        found = self._select("partition = ? AND sort = ?", [partition, sort])
        return found[0] if found else None

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
        """See `Records.query`."""
        low, high = span(prefix, since, until)
        where, values = "partition = ? AND sort >= ?", [partition, low]
        if high:
            where, values = f"{where} AND sort < ?", [*values, high]
        order, most = "DESC" if newest_first else "ASC", -1 if limit is None else limit
        return self._select(where, values, f"ORDER BY sort {order} LIMIT {most:d}")

    def write(self, *changes: Change) -> None:
        """See `Records.write`."""
        checked(changes)
        with self._open() as db:
            now = int(self.clock().timestamp())
            db.execute("BEGIN IMMEDIATE")
            db.execute("DELETE FROM records WHERE expires <= ?", (now,))
            broken = [one for one in changes if not _holds(db, one)]
            if broken:
                raise Conflict(broken)
            for change in changes:
                _carry_out(db, change)

    def everything(self) -> list[tuple[str, str]]:
        """See `Records.everything`."""
        return [(one[0], one[1]) for one in self._rows(_KEYS, [])]

    def _select(self, where: str, values: Sequence[Any], rest: str = "") -> list[Record]:
        # Every piece of this text is a constant of this module; what callers say is bound.
        text = f"SELECT {_COLUMNS} FROM records WHERE {_LIVE} AND {where} {rest}"  # noqa: S608
        return [_record(row) for row in self._rows(text, values)]

    def _rows(self, text: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        if not self.path.exists():  # a look at what stands leaves no file behind
            _check_place(self.path)
            return []
        with self._open() as db:
            return db.execute(text, [int(self.clock().timestamp()), *values]).fetchall()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction; what is raised inside takes it all back."""
        try:
            private_folder(self.path.parent)
            db = sqlite3.connect(self.path, timeout=self.wait, isolation_level=None)
            try:
                db.executescript(_SCHEMA)
                yield db
                if db.in_transaction:
                    db.execute("COMMIT")
            finally:
                db.close()
        except (sqlite3.Error, OSError) as error:
            raise _unusable(self.path, error) from error


def _check_place(path: Path) -> None:
    """Refuse a place where no file could ever be made: a file stands where a folder has to."""
    nearest = next(folder for folder in path.absolute().parents if folder.exists())
    if not nearest.is_dir():
        raise _unusable(path, NotADirectoryError("a file stands where its folder has to be"))


def _holds(db: sqlite3.Connection, change: Change) -> bool:
    if change.expected is None:
        return True
    row = db.execute(
        "SELECT version FROM records WHERE partition = ? AND sort = ?",
        (change.partition, change.sort),
    ).fetchone()
    return bool((row[0] if row else 0) == change.expected)


def _carry_out(db: sqlite3.Connection, change: Change) -> None:
    key = (change.partition, change.sort)
    match change:
        case Put():
            db.execute(_PUT, (*key, encode(change.data), seconds(change.expires)))
        case Delete():
            db.execute("DELETE FROM records WHERE partition = ? AND sort = ?", key)
        case Check():
            pass


def _record(row: tuple[Any, ...]) -> Record:
    partition, sort, data, version, expires = row
    return Record(partition, sort, json.loads(data), version, moment(expires))


def _unusable(path: Path, error: Exception) -> InputError:
    why = str(error)
    if "locked" in why:
        return InputError(
            f"store {path}: another process keeps it locked",
            cure="wait until it ends, then run the same command again",
        )
    if "full" in why or "disk I/O" in why:
        return InputError(
            f"store {path}: {why}; nothing was written",
            cure="free space on its disk, then run the same command again",
        )
    return InputError(
        f"store {path}: {why}",
        cure="make the store writable, or set store: in foresail.yaml to a folder that is",
    )
