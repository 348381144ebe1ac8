"""The forecast store: read back as written, whole or not at all, mistakes named."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.store.forecasts import ForecastStore
from publish.sample import NOW, forecast


def test_read_back_as_written_and_the_later_one_stays(tmp_path):
    store = ForecastStore(tmp_path / "forecasts")
    assert store.read("shop", "web") is None
    store.write(forecast())
    store.write(forecast(made=NOW + timedelta(hours=1), scale=2))
    back = store.read("shop", "web")
    wanted = forecast(made=NOW + timedelta(hours=1), scale=2)
    assert back.facts == wanted.facts
    assert back.end == wanted.end == NOW.replace(minute=0) + timedelta(hours=49)
    pd.testing.assert_frame_equal(back.frame, wanted.frame, check_dtype=False)
    assert str(back.frame["timestamp"].dt.tz) == "UTC"


def test_services_and_tiers_do_not_meet(tmp_path):
    store = ForecastStore(tmp_path)
    paths = {store.path(*names) for names in (("a", "b-c"), ("a-b", "c"), ("a.b", "c"), ("a", "b"))}
    assert len(paths) == 4


def test_a_crash_while_writing_leaves_the_one_before(tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    store = ForecastStore(tmp_path)
    store.write(forecast())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(InputError, match="No space left"):
        store.write(forecast(scale=2))
    assert store.read("shop", "web").frame["q0.5"].iloc[0] == 100
    assert len(list(tmp_path.rglob("*.parquet*"))) == 1


def test_a_file_that_is_none_is_named_with_the_cure(tmp_path):
    store = ForecastStore(tmp_path)
    store.write(forecast())
    store.path("shop", "web").write_bytes(b"PAR1 or so")
    with pytest.raises(InputError, match=r"shop/web\.parquet: cannot be read") as caught:
        store.read("shop", "web")
    assert "foresail plan" in caught.value.cure
