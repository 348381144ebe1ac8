import json
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.errors import InputError
from foresail.history.metrics import MetricQuery
from foresail.store.blobs import FolderBlobs
from foresail.store.parquet import HistoryStore

PERIOD = timedelta(minutes=5)
START = datetime(2026, 11, 1, tzinfo=UTC)
QUERY = MetricQuery("web", "AWS/ApplicationELB", "RequestCount", (("LoadBalancer", "a/b"),), "Sum")
ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def stored(root: Path, region: str = "") -> HistoryStore:
    return HistoryStore(FolderBlobs(root), region)


def at(number: int) -> datetime:
    return START + number * PERIOD


def values(points: dict[int, float]) -> pd.Series:
    index = pd.DatetimeIndex([at(n) for n in sorted(points)], tz="UTC").as_unit("us")
    return pd.Series([points[n] for n in sorted(points)], index=index, dtype=float)


def plain(series: pd.Series) -> dict[int, float]:
    return {(t.to_pydatetime() - START) // PERIOD: v for t, v in series.items()}


@st.composite
def writes(draw):
    """A window, values inside it, and up to where it is settled."""
    first = draw(st.integers(0, 30))
    last = draw(st.integers(first, 40))
    drawn = draw(st.dictionaries(st.integers(0, 40), st.floats(0, 1e6), max_size=12))
    points = {n: value for n, value in drawn.items() if first <= n < last}
    return (first, last), points, draw(st.none() | st.integers(0, 40))


@settings(max_examples=40, deadline=None)
@given(st.lists(writes(), max_size=6))
def test_writes_equal_a_dict_and_a_set_of_known_periods(tmp_path_factory, steps):
    store = stored(tmp_path_factory.mktemp("store"))
    kept: dict[int, float] = {}
    known: set[int] = set()
    for (first, last), points, settled in steps:
        end = None if settled is None else at(settled)
        store.write(QUERY, PERIOD, values(points), (at(first), at(last)), end)
        kept = {n: v for n, v in kept.items() if not first <= n < last} | points
        known |= set(range(first, last if settled is None else min(last, settled)))
    assert plain(store.read(QUERY, PERIOD, ALWAYS)) == kept
    assert store.read(QUERY, PERIOD, ALWAYS).index.is_monotonic_increasing
    claimed = [range((a - START) // PERIOD, (b - START) // PERIOD) for a, b in covered(store)]
    assert {n for span in claimed for n in span} == known
    assert all(a.stop < b.start for a, b in pairwise(claimed))
    missing = store.missing(QUERY, PERIOD, (at(5), at(35)))
    lacking = {n for n in range(5, 35) if any(a <= at(n) < b for a, b in missing)}
    assert lacking == set(range(5, 35)) - known


def covered(store: HistoryStore):
    return store.covered(QUERY, PERIOD)


def test_late_values_replace_and_a_value_that_went_is_gone(tmp_path):
    store = stored(tmp_path)
    store.write(QUERY, PERIOD, values({0: 1, 1: 2, 2: 3}), (at(0), at(3)))
    store.write(QUERY, PERIOD, values({1: 20}), (at(1), at(3)))
    assert plain(store.read(QUERY, PERIOD, ALWAYS)) == {0: 1, 1: 20}
    assert plain(store.read(QUERY, PERIOD, (at(1), at(9)))) == {1: 20}


def test_empty_store_has_nothing_and_misses_all(tmp_path):
    store = stored(tmp_path / "not there yet")
    assert store.read(QUERY, PERIOD, ALWAYS).empty
    assert store.missing(QUERY, PERIOD, (at(0), at(3))) == [(at(0), at(3))]
    assert store.missing(QUERY, PERIOD, (at(3), at(3))) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "other",
    [
        replace(QUERY, stat="Average"),
        replace(QUERY, metric="Other"),
        replace(QUERY, namespace="AWS/NetworkELB"),
        replace(QUERY, dimensions=()),
    ],
)
def test_what_differs_has_a_file_of_its_own(tmp_path, other):
    store = stored(tmp_path, "us-east-1")
    assert store.name(QUERY, PERIOD) != store.name(other, PERIOD)


def test_region_and_period_tell_files_apart_and_name_and_order_do_not(tmp_path):
    store = stored(tmp_path, "us-east-1")
    assert store.name(QUERY, PERIOD) != store.name(QUERY, 2 * PERIOD)
    assert store.name(QUERY, PERIOD) != stored(tmp_path, "eu-west-1").name(QUERY, PERIOD)
    two = replace(QUERY, dimensions=(("A", "1"), ("B", "2")))
    turned = replace(two, series="renamed", dimensions=two.dimensions[::-1])
    assert store.name(two, PERIOD) == store.name(turned, PERIOD)
    long = replace(QUERY, namespace="n" * 255, metric="m" * 255)
    store.write(long, PERIOD, values({0: 1}), (at(0), at(1)))


def test_the_file_says_what_it_holds(tmp_path):
    store = stored(tmp_path, "us-east-1")
    store.write(QUERY, PERIOD, values({0: 1}), (at(0), at(1)))
    path = tmp_path / store.name(QUERY, PERIOD)
    about = json.loads(pq.read_schema(path).metadata[b"foresail.metric"])
    assert path.name.startswith("AWS-ApplicationELB-RequestCount-Sum-300s-")
    assert (about["stat"], about["seconds"], about["region"]) == ("Sum", 300, "us-east-1")


def test_a_crash_while_writing_neither_loses_nor_claims(tmp_path, monkeypatch):
    store = stored(tmp_path)
    store.write(QUERY, PERIOD, values({0: 1}), (at(0), at(1)))

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "replace", crash)
        store.write(QUERY, PERIOD, values({1: 2}), (at(1), at(2)))
    assert plain(store.read(QUERY, PERIOD, ALWAYS)) == {0: 1}
    assert covered(store) == [(at(0), at(1))]
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert files == [tmp_path / store.name(QUERY, PERIOD)]


@pytest.mark.parametrize("content", [b"", b"not parquet", b"PAR1" + b"\0" * 40 + b"PAR1"])
def test_a_corrupt_file_is_named_with_the_cure(tmp_path, content):
    store = stored(tmp_path)
    store.blobs.write(store.name(QUERY, PERIOD), content)
    with pytest.raises(InputError, match="cannot be read") as error:
        store.read(QUERY, PERIOD, ALWAYS)
    assert store.name(QUERY, PERIOD) in str(error.value)
    assert "delete it" in str(error.value.cure)


def test_a_parquet_file_of_someone_else_is_refused(tmp_path):
    store = stored(tmp_path)
    foreign = pd.DataFrame({"timestamp": [START], "value": [1.0]}).to_parquet()
    store.blobs.write(store.name(QUERY, PERIOD), foreign)
    with pytest.raises(InputError, match="cannot be read"):
        store.missing(QUERY, PERIOD, ALWAYS)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    store = stored(tmp_path / "file")
    with pytest.raises(InputError, match="file/history"):
        store.write(QUERY, PERIOD, values({0: 1}), (at(0), at(1)))


def test_a_read_only_folder_is_named_and_left_as_it_was(tmp_path, monkeypatch):
    store = stored(tmp_path)
    store.write(QUERY, PERIOD, values({0: 1}), (at(0), at(1)))

    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:  # root may write anywhere, so say no in its place
        patched.setattr(Path, "write_bytes", refuse)
        with pytest.raises(InputError, match=r"cannot be written .Permission denied") as error:
            store.write(QUERY, PERIOD, values({1: 1}), (at(1), at(2)))
    assert "store:" in str(error.value.cure)
    assert plain(store.read(QUERY, PERIOD, ALWAYS)) == {0: 1}


def _write_often(root: Path, mark: float) -> None:
    store = stored(root)
    for number in range(10):
        store.write(QUERY, PERIOD, values({number: mark}), (at(number), at(number + 1)))


def test_writers_at_a_time_leave_a_file_that_is_whole(tmp_path):
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(_write_often, [tmp_path] * 4, range(4)))
    other = multiprocessing.get_context("fork").Process(target=_write_often, args=(tmp_path, 9.0))
    other.start()
    _write_often(tmp_path, 8.0)
    other.join(20)
    store = stored(tmp_path)
    kept = plain(store.read(QUERY, PERIOD, ALWAYS))
    claimed = {n for n in range(10) if any(a <= at(n) < b for a, b in covered(store))}
    assert other.exitcode == 0
    assert set(kept) == claimed  # values and claims always come from one writer
    assert len(list((tmp_path / "history").iterdir())) == 1
