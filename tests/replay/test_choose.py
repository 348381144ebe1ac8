"""The quantile is chosen on the tier's own past."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.replay.case import Rules
from foresail.replay.choose import choose_quantile


def units(days=10, noise=0.1, seed=0):
    times = pd.date_range("2026-11-02T00:00Z", periods=days * 96, freq="15min")
    rng = np.random.default_rng(seed)
    wave = 20 + 15 * np.sin((times.hour + times.minute / 60 - 9) * np.pi / 12)
    return pd.DataFrame(
        {
            "series": "web",
            "timestamp": times,
            "value": wave * np.exp(rng.normal(0, noise, len(times))),
        }
    )


def rules(**changes):
    return Rules(
        **{"slo": 0.7, "boot": timedelta(minutes=15), "replan": timedelta(hours=12)} | changes
    )


def test_a_tighter_promise_takes_a_higher_quantile():
    loose, tight = (choose_quantile(units(), rules(), limit, target=None) for limit in (0.2, 0.01))
    assert loose.setting.quantile < tight.setting.quantile
    assert loose.met
    assert loose.unit_hours < tight.unit_hours


def test_target_tracking_beside_it_lets_the_floor_be_lower():
    alone = choose_quantile(units(), rules(), 0.05, target=None)
    beside = choose_quantile(units(), rules(), 0.05, target=0.6)
    assert beside.setting.quantile <= alone.setting.quantile


def test_what_no_floor_can_keep_is_said():
    choice = choose_quantile(units(), rules(maximum=10), 0.01, target=None)
    assert not choice.met
    assert "no setting stays within" in choice.why


@pytest.mark.parametrize("days", [2, 4])
def test_with_less_than_five_days_nothing_is_chosen(days):
    assert choose_quantile(units(days), rules(), 0.01, target=None) is None
