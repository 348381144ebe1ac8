"""Where history, journal and all else are kept: a folder, or a table and a bucket."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from foresail.discovery.checks.finding import Finding, ok, problem
from foresail.errors import ForesailError
from foresail.store.creating import check_bucket, check_key
from foresail.store.opening import home_of, store_at

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import TableStore


def check_store(store: Path | TableStore, aws: Aws) -> Iterator[Finding]:
    """Say whether the store can be used: its folder, or its table and its bucket."""
    if isinstance(store, Path):
        yield from _folder(store)
    else:
        yield _table(store, aws)


def _folder(folder: Path) -> Iterator[Finding]:
    """Say whether a folder can be written, or made where it is not there yet."""
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    if not there.is_dir():
        why = f"{there} is no folder"
    elif not os.access(there, os.W_OK | os.X_OK):
        why = f"no permission to write in {there}"
    else:
        yield ok("store", f"{folder} can be written")
        return
    yield problem("store", f"{folder} cannot be written: {why}", "choose another store:")


def _table(store: TableStore, aws: Aws) -> Finding:
    """Read the table and the bucket; nothing is written to see whether that is allowed."""
    home = home_of(store, aws)
    try:
        check_key(home.client("dynamodb"), store.table)
        check_bucket(home, store.bucket)
        opened = store_at(store, aws)
        opened.records.get("lease", "doctor")
        opened.blobs.read("history/doctor")
    except ForesailError as error:
        return problem("store", error.message, error.cure)
    return ok("store", f"{store} can be read")
