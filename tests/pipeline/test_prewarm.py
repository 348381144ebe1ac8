"""What to fetch ahead of a peak: by the kept forecast, else by a fresh one; nothing is fetched."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from foresail.cli import app
from foresail.cli import prewarm as command
from foresail.errors import ConfigError, InputError
from foresail.pipeline.prewarm import peaks_ahead, prewarm
from foresail.sandbox import Sandbox, create_group
from foresail.store.forecasts import StoredForecast
from foresail.store.opening import folder_store
from publish.sample import config, forecast, tier

NOW = datetime(2026, 11, 24, 12, 2, tzinfo=UTC)
SIGNAL = "cloudfront-E2QWRUHAPOMQZL"
URLS = ["https://shop.example.com/", "https://shop.example.com/app.js"]
DEMAND = {"kind": "cloudfront", "distribution": "E2QWRUHAPOMQZL"}


def waves(made=NOW, days=2):
    """A forecast whose median is 100 at midnight UTC and 300 at noon."""
    times = pd.date_range(pd.Timestamp(made).floor("5min"), periods=288 * days, freq="5min")
    hours = (times.hour * 60 + times.minute) / 60
    middle = 200 - 100 * np.cos(2 * np.pi * hours / 24)
    facts = forecast(made, signals=(SIGNAL,)).facts
    return StoredForecast(
        facts, pd.DataFrame({"signal": SIGNAL, "timestamp": times, "q0.5": middle})
    )


def shop(folder, **demand):
    return config(folder, tiers=[tier(demand={**DEMAND, "prewarm": URLS, **demand})])


def kept(folder, forecast, **demand):
    made = shop(folder, **demand)
    folder_store(made.store).forecasts.write(forecast)
    return made


def test_addresses_come_15_minutes_before_each_peak(tmp_path):
    later = NOW.replace(hour=18, minute=0)
    found = prewarm(kept(tmp_path, waves(later)), None, later)
    assert [one.time for one in found.peaks] == [
        datetime(2026, 11, 25, 12, tzinfo=UTC),
        datetime(2026, 11, 26, 12, tzinfo=UTC),
    ]
    assert [one.factor for one in found.peaks] == pytest.approx([1.5, 1.5])
    assert [(one.time, one.url) for one in found.fetches] == [
        (peak.time - timedelta(minutes=15), url) for peak in found.peaks for url in URLS
    ]


def test_at_the_peak_nothing_is_above_now(tmp_path):
    at = NOW.replace(minute=0)
    assert prewarm(kept(tmp_path, waves(at)), None, at).fetches == ()


def test_a_peak_in_less_than_15_minutes_is_fetched_for_at_once(tmp_path):
    at = NOW.replace(hour=11, minute=50)
    found = prewarm(kept(tmp_path, waves(at)), None, at)
    assert found.fetches[0].time == at


def test_a_forecast_that_ends_while_it_rises_has_no_peak_there():
    at = NOW.replace(hour=13, minute=0)
    assert peaks_ahead(forecast(at, signals=("a",), hours=24), "a", at) == ()
    [first] = peaks_ahead(waves(at, days=1), SIGNAL, at)
    assert first.time == datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize("demand", [{"prewarm": []}, {"prewarm": ["http://a/"]}])
def test_nothing_to_fetch_and_bad_addresses_are_told(tmp_path, demand):
    with pytest.raises((InputError, ConfigError)) as caught:
        prewarm(shop(tmp_path, **demand), None, NOW)
    assert "https://" in caught.value.cure


def test_without_a_forecast_one_is_made_of_the_account(tmp_path):
    with Sandbox(start=NOW) as sandbox:
        create_group(sandbox, "shop-web", min_size=2, max_size=50)
        made = kept(tmp_path, waves(NOW - timedelta(days=5)))  # this one has run out
        with pytest.raises(InputError, match="no data for AWS/CloudFront Requests"):
            prewarm(made, sandbox.aws, NOW)


def test_the_command_prints_lines_and_json(tmp_path, monkeypatch):
    later = NOW.replace(hour=18, minute=0)
    made = kept(tmp_path, waves(later))
    monkeypatch.setattr(command, "clock", lambda: later)
    monkeypatch.setattr(command, "load", lambda _: made)
    monkeypatch.setattr(command, "connect", lambda _: None)
    lines = CliRunner().invoke(app, ["prewarm", "--service", "shop"]).output.splitlines()
    assert lines[0] == f"# {SIGNAL} peaks at 2026-11-25T12:00Z: 1.5 times the demand of now"
    assert lines[2] == "2026-11-25T11:45Z  https://shop.example.com/"
    read = json.loads(CliRunner().invoke(app, ["prewarm", "--json"]).output)
    assert [len(read["peaks"]), len(read["fetches"])] == [2, 4]
