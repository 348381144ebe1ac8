"""Logs: one run id, no secrets, silence until asked, one object a line where JSON is asked."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresail import logs
from foresail.errors import InputError
from foresail.logs import bind_run, carried, configure, get_logger, run_id, without_secrets

KEY = "AKIAIOSFODNN7EXAMPLE"


@pytest.fixture
def lines(capsys):
    """Lines as JSON, once logs are configured; and put back what was."""
    root = logging.getLogger("foresail")
    before = list(root.handlers), root.level
    configure("json", "debug")
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    root.handlers, root.level = before


def test_a_line_says_what_when_and_in_which_run(lines):
    with bind_run("run-1"):
        get_logger("foresail.plan").bind(service="shop").info("plan.made", tiers=2)
    [line] = lines()
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info", "event": "plan.made", "logger": "foresail.plan",
        "run": "run-1", "service": "shop", "tiers": 2,
    }  # fmt: skip


def test_below_the_level_nothing_is_written(capsys, lines):
    configure("json", "warning")
    log = get_logger("foresail.x")
    log.info("small")
    log.warning("large")
    assert [line["event"] for line in lines()] == ["large"]
    assert not log.is_debug()


def test_people_read_the_same_in_one_line(capsys, lines):
    configure("console", "info")
    get_logger("foresail.x").info("plan.made", service="shop")
    [line] = capsys.readouterr().err.splitlines()
    assert "plan.made" in line and "service=shop" in line and run_id() in line


def test_a_library_is_silent_until_it_is_configured():
    code = "from foresail.logs import get_logger; get_logger('foresail.x').info('made', n=1)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_others_that_listen_get_a_line_they_can_print(caplog):
    with caplog.at_level("INFO", logger="foresail"), bind_run("run-7"):
        get_logger("foresail.x").info("made", percent="100%", n=1)
    assert caplog.messages == ["made run=run-7 percent=100% n=1"]


@pytest.mark.parametrize(
    "facts",
    [
        {"secret": KEY},
        {"aws_session_token": "FwoGZXIvYXdzE"},
        {"webhook": "https://example.com/hook"},
        {"nested": {"Password": "p"}},
        {"error": f"user {KEY} may not"},
        {"lines": [f"a {KEY}"]},
        {"error": "https://hooks.slack.com/services/T000/B000/XXXX"},
        {"url": "https://x/?X-Amz-Signature=abc123&X-Amz-Security-Token=def"},
    ],
)
def test_no_secret_is_written(lines, facts):
    get_logger("foresail.x").error("failed", **facts)
    text = json.dumps(lines())
    for secret in (KEY, "FwoGZX", "example.com", '"p"', "T000", "abc123", "def"):
        assert secret not in text
    assert "[hidden]" in text


@given(
    before=st.text(st.characters(codec="ascii", exclude_categories=("L", "N"))),
    key=st.from_regex(r"(AKIA|ASIA)[A-Z0-9]{16}", fullmatch=True),
)
def test_a_key_is_found_wherever_it_stands(before, key):
    told = without_secrets({"text": f"{before} {key} ", "deep": [{"k": key}]})
    assert key not in json.dumps(told)


def test_a_run_holds_until_its_end_and_comes_back():
    with bind_run("outer"):
        with bind_run("inner") as inner:
            assert run_id() == inner == "inner"
        with bind_run() as same:
            assert run_id() == same == "outer"
        assert run_id() == "outer"


def test_a_flows_run_id_goes_on_in_what_it_starts(monkeypatch):
    monkeypatch.setenv("FORESAIL_RUN_ID", "flow-42")
    with bind_run(logs.fresh_run_id()) as bound:
        assert bound == "flow-42"
    code = "from foresail.logs import run_id; print(run_id())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, timeout=60, env=dict(os.environ),
    )  # fmt: skip
    assert done.stdout == "flow-42\n"


@pytest.mark.parametrize("bad", ["a b", "x" * 65, "a\nb", "-x", "ü"])
def test_a_run_id_that_no_header_takes_is_refused(bad, monkeypatch):
    monkeypatch.setenv("FORESAIL_RUN_ID", bad)
    with pytest.raises(InputError, match="FORESAIL_RUN_ID"):
        bind_run(logs.fresh_run_id())


def test_a_pools_threads_keep_the_run_of_who_asked():
    with ThreadPoolExecutor(4) as pool:
        with bind_run("one"):
            one = pool.map(carried(lambda _: run_id()), range(8))
        with bind_run("two"):
            two = pool.map(carried(lambda _: run_id()), range(8))
        assert set(one) == {"one"} and set(two) == {"two"}


def test_without_a_run_the_process_has_one():
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(run_id).result() == pool.submit(run_id).result() == logs._of_process()


@pytest.mark.parametrize(("form", "level"), [("xml", "info"), ("json", "loud")])
def test_other_words_are_refused_by_name(form, level):
    with pytest.raises(InputError) as refused:
        configure(form, level)
    assert "write one of" in str(refused.value.cure)


def test_configuring_twice_writes_once(lines):
    configure("json", "info")
    get_logger("foresail.x").info("once")
    assert len(lines()) == 1


def test_a_closed_error_stream_ends_no_run(monkeypatch, lines):
    class Closed:
        def write(self, _):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(logging, "raiseExceptions", False)
    monkeypatch.setattr(sys, "stderr", Closed())
    get_logger("foresail.x").error("failed")
