"""Latency against an SLO: how much of a fleet's room it says is used."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from foresail.demand.latency_fit import LatencyFit, fit_latency
from foresail.demand.loads import read_loads
from foresail.demand.signals.answer import answer
from foresail.errors import InputError

TYPICAL = 0.5  # quantile over periods: the metric is a percentile already


def demand(metrics: pd.DataFrame, *, slo: timedelta) -> pd.DataFrame:
    """Compute units at 100 %: the load that latency tells, over the load at the SLO, x units.

    Columns: ``latency`` (seconds), ``load`` (per second, of the whole fleet), ``units`` (in
    service). The latency that each load per unit had is fitted (`fit_latency`) and read backwards:
    a fleet whose latency is what it is at half the load of the SLO uses half of itself, so that
    slow work counts as more demand than its number of requests says. Above the highest load seen
    nothing is known, and demand is at least that: hidden.

    Raises
    ------
    InputError
        When there is too little to fit, or the latency seen never reaches the SLO or is always
        above it: then it cannot tell what a unit serves.
    """
    fit = _fit(metrics, slo)
    load, latency = _rising(fit)
    used = np.interp(metrics["latency"], latency, load, left=load[0], right=load[-1])
    crossing = fit.crossing
    assert crossing is not None
    value = pd.Series(used / crossing.value, index=metrics.index) * metrics["units"]
    # Below the lowest load latency is flat and says nothing; the load itself does.
    below = metrics["latency"] <= latency[0]
    value = value.where(~below, metrics["load"] / crossing.value)
    known = value.where(metrics["latency"].notna())
    return answer(known, (metrics["latency"] > latency[-1]).astype(float))


def _fit(metrics: pd.DataFrame, slo: timedelta) -> LatencyFit:
    rows = metrics.dropna().rename(columns={"load": "demand"})
    frame = rows.rename_axis("timestamp").reset_index()
    fit = fit_latency(read_loads(frame, "latency"), slo.total_seconds(), TYPICAL)
    if fit is None or fit.crossing is None:
        raise InputError(_why(fit, slo), cure="leave this signal out, or choose an SLO between")
    return fit


def _why(fit: LatencyFit | None, slo: timedelta) -> str:
    if fit is None:
        return "latency: too few periods with latency, load and units to fit a curve"
    side = "never reaches" if fit.below else "is always above"
    low, high = fit.latency[0], fit.latency[-1]
    return (
        f"latency {side} the SLO of {slo.total_seconds():g} s (it is usually {low:.3g} to "
        f"{high:.3g} s), so that it cannot tell how much a unit serves"
    )


def _rising(fit: LatencyFit) -> tuple[np.ndarray, np.ndarray]:
    """Points of the fit where latency rises, so that it can be read backwards."""
    rises = np.append(True, np.diff(fit.latency) > 0)
    return fit.load[rises], fit.latency[rises]
