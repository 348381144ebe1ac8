"""Records: one suite for both backends, and a random play held against a plain dict."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from foresail.errors import InputError
from foresail.store.creating import create_table
from foresail.store.records import Check, Conflict, Delete, Put, revise, span, stamp
from store.backends import BACKENDS, Time, open_backend, sandbox

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
__all__ = ["sandbox"]


@pytest.fixture
def clock():
    return Time(NOW)


@pytest.fixture(params=BACKENDS)
def records(request, tmp_path, sandbox, clock):
    return open_backend(request.param, tmp_path, sandbox, clock).records


def test_read_back_as_written_with_exact_numbers(records):
    data = {"a": [1, 0.1 + 0.2, 1e-300, None, True], "ä": {"": "", "x": "ß\n"}}
    records.write(Put("p", "s", data))
    found = records.get("p", "s")
    assert (found.data, found.version, found.expires) == (data, 1, None)
    records.write(Put("p", "s", {}, NOW + timedelta(seconds=1.2)))
    assert records.get("p", "s").version == 2
    assert records.get("p", "s").expires == NOW + timedelta(seconds=2)
    records.write(Put("p", "s", {}))
    assert records.get("p", "s").expires is None
    assert records.get("p", "t") is None


def test_a_write_is_all_or_nothing(records):
    records.write(Put("p", "a", {"n": 1}))
    with pytest.raises(Conflict, match="p b") as caught:
        records.write(Put("p", "a", {"n": 2}, expected=1), Put("p", "b", {}, expected=3))
    assert caught.value.changes == (Put("p", "b", {}, expected=3),)
    assert records.get("p", "a").data == {"n": 1}
    records.write(Delete("p", "a", 1), Check("p", "b", 0), Put("q", "c", {}))
    assert records.everything() == [("q", "c")]
    with pytest.raises(Conflict):
        records.write(Check("q", "c", 2))
    records.write(Delete("p", "never there"))


def test_what_has_expired_is_not_there(records, clock):
    records.write(Put("p", "s", {"n": 1}, NOW + timedelta(seconds=10)), Put("p", "t", {}))
    clock.now += timedelta(seconds=10)
    assert records.get("p", "s") is None
    assert [one.sort for one in records.query("p")] == ["t"]
    assert records.everything() == [("p", "t")]
    with pytest.raises(Conflict):
        records.write(Delete("p", "s", expected=1))
    records.write(Put("p", "s", {"n": 2}, expected=0))
    assert records.get("p", "s").data == {"n": 2}


def test_queries_by_order_prefix_range_and_number(records):
    keys = ["a", "a/1", "a/2", "a/~", "b", "é", "\U0001f600", "￿"]
    for key in keys:
        records.write(Put("p", key, {"key": key}))
    records.write(Put("pp", "a", {}))

    def sorts(**asked):
        return [one.sort for one in records.query("p", **asked)]

    ordered = sorted(keys)
    assert sorts() == ordered
    assert sorts(newest_first=True, limit=2) == ordered[:-3:-1]
    assert sorts(prefix="a/") == ["a/1", "a/2", "a/~"]
    assert sorts(prefix="a/", since="a/2") == ["a/2", "a/~"]
    assert sorts(since="a/2", until="b") == ["a/2", "a/~"]
    assert sorts(until="a/1", newest_first=True) == ["a"]
    assert sorts(since="b", until="a") == sorts(limit=0) == []
    assert sorts(prefix="a", until="a/2", newest_first=True, limit=1) == ["a/1"]


def test_a_query_reads_all_pages(records):
    large = {"text": "x" * 300_000}
    for number in range(8):  # DynamoDB gives 1 MB a page
        records.write(Put("p", f"{number}", large))
    assert [one.sort for one in records.query("p")] == [f"{n}" for n in range(8)]
    assert [one.sort for one in records.query("p", limit=6)] == [f"{n}" for n in range(6)]


def test_too_much_is_refused_and_named(records):
    with pytest.raises(InputError, match="p s takes 40"):
        records.write(Put("p", "s", {"text": "x" * 400_000}))
    with pytest.raises(InputError, match="one write takes"):
        records.write(*(Put("p", f"{n}", {"text": "x" * 300_000}) for n in range(13)))
    with pytest.raises(InputError, match="key of 2000 bytes"):
        records.write(Put("p", "x" * 2000, {}))
    with pytest.raises(InputError, match="key of 0 bytes"):
        records.write(Put("p", "", {}))
    with pytest.raises(ValueError, match="two changes of one record"):
        records.write(Put("p", "s", {}), Check("p", "s", 0))
    with pytest.raises(ValueError, match="101 changes"):
        records.write(*(Put("p", f"{n}", {}) for n in range(101)))
    assert records.everything() == []
    records.write(*(Put("p", f"{n}", {}) for n in range(100)))
    assert len(records.query("p")) == 100


def test_a_revision_that_loses_is_made_again(records):
    calls = []

    def count(data):
        if not calls:  # somebody else is faster, once
            records.write(Put("p", "s", {"n": 41}))
        calls.append(data)
        return {"n": (data or {"n": 0})["n"] + 1}

    assert revise(records, "p", "s", count, sleep=lambda _: None) == {"n": 42}
    assert calls == [None, {"n": 41}]


@given(st.text(max_size=4), st.text(max_size=4), st.text(max_size=4), st.text(max_size=6))
def test_a_span_is_the_prefix_and_the_range(prefix, since, until, sort):
    low, high = span(prefix, since, until)
    wanted = sort.startswith(prefix) and sort >= since and (not until or sort < until)
    assert (sort >= low and (not high or sort < high)) == wanted


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2))
def test_stamps_sort_as_times_do(times):
    assert sorted(map(stamp, times)) == [stamp(one) for one in sorted(times)]


class Play(RuleBasedStateMachine):
    """Random writes, conflicts and expiry against a dict that says what should be there."""

    open_records = None  # set for each backend
    keys = st.tuples(st.sampled_from("pq"), st.sampled_from(["a", "a/b", "b"]))

    def __init__(self):
        super().__init__()
        self.clock = Time(NOW)
        self.records = type(self).open_records(self.clock)
        self.model = {}

    def alive(self, key):
        found = self.model.get(key)
        return found if found and (found[2] is None or found[2] > self.clock.now) else None

    def version(self, key):
        found = self.records.get(*key)
        return found.version if found else 0

    @rule(seconds=st.integers(1, 5))
    def time_passes(self, seconds):
        self.clock.now += timedelta(seconds=seconds)

    @rule(
        keys=st.lists(keys, min_size=1, max_size=3, unique=True),
        kinds=st.lists(st.sampled_from([Put, Delete, Check]), min_size=3, max_size=3),
        stale=st.lists(st.booleans(), min_size=3, max_size=3),
        value=st.floats(allow_nan=False),
        life=st.none() | st.integers(1, 6),
    )
    def writes(self, keys, kinds, stale, value, life):
        expires = None if life is None else self.clock.now + timedelta(seconds=life)
        changes = [
            self.change(kind, key, bad, value, expires)
            for key, kind, bad in zip(keys, kinds, stale, strict=False)
        ]
        before = {key: self.version(key) for key in keys}
        if any(stale[: len(keys)]):
            with pytest.raises(Conflict):
                self.records.write(*changes)
            assert before == {key: self.version(key) for key in keys}
            return
        self.records.write(*changes)
        for change in changes:
            key = (change.partition, change.sort)
            if isinstance(change, Put):
                assert self.version(key) > before[key]
                self.model[key] = (value, self.version(key), expires)
            elif isinstance(change, Delete):
                self.model.pop(key, None)

    def change(self, kind, key, bad, value, expires):
        expected = self.version(key) + (7 if bad else 0)
        if kind is Put:
            return Put(*key, {"value": value}, expires, expected)
        return kind(*key, expected)

    @invariant()
    def all_that_should_be_there_is(self):
        wanted = {key: self.alive(key) for key in sorted(self.model) if self.alive(key)}
        assert self.records.everything() == list(wanted)
        for partition in "pq":
            found = self.records.query(partition)
            assert {
                (r.partition, r.sort): (r.data["value"], r.version, r.expires) for r in found
            } == {key: one for key, one in wanted.items() if key[0] == partition}


@pytest.mark.parametrize(("kind", "examples"), [("folder", 30), ("table", 12)])
def test_records_do_as_a_dict_with_versions_would(kind, examples, tmp_path, sandbox):
    create_table(sandbox.aws, "play")  # a small one: moto copies all of it for a transaction

    def machine():
        play = Play
        play.open_records = staticmethod(
            lambda clock: open_backend(kind, tmp_path, sandbox, clock, "play").records
        )
        return play()

    quick = settings(
        max_examples=examples,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=quick)
