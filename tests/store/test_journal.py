"""The journal keeps what each run found, meant and wrote."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest

from foresail.errors import InputError
from foresail.store.journal import Journal
from foresail.targets.base import LiveTarget, ScheduledAction

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ACTION = ScheduledAction("foresail-web-x", start=NOW, min_size=0)
LIVE = LiveTarget("ec2-auto-scaling-group", "web", 2, 60, 2, (ACTION,), ("tt",))


def test_a_run_reads_back_with_types_and_the_latest_comes_first(tmp_path):
    journal = Journal(tmp_path / "deep" / "journal.sqlite")
    first = journal.begin("p1", "apply", "us-east-1", LIVE, (ACTION,), NOW)
    journal.record(first, NOW, [("put", ACTION.name, ACTION.to_json(), "done")])
    journal.finish(first, "done", NOW)
    second = journal.begin("p2", "apply", "us-east-1", LIVE, (), NOW)
    runs = Journal(journal.path).runs("us-east-1", LIVE.type_name, "web")
    assert [(r.id, r.state) for r in runs] == [(second, "running"), (first, "done")]
    assert (runs[1].before, runs[1].wanted) == (LIVE, (ACTION,))
    assert journal.writes(first) == [("put", ACTION.name, "done")]
    assert journal.runs("eu-west-1", LIVE.type_name, "web") == []


def test_a_new_run_ends_an_unfinished_one(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    journal.begin("p1", "apply", "us-east-1", LIVE, (), NOW)
    journal.begin("p2", "apply", "us-east-1", LIVE, (), NOW)
    states = [r.state for r in journal.runs("us-east-1", LIVE.type_name, "web")]
    assert states == ["running", "superseded"]


def test_a_look_leaves_no_file(tmp_path):
    journal = Journal(tmp_path / "store" / "journal.sqlite")
    assert journal.runs("us-east-1", LIVE.type_name, "web") == []
    assert list(tmp_path.iterdir()) == []


def test_an_unusable_store_is_named_with_the_cure(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"journal .*file.*journal\.sqlite") as caught:
        Journal(tmp_path / "file" / "journal.sqlite")
    assert "store:" in str(caught.value)
    broken = tmp_path / "journal.sqlite"
    broken.write_text("not a database, but long enough to be read as one" * 40)
    with pytest.raises(InputError, match="not a database"):
        Journal(broken)


def test_a_run_of_before_there_were_kinds_holds_scheduled_actions(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    journal.begin("p1", "apply", "us-east-1", LIVE, (ACTION,), NOW)
    with sqlite3.connect(journal.path) as db:
        db.execute(
            "UPDATE runs SET wanted = replace(wanted, '\"kind\": \"scheduled-action\", ', '')"
        )
        db.execute("UPDATE runs SET before = replace(before, ', \"settings\": []', '')")
        [wanted] = db.execute("SELECT wanted || before FROM runs").fetchone()
    assert "settings" not in wanted
    [run] = journal.runs("us-east-1", LIVE.type_name, "web")
    assert (run.before, run.wanted) == (LIVE, (ACTION,))
