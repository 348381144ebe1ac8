"""What a run leaves to read in Prefect: progress, a table of outcomes, the diff, links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from prefect import get_run_logger
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

STEP = 0.01  # least progress that is worth a call to the server


class Progress:
    """A progress bar of the run; a server that went away stops the bar, and not the run.

    Parameters
    ----------
    key
        Name of the artifact: small letters, digits and dashes.
    """

    def __init__(self, key: str) -> None:
        made = create_progress_artifact(0.0, key=key)
        assert isinstance(made, UUID)  # a coroutine only where there is a loop
        self._id = made
        self._said = 0.0

    def __call__(self, share: float) -> None:
        """Show the share that is done, 0 to 1."""
        if share < 1 and share - self._said < STEP:
            return
        self._said = share
        try:
            update_progress_artifact(self._id, progress=100 * share)
        except httpx.HTTPError as error:
            get_run_logger().warning("progress is not shown: %s", error)


def table(key: str, rows: Sequence[dict[str, Any]], about: str) -> None:
    """Leave a table."""
    create_table_artifact(list(rows), key=key, description=about)


def markdown(key: str, text: str, about: str) -> None:
    """Leave a text, where there is one."""
    if text:
        create_markdown_artifact(text, key=key, description=about)


def link(key: str, path: Path, about: str) -> None:
    """Leave a link to a file on the worker's machine."""
    create_link_artifact(path.resolve().as_uri(), key=key, link_text=path.name, description=about)


def key_of(*words: str) -> str:
    """Name of an artifact: Prefect takes small letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")
