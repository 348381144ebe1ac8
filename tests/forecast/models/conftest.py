"""Seasonal windows for the models to learn from."""

from __future__ import annotations

import numpy as np
import pytest

from foresail.forecast.window import Window

HOURS = 14 * 24


@pytest.fixture
def seasonal():
    """Make a window of seasonal rows and the 48 hours that came after it."""

    def build(rows=3, noise=4.0, seed=0, hour=0, weekday=0):
        rng = np.random.default_rng(seed)
        t = np.arange(-HOURS, 48)[None, :]
        of_day = (hour + t) % 24
        rest = ((weekday * 24 + hour + t) // 24 % 7 >= 5) * 1.0
        level = 100 * 1.5 ** np.arange(rows)[:, None]
        wave = 1 + 0.5 * np.sin(2 * np.pi * (of_day - 9) / 24) + 0.1 * np.cos(of_day * np.pi / 6)
        values = level * (wave * (1 - 0.2 * rest) + noise / 100 * rng.normal(size=(rows, t.size)))
        window = Window(values[:, :HOURS], np.full(rows, hour), np.full(rows, weekday))
        return window, values[:, HOURS:]

    return build
