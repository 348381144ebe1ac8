"""Move a store elsewhere: copy what it holds, then read both and compare."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from foresail.errors import ForesailError, InputError
from foresail.store.leases import FENCES, LEASES, LeaseHeld
from foresail.store.opening import Store
from foresail.store.records import MOST_CHANGES, MOST_WRITTEN, Put, Record, encode, seconds, stamp

MARK = "migration"  # partition, in the target, that tells how far it came
_STAYS = frozenset({LEASES, FENCES, MARK})  # of one store only
_BLOBS = 50  # told at a time
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Migrated:
    """What is in both stores now, and its fingerprint; `copied` and `written` are of this run."""

    source: str
    target: str
    records: int
    copied: int
    blobs: int
    written: int
    digest: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def migrate(source: Store, target: Store, progress: Progress = lambda _: None) -> Migrated:
    """Copy all records and blobs, and check that they arrived; the source stays as it is.

    One that was cut off goes on when it is run again. Leases are not copied: nobody may hold one.

    Raises
    ------
    InputError
        The target is in use, or is the source; a store cannot be read or written.
    LeaseHeld
        Somebody is at work on the source.
    ForesailError
        The source changed meanwhile; run again.
    """
    _check_idle(source)
    _claim(source, target)
    keys = _keys(source)
    copied = _copy_records(source, target, keys, progress)
    names = source.blobs.names()
    written = _copy_blobs(source, target, names, progress)
    progress("comparing both stores")
    digest = _digest(source, _keys(source), source.blobs.names())
    if _digest(target, keys, names) != digest:
        raise ForesailError(
            f"{source.where} changed while it was copied to {target.where}",
            cure="stop what runs on it, then run the same command again: it goes on",
        )
    _mark(source, target, done=True)
    return Migrated(source.where, target.where, len(keys), copied, len(names), written, digest[:16])


def _check_idle(source: Store) -> None:
    for record in source.records.query(LEASES):
        held = source.leases.held(record.sort)
        if held is not None:
            raise LeaseHeld(held)


def _claim(source: Store, target: Store) -> None:
    """Begin, or go on with what was cut off; anything else in the target is somebody's."""
    if source.where == target.where:
        raise InputError(f"{source.where} is the store itself", cure="name another with --to")
    mark = target.records.get(MARK, "from")
    if mark is None and target.records.everything():
        raise _in_use(target, "it holds records already")
    if mark is not None and mark.data["from"] != source.where:
        raise _in_use(target, f"a migration of {mark.data['from']} was begun to it")
    if mark is not None and mark.data["done"]:
        raise _in_use(target, f"{source.where} was migrated to it at {mark.data['at']}")
    _mark(source, target, done=False)


def _in_use(target: Store, why: str) -> InputError:
    return InputError(
        f"{target.where} is in use: {why}", cure="name an empty store with --to, or another prefix:"
    )


def _mark(source: Store, target: Store, *, done: bool) -> None:
    data = {"from": source.where, "done": done, "at": stamp(target.clock())}
    target.records.write(Put(MARK, "from", data))


def _keys(store: Store) -> list[tuple[str, str]]:
    return [key for key in store.records.everything() if key[0] not in _STAYS]


def _records(store: Store, keys: Iterable[tuple[str, str]]) -> Iterator[Record]:
    """Read the records of keys, a partition at a time; what has expired meanwhile is left out."""
    for partition in dict.fromkeys(partition for partition, _ in keys):
        yield from store.records.query(partition)


def _copy_records(
    source: Store, target: Store, keys: list[tuple[str, str]], progress: Progress
) -> int:
    there = {_key(one): _print(one) for one in _records(target, keys)}
    lacking = (one for one in _records(source, keys) if there.get(_key(one)) != _print(one))
    copied = 0
    for batch in _batches(lacking):
        target.records.write(*batch)
        copied += len(batch)
        progress(f"{copied} records copied")
    return copied


def _batches(records: Iterable[Record]) -> Iterator[list[Put]]:
    """Cut records into writes that each backend takes."""
    batch: list[Put] = []
    size = 0
    for one in records:
        more = len(encode(one.data).encode())
        if batch and (len(batch) == MOST_CHANGES or size + more > MOST_WRITTEN):
            yield batch
            batch, size = [], 0
        batch.append(Put(one.partition, one.sort, one.data, one.expires))
        size += more
    if batch:
        yield batch


def _copy_blobs(source: Store, target: Store, names: list[str], progress: Progress) -> int:
    written = 0
    for number, name in enumerate(names, 1):
        content = source.blobs.read(name)
        if content is not None and target.blobs.read(name) != content:
            target.blobs.write(name, content)
            written += 1
        if number % _BLOBS == 0:
            progress(f"{number} of {len(names)} blobs")
    return written


def _digest(store: Store, keys: list[tuple[str, str]], names: list[str]) -> str:
    """Fingerprint of all records of some partitions, and of blobs by name."""
    made = hashlib.sha256()
    for record in _records(store, keys):
        made.update(_print(record))
    for name in names:
        content = store.blobs.read(name)
        made.update(f"{name}\n{hashlib.sha256(content or b'').hexdigest()}\n".encode())
    return made.hexdigest()


def _key(record: Record) -> tuple[str, str]:
    return record.partition, record.sort


def _print(record: Record) -> bytes:
    """Fingerprint of what is kept of a record: not its version, which counts one store's writes."""
    kept = [*_key(record), encode(record.data), str(seconds(record.expires))]
    return hashlib.sha256("\n".join(kept).encode()).digest()
