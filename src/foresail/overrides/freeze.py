"""A freeze: nothing of a service is written until it ends, or a person ends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from foresail.errors import InputError
from foresail.store.records import Delete, Put, Records

PARTITION = "freeze"
LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Freeze:
    """Who froze a service, why, and until when (aware)."""

    service: str
    until: datetime
    reason: str
    by: str
    made: datetime

    def said(self) -> str:
        """Say it in one line, in UTC."""
        until = self.until.astimezone(UTC)
        return f"frozen until {until:%Y-%m-%d %H:%MZ}: {self.reason} (by {self.by})"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "service": self.service,
            "until": self.until.astimezone(UTC).isoformat(),
            "reason": self.reason,
            "by": self.by,
            "made": self.made.astimezone(UTC).isoformat(),
        }


def freeze(records: Records, made: Freeze) -> None:
    """Freeze a service; one that is frozen takes the new end and reason.

    Raises
    ------
    InputError
        Without a reason, or when it would end in the past or after more than 31 days.
    """
    if not made.reason.strip():
        raise InputError("a freeze needs a reason", cure='say why: --reason "peak of the year"')
    if made.until <= made.made:
        raise InputError(
            f"the freeze would end at {made.until.astimezone(UTC):%Y-%m-%d %H:%MZ}, which is past",
            cure="give an --until that is to come",
        )
    if made.until - made.made > LONGEST:
        raise InputError(
            f"the freeze would last longer than {LONGEST.days} days",
            cure="give an earlier --until; freeze again when it has ended",
        )
    records.write(Put(PARTITION, made.service, made.to_json(), made.until))


def unfreeze(records: Records, service: str, now: datetime) -> Freeze:
    """End a freeze.

    Raises
    ------
    InputError
        When the service is not frozen.
    """
    found = frozen(records, service, now)
    if found is None:
        raise InputError(f"{service} is not frozen", cure="see foresail freeze --list")
    records.write(Delete(PARTITION, service))
    return found


def frozen(records: Records, service: str, now: datetime) -> Freeze | None:
    """Freeze of a service that has not ended; None when there is none."""
    record = records.get(PARTITION, service)
    made = None if record is None else _read(record.data)
    return made if made is not None and now < made.until else None


def freezes(records: Records, now: datetime) -> list[Freeze]:
    """List all freezes that have not ended."""
    found = [_read(record.data) for record in records.query(PARTITION)]
    return [one for one in found if now < one.until]


def _read(data: dict[str, Any]) -> Freeze:
    return Freeze(
        data["service"],
        datetime.fromisoformat(data["until"]),
        data["reason"],
        data["by"],
        datetime.fromisoformat(data["made"]),
    )
