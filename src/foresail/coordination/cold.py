"""A cache that has just grown: its new nodes are empty, and their misses go to the tier behind."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd


def cold_share(
    wanted: pd.DataFrame, lead: timedelta, warm_up: timedelta, times: pd.DatetimeIndex
) -> pd.Series:
    """Share of the cache that is cold in each period, at worst.

    New nodes come into service some time between their request and `lead` later less the warm-up
    that it counts; from then they fill linearly. Nobody knows when exactly, so the share is the one
    of a cache that is still all cold until `lead` is over.

    Parameters
    ----------
    wanted
        Need of the cache as `needed_capacity` gives it: start, end (UTC), needed.
    lead
        From a request until the new nodes are in service and warm.
    warm_up
        Until a new node hits as often as the others; part of `lead`.
    times
        Starts of the periods, evenly spaced.
    """
    period = times[1] - times[0] if len(times) > 1 else pd.Timedelta(hours=1)
    share = np.zeros(len(times))
    sizes = wanted["needed"].to_numpy(dtype=float)
    for at in np.flatnonzero(np.diff(sizes) > 0) + 1:
        asked = pd.Timestamp(wanted["start"].iloc[at])
        served, warm = asked + max(lead - warm_up, timedelta(0)), asked + lead
        inside = np.asarray((times + period > served) & (times < warm))
        share[inside] = np.maximum(share[inside], 1 - sizes[at - 1] / sizes[at])
    return pd.Series(share, index=times)
