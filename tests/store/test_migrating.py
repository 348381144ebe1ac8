"""A store moves with all it holds, can be cut off at any write, and leaves the source as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foresail.errors import ForesailError, InputError
from foresail.store.leases import LeaseHeld
from foresail.store.migrating import migrate
from foresail.store.opening import folder_store
from foresail.store.records import Put
from store.backends import Time, open_backend, sandbox
from store.test_decisions import MADE
from store.test_journal import LIVE, TARGET, begin

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
__all__ = ["sandbox"]


def filled(store):
    """A store with something of each noun, some of it large or soon gone."""
    lease = store.leases.acquire("service/shop", "one", timedelta(minutes=1))
    run = begin(store.journal, fence=lease)
    store.journal.finish(run, "done", NOW)
    store.leases.release(lease)
    store.decisions.write(MADE)
    store.records.write(*(Put("many", f"{n:03d}", {"n": n / 7}) for n in range(100)))
    for n in range(14):
        store.records.write(Put("large", f"{n}", {"x": "y" * 300_000}))
    store.records.write(Put("soon", "gone", {}, NOW + timedelta(seconds=30)))
    for name in ("history/a.parquet", "forecasts/shop/web/b.parquet"):
        store.blobs.write(name, name.encode())
    return store


def contents(store):
    keys = [key for key in store.records.everything() if key[0] not in ("lease", "fence")]
    records = [store.records.get(*key) for key in keys]
    plain = {(r.partition, r.sort): (r.data, r.expires) for r in records if r}
    return plain, {name: store.blobs.read(name) for name in store.blobs.names()}


@pytest.mark.parametrize(("one", "other"), [("folder", "table"), ("table", "folder")])
def test_all_that_is_kept_arrives_and_goes_on_there(one, other, tmp_path, sandbox):
    clock = Time(NOW)
    source = filled(open_backend(one, tmp_path, sandbox, clock))
    target = open_backend(other, tmp_path, sandbox, clock)
    before, told = contents(source), []
    done = migrate(source, target, told.append)
    assert contents(source) == before
    records, blobs = contents(target)
    del records["migration", "from"]
    assert (records, blobs) == before
    assert (done.records, done.copied) == (len(before[0]), len(before[0]))
    assert (done.blobs, done.written) == (2, 2)
    assert told[-1] == "comparing both stores"
    [run] = target.journal.runs(*TARGET)
    assert (run.state, run.before) == ("done", LIVE)
    lease = target.leases.acquire("service/shop", "two", timedelta(minutes=1))
    later = begin(target.journal, fence=lease)
    assert later > run.id
    with pytest.raises(InputError, match="was migrated to it"):
        migrate(source, target)


class Killed(BaseException):
    """The process died here."""


@pytest.mark.parametrize("at", range(1, 8))
def test_cut_off_anywhere_it_goes_on_when_run_again(at, tmp_path, monkeypatch):
    source = filled(folder_store(tmp_path / "a", Time(NOW)))
    target = folder_store(tmp_path / "b", Time(NOW))
    files = {p: p.read_bytes() for p in (tmp_path / "a").rglob("*") if p.is_file()}
    writes = []

    def counted(real):
        def write(self, *args):
            writes.append(1)
            if len(writes) == at:
                raise Killed
            return real(self, *args)

        return write

    with monkeypatch.context() as patch, pytest.raises(Killed):
        for cls in (type(target.records), type(target.blobs)):
            patch.setattr(cls, "write", counted(cls.write))
        migrate(source, target)
    done = migrate(source, target)
    assert done.copied < done.records or at <= 2
    records, blobs = contents(target)
    del records["migration", "from"]
    assert (records, blobs) == contents(source)
    assert files == {p: p.read_bytes() for p in (tmp_path / "a").rglob("*") if p.is_file()}


def test_refused_while_somebody_is_at_work(tmp_path):
    source = folder_store(tmp_path / "a", Time(NOW))
    source.leases.acquire("service/shop", "host 7", timedelta(minutes=1))
    with pytest.raises(LeaseHeld, match="held by host 7"):
        migrate(source, folder_store(tmp_path / "b", Time(NOW)))
    assert not (tmp_path / "b").exists()


def test_a_target_in_use_is_refused_and_left_alone(tmp_path):
    source = filled(folder_store(tmp_path / "a", Time(NOW)))
    used = folder_store(tmp_path / "b", Time(NOW))
    used.records.write(Put("mine", "x", {}))
    with pytest.raises(InputError, match="is in use: it holds records"):
        migrate(source, used)
    assert used.records.everything() == [("mine", "x")]
    with pytest.raises(InputError, match="is the store itself"):
        migrate(source, source)


def test_a_source_that_changes_meanwhile_is_told(tmp_path):
    source = filled(folder_store(tmp_path / "a", Time(NOW)))
    target = folder_store(tmp_path / "b", Time(NOW))

    def somebody(said):
        if said.startswith("comparing"):
            source.records.write(Put("many", "050", {"n": "new"}))

    with pytest.raises(ForesailError, match="changed while it was copied"):
        migrate(source, target, somebody)
    assert migrate(source, target).copied == 1


def test_a_blob_that_arrives_broken_is_told(tmp_path, monkeypatch):
    source = filled(folder_store(tmp_path / "a", Time(NOW)))
    target = folder_store(tmp_path / "b", Time(NOW))
    real = type(target.blobs).write
    monkeypatch.setattr(type(target.blobs), "write", lambda self, n, data: real(self, n, data[:-1]))
    with pytest.raises(ForesailError, match="changed while it was copied"):
        migrate(source, target)
