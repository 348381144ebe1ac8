"""Losses against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foresail.forecast.losses import coverage, mase, pinball, scaled_pinball

FRAME = pd.DataFrame(
    {"series": ["a", "a", "b"], "value": [10.0, 4.0, 5.0], "q0.9": [8.0, 6.0, 5.0]}
)


def test_pinball_by_hand():
    assert np.allclose(pinball(np.array([10.0, 4.0]), np.array([8.0, 6.0]), 0.9), [1.8, 0.2])


def test_scaled_pinball_and_coverage_per_series():
    loss = scaled_pinball(FRAME, "q0.9", 0.9)
    assert loss["a"] == pytest.approx(2 * 2.0 / 14)
    assert loss["b"] == 0
    assert coverage(FRAME, "q0.9").to_dict() == {"a": 0.5, "b": 1.0}


def test_mase_scales_by_the_seasonal_naive():
    past = pd.DataFrame({"series": "a", "value": [1.0, 2.0, 3.0, 6.0]})
    frame = pd.DataFrame({"series": ["a"], "value": [9.0], "q0.5": [6.0]})
    assert mase(frame, "q0.5", past, season=2)["a"] == pytest.approx(3 / 3)
