"""A rush on the storefront, and what of a tier's work it leaves undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RUSH = 40  # minutes until demand doubles


def demand():
    """Two thousand requests a second for a day, and twice that from the rush on."""
    times = pd.date_range(NOW - timedelta(days=1), NOW + timedelta(hours=6), freq="5min")
    values = np.where(times >= NOW + RUSH * MINUTE, 4000.0, 2000.0)
    return pd.Series(values, index=times)


def short(log, tier, since=0):
    rows = log[(log["tier"] == tier) & (log["timestamp"] >= NOW + since * MINUTE)]
    return rows["unserved"].sum() * 60
