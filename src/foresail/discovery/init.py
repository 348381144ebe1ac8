"""From an account to a first foresail.yaml."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresail.config import parse_config
from foresail.discovery.account import Discovered, discover
from foresail.discovery.checks.account import identify
from foresail.discovery.writing import config_text, lines_to_set
from foresail.errors import InputError
from foresail.files import replacing
from foresail.yamls import parse_yaml

if TYPE_CHECKING:
    from foresail.aws import Aws


@dataclass(frozen=True, slots=True)
class Proposed:
    """A first configuration: its text, what it rests on, and what a person has to fill in."""

    text: str
    discovered: Discovered
    to_set: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"to_set": list(self.to_set), **asdict(self.discovered)}


def propose_config(
    aws: Aws, now: datetime, timezone: str, progress: Callable[[str], None] = lambda _: None
) -> Proposed:
    """Discover what can be scaled and write it as a configuration; reads only.

    Where nothing is left to a person the text is held against the configuration's own rules.

    Raises
    ------
    AwsError
        No region, or credentials that are missing or not accepted.
    InputError
        Nothing was found that a plan can be made of.
    """
    who = identify(aws)
    found = discover(aws, now, progress)
    if not found.ready:
        raise InputError(
            f"nothing that can be planned was found in account {who.account}, {who.region}",
            cure=_why_nothing(found),
        )
    text = config_text(found, who.account, who.region, timezone)
    to_set = tuple(lines_to_set(text))
    if not to_set:
        parse_config(parse_yaml(text, "the proposed configuration"), source="foresail init")
    return Proposed(text, found, to_set)


def write_config(proposed: Proposed, path: Path) -> None:
    """Write the file whole or not at all.

    Raises
    ------
    InputError
        When it cannot be written.
    """
    try:
        with replacing(path) as temporary:
            temporary.write_text(proposed.text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror})", cure="choose another --output"
        ) from error


def _why_nothing(found: Discovered) -> str:
    told = [f"{one.service}: {one.why}" for one in found.skipped]
    told += [f"{one.target_type} {one.target_name}: {one.blocked}" for one in found.found]
    told += [f"{one.name} {one.why}" for one in found.seen]
    return "; ".join(told) or "choose another region: foresail init --region eu-west-1"
