"""What only a file does: locked by another process, disk full, no database, many processes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time

import pytest

from foresail.errors import InputError
from foresail.store.opening import FILE, folder_store
from foresail.store.records import Put
from foresail.store.sqlite_records import SqliteRecords


def test_a_look_makes_nothing_and_the_first_write_makes_all(tmp_path):
    records = SqliteRecords(tmp_path / "a" / "b" / FILE)
    assert records.get("p", "s") is None
    assert records.query("p") == records.everything() == []
    assert list(tmp_path.iterdir()) == []
    records.write(Put("p", "s", {}))
    assert [p.name for p in (tmp_path / "a" / "b").iterdir()] == [FILE]


def test_what_is_no_store_is_named_with_the_cure(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"store .*file/store\.sqlite") as caught:
        folder_store(tmp_path / "file").records.write(Put("p", "s", {}))
    assert "store:" in caught.value.cure
    (tmp_path / FILE).write_text("not a database, but long enough to be read as one" * 40)
    with pytest.raises(InputError, match="not a database"):
        folder_store(tmp_path).records.get("p", "s")


def test_locked_by_another_process_is_said_after_a_while_and_nothing_is_written(tmp_path):
    path = tmp_path / FILE
    SqliteRecords(path).write(Put("p", "s", {"n": 1}))
    hold = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
    hold += "db.execute('BEGIN EXCLUSIVE'); print('held', flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", hold, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert other.stdout.readline() == "held\n"
    try:
        for call in (lambda r: r.get("p", "s"), lambda r: r.write(Put("p", "s", {"n": 2}))):
            with pytest.raises(InputError, match="another process keeps it locked") as caught:
                call(SqliteRecords(path, wait=0.1))
            assert "same command again" in caught.value.cure
    finally:
        other.communicate("")
    assert SqliteRecords(path).get("p", "s").data == {"n": 1}


def test_a_process_that_dies_while_it_writes_leaves_what_was_there(tmp_path):
    path = tmp_path / FILE
    SqliteRecords(path).write(Put("p", "s", {"n": 1}))
    write = """
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA cache_size = 1")  # so that pages reach the file before the end
db.execute("BEGIN IMMEDIATE")
db.executemany("INSERT INTO records VALUES ('q', ?, ?, 1, NULL)",
               [(f"{n:04d}", "x" * 5000) for n in range(200)])
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", write, str(path)], check=False).returncode == 9
    assert (tmp_path / f"{FILE}-journal").exists()  # what it takes to undo it
    records = SqliteRecords(path)
    assert records.everything() == [("p", "s")]
    records.write(Put("p", "s", {"n": 2}))
    assert records.get("p", "s").data == {"n": 2}


def test_a_full_disk_is_named_and_leaves_what_was_there(tmp_path):
    path = tmp_path / FILE
    SqliteRecords(path).write(Put("p", "s", {"n": 1}))
    size = path.stat().st_size
    code = f"""
import resource, signal, sys
from pathlib import Path
from foresail.errors import InputError
from foresail.store.opening import folder_store
from foresail.store.records import Put
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size} + 20_000, {size} + 20_000))
store = folder_store(Path(sys.argv[1]))
for write in (
    lambda: store.records.write(*(Put("q", f"{{n}}", {{"x": "y" * 50_000}}) for n in range(9))),
    lambda: store.blobs.write("forecasts/a", b"x" * 200_000),
):
    try:
        write()
    except InputError as error:
        print(error.exit_code, error.message, "|", error.cure)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 2, done.stdout + done.stderr
    for line in lines:
        assert line.startswith("2 store ")
        assert "free space" in line
    assert SqliteRecords(path).everything() == [("p", "s")]
    assert SqliteRecords(path).get("p", "s").data == {"n": 1}
    assert [p.name for p in (tmp_path / "forecasts").iterdir()] == []


def test_many_processes_write_and_none_is_lost(tmp_path):
    code = """
import sys
from pathlib import Path
from foresail.store.opening import folder_store
from foresail.store.records import Put, revise
records = folder_store(Path(sys.argv[1])).records
for n in range(20):
    records.write(Put("all", f"{sys.argv[2]}/{n}", {}, expected=0))
    revise(records, "count", "c", lambda data: {"n": (data or {"n": 0})["n"] + 1})
"""
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), f"{n}"]) for n in range(4)
    ]
    assert [one.wait(60) for one in started] == [0] * 4
    records = folder_store(tmp_path).records
    assert len(records.query("all")) == 80
    assert records.get("count", "c").data == {"n": 80}


def test_what_has_expired_leaves_the_file_by_itself(tmp_path):
    from datetime import UTC, datetime, timedelta

    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    records = SqliteRecords(tmp_path / FILE, lambda: now)
    for n in range(10):
        records.write(Put("p", f"{n}", {}, now + timedelta(seconds=1 + n % 2)))
    later = SqliteRecords(tmp_path / FILE, lambda: now + timedelta(seconds=5))
    later.write(Put("p", "new", {}))
    with sqlite3.connect(tmp_path / FILE) as db:
        assert db.execute("SELECT COUNT(*) FROM records").fetchone() == (1,)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_that_may_only_be_read_is_read(tmp_path):
    SqliteRecords(tmp_path / FILE).write(Put("p", "s", {"n": 1}))
    (tmp_path / FILE).chmod(0o400)
    records = SqliteRecords(tmp_path / FILE)
    assert records.get("p", "s").data == {"n": 1}
    with pytest.raises(InputError, match="readonly"):
        records.write(Put("p", "s", {}))


def test_a_record_costs_milliseconds(tmp_path):
    records = SqliteRecords(tmp_path / FILE)
    started = time.monotonic()
    for n in range(50):
        records.write(Put("p", f"{n}", {"n": n}))
    assert time.monotonic() - started < 5
