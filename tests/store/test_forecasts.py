"""The forecast store: read back as written, whole or not at all, older ones kept for a while."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.store.forecasts import KEEP, blob_name
from foresail.store.opening import folder_store
from publish.sample import NOW, forecast
from store.backends import BACKENDS, Time, open_backend, sandbox

HOUR = timedelta(hours=1)
__all__ = ["sandbox"]


@pytest.fixture(params=BACKENDS)
def stored(request, tmp_path, sandbox):
    return open_backend(request.param, tmp_path, sandbox, Time(NOW))


def test_read_back_as_written_and_the_later_one_is_the_latest(stored):
    store = stored.forecasts
    assert store.read("shop", "web") is None
    store.write(forecast(made=NOW + HOUR, scale=2))
    store.write(forecast())  # written late, made before
    back, wanted = store.read("shop", "web"), forecast(made=NOW + HOUR, scale=2)
    assert back.facts == wanted.facts
    assert back.end == wanted.end == NOW.replace(minute=0) + timedelta(hours=49)
    pd.testing.assert_frame_equal(back.frame, wanted.frame, check_dtype=False)
    assert str(back.frame["timestamp"].dt.tz) == "UTC"


def test_those_of_the_past_are_found_by_when_they_were_made_until_they_are_too_old(stored):
    store = stored.forecasts
    for day in range(4):
        store.write(forecast(made=NOW + timedelta(days=day), scale=day + 1))
    found = store.made_between("shop", "web", NOW + timedelta(days=1), NOW + timedelta(days=3))
    assert [one.facts.made - NOW for one in found] == [timedelta(days=1), timedelta(days=2)]
    assert [one.frame["q0.5"].iloc[0] for one in found] == [200, 300]
    store.write(forecast(made=NOW + KEEP + timedelta(days=2)))
    kept = store.made_between("shop", "web", NOW, NOW + 2 * KEEP)
    assert [one.facts.made - NOW for one in kept] == [
        timedelta(days=2), timedelta(days=3), KEEP + timedelta(days=2),
    ]  # fmt: skip
    assert len(stored.blobs.names("forecasts/")) == 3


def test_services_and_tiers_do_not_meet(stored):
    store = stored.forecasts
    store.write(forecast(tier="web"))
    assert store.read("shop", "web-2") is None
    assert store.read("shop-web", "") is None
    assert store.made_between("sho", "p/web", NOW - HOUR, NOW + HOUR) == []


def test_a_crash_while_writing_leaves_the_one_before(tmp_path, monkeypatch):
    store = folder_store(tmp_path).forecasts
    store.write(forecast())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="No space left"):
        store.write(forecast(made=NOW + HOUR, scale=2))
    assert store.read("shop", "web").frame["q0.5"].iloc[0] == 100
    assert len([p for p in tmp_path.rglob("*") if ".parquet" in p.name]) == 1


def test_a_forecast_that_another_process_has_just_pruned_is_none(stored):
    stored.forecasts.write(forecast())
    stored.blobs.delete(blob_name(forecast().facts))
    assert stored.forecasts.read("shop", "web") is None
    assert stored.forecasts.made_between("shop", "web", NOW, NOW + HOUR) == []


def test_a_blob_that_is_none_is_named_with_the_cure(stored):
    stored.forecasts.write(forecast())
    name = blob_name(forecast().facts)
    stored.blobs.write(name, b"PAR1 or so")
    with pytest.raises(InputError, match="cannot be read") as caught:
        stored.forecasts.read("shop", "web")
    assert stored.blobs.where(name) in caught.value.message
    assert "foresail plan" in caught.value.cure
