"""The journal: what each run found, meant to write and wrote; rollback reads it. SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from foresail.errors import InputError
from foresail.policies.items import Item
from foresail.targets.base import LiveTarget, item_from_json

State = Literal["running", "done", "rolled-back", "superseded"]
Kind = Literal["apply", "rollback"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, plan_id TEXT NOT NULL, kind TEXT NOT NULL, region TEXT NOT NULL,
    target_type TEXT NOT NULL, target_name TEXT NOT NULL, started TEXT NOT NULL, finished TEXT,
    state TEXT NOT NULL, before TEXT NOT NULL, wanted TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS writes (
    run_id INTEGER NOT NULL REFERENCES runs (id), at TEXT NOT NULL,
    operation TEXT NOT NULL, name TEXT NOT NULL, payload TEXT, outcome TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One journalled run on one target."""

    id: int
    plan_id: str
    kind: Kind
    region: str
    started: datetime
    state: State
    before: LiveTarget
    wanted: tuple[Item, ...]


class Journal:
    """Journal in one SQLite file, made by the first run; every method is one transaction."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists():
            with self._open() as db:
                db.execute("PRAGMA schema_version")
        elif not _nearest(path).is_dir():
            raise _unusable(path, f"{_nearest(path)} is no folder")

    def begin(
        self,
        plan_id: str,
        kind: Kind,
        region: str,
        before: LiveTarget,
        wanted: Sequence[Item],
        now: datetime,
    ) -> int:
        """Open a run before its first write; older unfinished runs on the target end here."""
        with self._open() as db:
            db.executescript(_SCHEMA)
            db.execute(
                "UPDATE runs SET state = 'superseded' WHERE state = 'running' "
                "AND region = ? AND target_type = ? AND target_name = ?",
                (region, before.type_name, before.name),
            )
            row = (
                plan_id, kind, region, before.type_name, before.name, now.isoformat(), "running",
                json.dumps(before.to_json()), json.dumps([item.to_json() for item in wanted]),
            )  # fmt: skip
            cursor = db.execute(
                "INSERT INTO runs (plan_id, kind, region, target_type, target_name, started, state,"
                " before, wanted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            return int(cursor.lastrowid or 0)

    def record(self, run_id: int, now: datetime, rows: Sequence[tuple[str, str, Any, str]]) -> None:
        """Add writes: (operation, item name, payload, outcome)."""
        with self._open() as db:
            db.executemany(
                "INSERT INTO writes (run_id, at, operation, name, payload, outcome)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [(run_id, now.isoformat(), op, n, json.dumps(p), out) for op, n, p, out in rows],
            )

    def finish(self, run_id: int, state: State, now: datetime) -> None:
        """Close a run."""
        with self._open() as db:
            db.execute(
                "UPDATE runs SET state = ?, finished = ? WHERE id = ?",
                (state, now.isoformat(), run_id),
            )

    def runs(self, region: str, target_type: str, target_name: str) -> list[Run]:
        """List the runs on one target, the latest first."""
        if not self.path.exists():  # a look at what stands leaves no file behind
            return []
        with self._open() as db:
            rows = db.execute(
                "SELECT id, plan_id, kind, region, started, state, before, wanted FROM runs"
                " WHERE region = ? AND target_type = ? AND target_name = ? ORDER BY id DESC",
                (region, target_type, target_name),
            ).fetchall()
        return [_run(row) for row in rows]

    def writes(self, run_id: int) -> list[tuple[str, str, str]]:
        """List the writes of a run in order: (operation, item name, outcome)."""
        with self._open() as db:
            return db.execute(
                "SELECT operation, name, outcome FROM writes WHERE run_id = ? ORDER BY rowid",
                (run_id,),
            ).fetchall()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=30)
            try:
                with connection:
                    yield connection
            finally:
                connection.close()
        except (sqlite3.Error, OSError) as error:
            raise _unusable(self.path, str(error)) from error


def _nearest(path: Path) -> Path:
    """Nearest folder above a file that exists."""
    return next(folder for folder in path.absolute().parents if folder.exists())


def _unusable(path: Path, why: str) -> InputError:
    return InputError(
        f"journal {path}: {why}",
        cure="make the store writable, or set store: in foresail.yaml to a folder that is",
    )


def _run(row: tuple[Any, ...]) -> Run:
    run_id, plan_id, kind, region, started, state, before, wanted = row
    return Run(
        id=run_id,
        plan_id=plan_id,
        kind=kind,
        region=region,
        started=datetime.fromisoformat(started).astimezone(UTC),
        state=state,
        before=LiveTarget.from_json(json.loads(before)),
        wanted=tuple(item_from_json(item) for item in json.loads(wanted)),
    )
