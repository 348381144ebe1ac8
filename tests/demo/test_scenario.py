"""What the demo plays: periods are summed or refused, never bent."""

from __future__ import annotations

import pandas as pd
import pytest

from foresail.config import load_config
from foresail.demo.scenario import config_text, from_trace, shop
from foresail.errors import InputError


def trace(tmp_path, freq, days=5):
    times = pd.date_range(
        "2026-11-01T00:00Z", periods=int(pd.Timedelta(days=days) / freq), freq=freq
    )
    frame = pd.DataFrame({"timestamp": times.strftime("%Y-%m-%dT%H:%M:%SZ"), "value": 1.0})
    frame.loc[times.hour == 12, "value"] = 3.0
    path = tmp_path / "load.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("period", "played"), [("1min", "5min"), ("5min", "5min"), ("30min", "30min"), ("1h", "1h")]
)
def test_the_rate_is_the_same_at_any_period(tmp_path, period, played):
    scenario = from_trace(trace(tmp_path, pd.Timedelta(period)))
    assert scenario.period == pd.Timedelta(played)
    seconds = pd.Timedelta(period).total_seconds()
    assert sorted(set(scenario.demand.round(9))) == [round(1 / seconds, 9), round(3 / seconds, 9)]
    assert scenario.end == pd.Timestamp("2026-11-06T00:00Z")


@pytest.mark.parametrize("period", ["90s", "7min", "2h"])
def test_a_period_that_does_not_fit_is_refused(tmp_path, period):
    with pytest.raises(InputError, match="cannot play periods of"):
        from_trace(trace(tmp_path, pd.Timedelta(period)))


def test_its_configuration_is_one_a_user_could_write(tmp_path):
    path = tmp_path / "foresail.yaml"
    path.write_text(config_text(shop()))
    config = load_config(path)
    assert config.services[0].tiers[0].unit_capacity.amount == 120
    assert str(tmp_path) not in path.read_text()  # a copy works elsewhere
