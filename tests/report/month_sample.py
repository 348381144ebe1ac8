"""A month of a service with two tiers: one with a price, one whose units nobody counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd

from foresail.replay.case import Rules
from foresail.score.accuracy import score_signal
from foresail.score.capacity import score_capacity
from foresail.score.month import Happening, Month, TierMonth
from foresail.score.score import Limits, Score, why_bad
from foresail.score.summary import summarise
from foresail.score.windows import in_force, told
from foresail.units import parse_rate
from score.sample import PERIOD, SIX, START, demand, past, window

RATE = parse_rate("100 requests/s")
SHIFT = START + 8 * SIX


def score(number, *, counted=True, signal="RequestCount", tier="web"):
    """Score one window; demand is half as high again from the ninth on."""
    at, forecasts = window(number), [past(window(number).start, signal=signal)]
    actual = demand(at.end, factor=1.5, since=SHIFT, signal=signal)
    held = in_force(forecasts, at)
    made = score_signal(held, told(forecasts, at), actual, season=288, quantile=0.9)
    capacity = None
    if counted:
        busy = pd.Series(
            actual["value"].to_numpy() / 100, index=pd.DatetimeIndex(actual["timestamp"])
        )
        planned = pd.Series(np.ceil(held["q0.9"].to_numpy() / 70), index=held["timestamp"])
        units = planned.shift(2).fillna(planned.iloc[0])
        rules = Rules(slo=0.8, minimum=2, maximum=40)
        capacity = score_capacity(busy, units, planned, rules, 0.7, PERIOD)
    found = Score("shop", tier, at, (f"plan-{number}",), 0.9, 0.7, 0.8, (made,), capacity,
                  price=Decimal("0.0816") if counted else None)  # fmt: skip
    return replace(found, bad=why_bad(found, Limits()))


def month(service="shop", tier="web", signal="RequestCount", reason="a window was bad"):
    """Ten windows of two tiers."""
    web = tuple(score(n, tier=tier, signal=signal) for n in range(10))
    base = tuple(score(n, counted=False, tier="base") for n in range(10))
    tiers = tuple(TierMonth(summarise(one, RATE), one, 0.7, 0.8) for one in (web, base))
    return Month(
        service, "2026-11", "Europe/Berlin", datetime(2026, 10, 31, 23, tzinfo=UTC),
        START + 10 * SIX, START + 10 * SIX + timedelta(hours=1), tiers,
        (Happening(START + 9 * SIX, reason),),
    )  # fmt: skip
