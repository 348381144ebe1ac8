"""The overrides of a store: set, listed, ended early; each ends by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_hex

from foresail.config import TierConfig
from foresail.errors import InputError
from foresail.overrides.rules import Override, check_override
from foresail.store.records import Put, Record, Records

PARTITION = "override"
KEPT = timedelta(days=1)  # after its end: what it did to the floor is still being taken back


def new_id() -> str:
    """Name for an override."""
    return f"o-{token_hex(3)}"


def set_override(
    records: Records, override: Override, tier: TierConfig, now: datetime, *, long: bool = False
) -> None:
    """Keep an override that can be followed.

    Raises
    ------
    InputError
        As `check_override`.
    """
    known = known_overrides(records, now, override.service, override.tier)
    check_override(override, tier, standing(known, now), now, long=long)
    records.write(_put(override, expected=0))


def known_overrides(
    records: Records, now: datetime, service: str | None = None, tier: str | None = None
) -> list[Override]:
    """List overrides until a day after their end, those ended early too, by their beginning."""
    found = [_read(record) for record in _query(records, service, tier)]
    return sorted(
        (one for one in found if now < one.end + KEPT), key=lambda one: (one.start, one.id)
    )


def standing(overrides: Sequence[Override], now: datetime) -> list[Override]:
    """Those that plans have to follow."""
    return [one for one in overrides if one.stands(now)]


def remove_override(records: Records, override_id: str, now: datetime) -> Override:
    """End an override early; the next plan is made without it.

    Raises
    ------
    InputError
        When none of that id stands.
    """
    for record in _query(records, None, None):
        found = _read(record)
        if found.id == override_id and found.stands(now):
            records.write(_put(found.ended(now), expected=record.version))
            return found.ended(now)
    raise InputError(
        f"no override {override_id} stands", cure="list them: foresail override --list"
    )


def _query(records: Records, service: str | None, tier: str | None) -> list[Record]:
    parts = [part for part in (service, tier) if part is not None]
    return records.query(PARTITION, prefix="".join(f"{part}/" for part in parts))


def _put(override: Override, *, expected: int) -> Put:
    sort = f"{override.name}/{override.id}"
    return Put(PARTITION, sort, override.to_json(), override.end + KEPT, expected)


def _read(record: Record) -> Override:
    return Override.from_json(record.data)
