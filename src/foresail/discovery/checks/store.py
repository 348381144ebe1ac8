"""The folder that holds pulled history and the journal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from foresail.discovery.checks.finding import Finding, ok, problem


def check_store(folder: Path) -> Iterator[Finding]:
    """Say whether the store can be written, or made where it is not there yet."""
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
