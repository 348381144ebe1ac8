"""A small backtest: two weeks of noisy days, few policies."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from foresail.backtest.job import Job, Wish
from foresail.backtest.run import backtest
from foresail.prices.price import own_rate
from foresail.replay.case import Rules

QUICK = ("static", "reactive", "foresail")
START = pd.Timestamp("2026-03-02", tz="UTC")


def demand(names=("web",), days=16, period="15min", seed=0):
    times = pd.date_range(START, START + pd.Timedelta(days=days), freq=period, inclusive="left")
    hour = np.asarray(times.hour + times.minute / 60)
    parts = []
    for at, name in enumerate(names):
        rng = np.random.default_rng(seed + at)
        wave = 100 * (1 + 0.7 * np.sin((hour - 9) * np.pi / 12)) * (at + 1)
        value = wave * rng.lognormal(0, 0.05 + 0.03 * at, len(times))
        parts.append(pd.DataFrame({"series": name, "timestamp": times, "value": value}))
    return pd.concat(parts, ignore_index=True)


def job(policies=QUICK, wish=None, **rules):
    made = Rules(boot=timedelta(minutes=10), **rules)
    return Job(made, wish or Wish(), own_rate("0.1"), policies)


def small(names=("web",), **options):
    return backtest(demand(names), job(**options))
