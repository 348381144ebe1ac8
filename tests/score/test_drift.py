"""Drift: found soon after it begins, and not where nothing changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.coordination.ratio import Ratios
from foresail.demand.load_fit import Estimate
from foresail.provisioning.boot_times import BootTimes
from foresail.score.accuracy import SignalScore
from foresail.score.drift import (
    boot_drift,
    capacity_drift,
    forecast_drift,
    page_hinkley,
    ratio_drift,
)
from foresail.score.score import Score
from score.sample import START, window

TEN = timedelta(minutes=10)


def biased(*biases):
    signals = (SignalScore("r", 72, 1.0, {}, {}, (), bias, ()) for bias in biases)
    return [
        Score("shop", "web", window(n), ("p",), 0.9, 0.7, 0.8, (signal,), None)
        for n, signal in enumerate(signals)
    ]


def test_a_lasting_shift_is_found_within_two_windows_and_says_since_when():
    found = forecast_drift(biased(0.1, -0.3, 0.2, 2.9, 2.9))
    assert found.kind == "residuals"
    assert found.severe
    assert found.since == window(3).start
    assert "above its forecasts for 2 windows" in found.reason
    assert forecast_drift(biased(0.1, -0.3, 0.2, 2.9)) is None


def test_it_is_found_once_and_again_only_while_it_lasts():
    row = (0.0, 2.9, 2.9, 0.1, 0.0)
    found = [forecast_drift(biased(*row[: n + 1])) is not None for n in range(len(row))]
    assert found == [False, False, True, False, False]


def test_demand_below_its_forecasts_is_told_but_leaves_nobody_short():
    found = forecast_drift(biased(-2.9, -2.9))
    assert not found.severe
    assert "below" in found.reason


def test_a_last_window_without_a_forecast_to_judge_drifts_no_more():
    scores = biased(2.9, 2.9)
    assert forecast_drift([*scores, replace(scores[0], signals=())]) is None


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_it_is_quiet_on_what_windows_are_like_without_a_change(seed):
    rng = np.random.default_rng(seed)
    assert page_hinkley(list(rng.normal(0, 0.5, size=60).clip(-3, 3))) is None


@given(st.lists(st.floats(-3, 3), max_size=40))
def test_both_sides_are_alike(values):
    up, down = page_hinkley(values), page_hinkley([-value for value in values])
    assert (up is None) == (down is None)
    assert up is None or up.start == down.start or up.mean == down.mean


def test_unit_capacity_is_held_against_its_interval():
    assert capacity_drift("shop/web", 100, Estimate(95, 90, 102), START) is None
    assert capacity_drift("shop/web", 100, Estimate(90, 88, 92), START) is None  # little
    found = capacity_drift("shop/web", 100, Estimate(60, 55, 66), START)
    assert found.severe
    assert (found.expected, found.measured) == (100, 60)
    assert "foresail unit-capacity" in found.reason
    assert not capacity_drift("shop/web", 100, Estimate(160, 150, 170), START).severe


def test_boots_are_held_against_the_lead_time():
    slow = BootTimes(tuple(np.linspace(1200, 1300, 20)))
    found = boot_drift("shop/web", TEN, slow, START)
    assert found.severe
    assert found.expected == 600
    assert "plans ask 10m ahead" in found.reason
    assert boot_drift("shop/web", timedelta(minutes=25), slow, START) is None
    assert boot_drift("shop/web", TEN, BootTimes((1200.0,) * 9), START) is None  # too few


def test_ratios_are_held_against_those_of_the_plans():
    def recent(value, explained=0.95):
        return Ratios({"web": value}, explained, np.ones(99), 500)

    assert ratio_drift("shop/db", {"web": 0.5}, recent(0.55), START) is None
    assert ratio_drift("shop/db", {"web": 0.5}, recent(0.9, explained=0.4), START) is None
    assert ratio_drift("shop/db", {"web": 0.5}, None, START) is None
    found = ratio_drift("shop/db", {"web": 0.5}, recent(0.9), START)
    assert found.severe
    assert "each busy unit of web now keeps 0.9 units busy here" in found.reason
    assert not ratio_drift("shop/db", {"web": 0.5}, recent(0.3), START).severe
