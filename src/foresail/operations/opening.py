"""What every operation opens: the journal, and the target of a tier."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from foresail.config import Config
from foresail.store.journal import Journal
from foresail.targets.base import Target
from foresail.targets.registry import open_target

if TYPE_CHECKING:
    from foresail.aws import Aws

Clock = Callable[[], datetime]
Progress = Callable[[str], None]


def open_journal(config: Config) -> Journal:
    """Open the journal of the configured store."""
    return Journal(Path(config.store) / "journal.sqlite")


def target_of(type_name: str, config: Config, aws: Aws) -> Target:
    """Target of a type, with what the configuration gives it."""
    return open_target(type_name, aws, config.scheduler)
