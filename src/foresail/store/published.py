"""What was published to CloudWatch: each point once, with its value. SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from foresail.errors import InputError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS points (
    place TEXT NOT NULL, metric TEXT NOT NULL, time TEXT NOT NULL, value REAL NOT NULL,
    sent INTEGER NOT NULL, PRIMARY KEY (place, metric, time));
CREATE TABLE IF NOT EXISTS detectors (
    place TEXT NOT NULL, metric TEXT NOT NULL, PRIMARY KEY (place, metric));
"""
_KNOWN = "SELECT metric, time FROM points WHERE place = ? AND metric = ? AND time >= ?"
Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a custom metric at a time (UTC)."""

    metric: str
    dimensions: Dimensions
    time: datetime
    value: float

    @property
    def key(self) -> str:
        """Text that tells the metric apart from others."""
        return json.dumps([self.metric, self.dimensions])


class Published:
    """A record of what one account and region was told.

    CloudWatch adds values of one timestamp up rather than replacing them. So a point is written
    down before it is sent, and when a run dies in between, the next sends the same value again:
    Average, Minimum and Maximum stay what they are.

    Parameters
    ----------
    path
        SQLite file; made when first written to.
    place
        Region and endpoint; each has its own record.
    """

    def __init__(self, path: Path, place: str) -> None:
        self.path = path
        self.place = place

    def unsent(self) -> list[Point]:
        """Points that an earlier run meant to send, and may have sent."""
        with self._open() as db:
            rows = db.execute(
                "SELECT metric, time, value FROM points WHERE place = ? AND sent = 0"
                " ORDER BY metric, time",
                (self.place,),
            ).fetchall()
        return [_point(*row) for row in rows]

    def new(self, points: Sequence[Point]) -> list[Point]:
        """Those of some points of which nothing is recorded, in their order."""
        first: dict[str, str] = {}
        for point in points:
            key, time = point.key, point.time.isoformat()
            first[key] = min(time, first.get(key, time))
        known: set[tuple[str, str]] = set()
        with self._open() as db:
            for key, since in first.items():
                asked = (self.place, key, since)
                known |= set(db.execute(_KNOWN, asked).fetchall())
        return [point for point in points if (point.key, point.time.isoformat()) not in known]

    def intend(self, points: Sequence[Point]) -> None:
        """Write down what is about to be sent."""
        rows = [(self.place, p.key, p.time.isoformat(), p.value) for p in points]
        with self._open() as db:
            db.executemany("INSERT OR IGNORE INTO points VALUES (?, ?, ?, ?, 0)", rows)

    def sent(self, points: Sequence[Point]) -> None:
        """Write down that CloudWatch took them."""
        rows = [(self.place, p.key, p.time.isoformat()) for p in points]
        with self._open() as db:
            db.executemany(
                "UPDATE points SET sent = 1 WHERE place = ? AND metric = ? AND time = ?", rows
            )

    def forget_before(self, time: datetime) -> None:
        """Drop what is too old to be published again."""
        with self._open() as db:
            db.execute(
                "DELETE FROM points WHERE place = ? AND time < ?",
                (self.place, time.astimezone(UTC).isoformat()),
            )

    def detectors(self) -> set[str]:
        """Metrics whose anomaly detectors foresail made."""
        with self._open() as db:
            rows = db.execute("SELECT metric FROM detectors WHERE place = ?", (self.place,))
            return {str(row[0]) for row in rows.fetchall()}

    def own_detector(self, metric: str, *, owned: bool) -> None:
        """Write down that a detector is foresail's, or is no more."""
        with self._open() as db:
            if owned:
                db.execute("INSERT OR IGNORE INTO detectors VALUES (?, ?)", (self.place, metric))
            else:
                db.execute(
                    "DELETE FROM detectors WHERE place = ? AND metric = ?", (self.place, metric)
                )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=30)
            try:
                with connection:
                    connection.executescript(_SCHEMA)
                    yield connection
            finally:
                connection.close()
        except (sqlite3.Error, OSError) as error:
            raise InputError(
                f"record of what was published {self.path}: {error}",
                cure="make the store writable, or set store: in foresail.yaml to a folder that is",
            ) from error


def _point(key: str, time: str, value: float) -> Point:
    metric, dimensions = json.loads(key)
    named = tuple((str(name), str(text)) for name, text in dimensions)
    return Point(metric, named, datetime.fromisoformat(time).astimezone(UTC), value)
