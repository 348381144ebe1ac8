"""What a run leaves to read in Prefect: progress, a table of outcomes, the diff, links."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
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

from foresail.config import Config
from foresail.cycle import Outcome
from foresail.report.plan_markdown import plan_markdown

MOST = 200_000  # characters of a diff
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


def plans(key: str, config: Config, outcomes: Sequence[Outcome]) -> None:
    """Leave the change sets of a run as a diff."""
    markdown(key, diff(config, outcomes), "what the plans of this run change")


def diff(config: Config, outcomes: Sequence[Outcome]) -> str:
    """Change sets of outcomes' plans as markdown; cut where they are too long to read."""
    made = [plan_markdown(one.plan, config) for one in outcomes if one.plan is not None]
    text = "\n\n".join(filter(None, made))
    return text if len(text) <= MOST else f"{text[:MOST]}\n```\n\ncut: see foresail status"


def say() -> Callable[[str], None]:
    """Give what writes a line to the run's log."""
    info: Callable[[str], None] = get_run_logger().info
    return info


def link(key: str, path: Path, about: str) -> None:
    """Leave a link to a file on the worker's machine."""
    create_link_artifact(path.resolve().as_uri(), key=key, link_text=path.name, description=about)


def key_of(*words: str) -> str:
    """Name of an artifact: Prefect takes small letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")
