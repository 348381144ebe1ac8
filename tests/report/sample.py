"""A made-up report: a shop with two weeks of history and two days played, deterministic."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from foresail.report.data import ReportData

NOW = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
UNIT = 120.0
SLO = 0.8
UTILIZATION = 0.7


def sample(**changes) -> ReportData:
    """A report in which everything is filled; `changes` replace fields."""
    future = _demand(NOW, 48, 1, seed=2)
    forecast = _forecast()
    needed = _needed(forecast)
    steps = _steps(needed)
    played = _played(future, steps, delay=9, with_floor=True)
    reactive = _played(future, steps, delay=30, with_floor=False)
    made = ReportData(
        title="Two days ahead of demand",
        subtitle="foresail demo on the demo's shop",
        generated_at=NOW,
        service="storefront",
        tier="web",
        target="storefront-web",
        timezone="America/New_York",
        region="us-east-1",
        unit="requests/s",
        unit_capacity=UNIT,
        utilization=UTILIZATION,
        slo=SLO,
        lead=timedelta(minutes=10),
        quantile="q0.9",
        history=_history(),
        forecast=forecast,
        actual=future.iloc[::5].reset_index(drop=True),
        steps=steps,
        needed=needed,
        actions=_actions(steps),
        others=["storefront-web/nightly-floor (not foresail's) sets min 6 at 02:00 UTC every day"],
        played=played,
        reactive=reactive,
        scores=_scores(played, reactive),
        model={
            "model": "62% mstl + 38% regression",
            "trust": 0.873,
            "trust_reasons": "typical error 9% of demand, +34% against yesterday's values",
            "skill": 0.341,
            "coverage": 0.912,
            "history_days": 14.0,
            "missing_share": 0.0042,
            "verified": True,
        },
        price_note="one unit is priced at $0.0816 an hour: m7g.large, Linux, on demand, us-east-1",
        notes=[
            "0.4% of the history's periods were missing",
            "17 periods were censored (demand hidden at max capacity)",
            "one plan for all 48 hours: a running foresail would plan again every few hours",
        ],
    )
    return replace(made, **changes)


def _level(times: pd.DatetimeIndex) -> np.ndarray:
    hours = np.asarray(times.tz_convert("America/New_York").hour, float)
    hours = hours + np.asarray(times.minute, float) / 60
    day = (
        0.30
        + 0.7 * np.exp(-(((hours - 13.5) / 4.6) ** 2))
        + 0.32 * np.exp(-(((hours - 20.2) / 1.7) ** 2))
    )
    weekend = np.where(np.asarray(times.day_of_week) >= 5, 0.78, 1.0)
    return 1900 * day * weekend


def _demand(start: datetime, hours: int, step: int, seed: int) -> pd.DataFrame:
    times = pd.date_range(start, periods=hours * 60 // step, freq=f"{step}min")
    noise = np.random.default_rng(seed).normal(0, 1, len(times))
    smooth = np.convolve(noise, np.ones(9) / 9, "same") * 0.12 + noise * 0.02
    bump = 1 + 0.35 * np.exp(-(((np.arange(len(times)) * step - 700) / 24) ** 2)) * (hours == 48)
    return pd.DataFrame({"timestamp": times, "value": _level(times) * (1 + smooth) * bump})


def _history() -> pd.DataFrame:
    frame = _demand(NOW - timedelta(days=14), 14 * 24, 5, seed=1)
    frame["censored"] = False
    frame.loc[2300:2316, "censored"] = True
    return frame.drop(index=range(1200, 1240)).reset_index(drop=True)


def _forecast() -> pd.DataFrame:
    times = pd.date_range(NOW, periods=576, freq="5min")
    grow = 0.05 + 0.10 * np.arange(576) / 576
    middle = _level(times)
    levels = {"q0.1": -1.28, "q0.5": 0.0, "q0.9": 1.28, "q0.95": 1.64}
    return pd.DataFrame(
        {"timestamp": times} | {k: middle * (1 + z * grow) for k, z in levels.items()}
    )


def _needed(forecast: pd.DataFrame) -> pd.DataFrame:
    units = np.maximum(np.ceil(forecast["q0.9"] / (UNIT * UTILIZATION)), 2).astype(int)
    starts = forecast["timestamp"] - timedelta(minutes=10)
    return pd.DataFrame({"start": starts, "end": starts + timedelta(minutes=5), "needed": units})


def _steps(needed: pd.DataFrame) -> pd.DataFrame:
    most = needed.groupby(np.arange(len(needed)) // 15)  # 75 minutes a step
    steps = pd.DataFrame({"start": most["start"].min(), "capacity": most["needed"].max()})
    return steps[steps["capacity"] != steps["capacity"].shift()].reset_index(drop=True)


def _played(
    demand: pd.DataFrame, steps: pd.DataFrame, delay: int, with_floor: bool
) -> pd.DataFrame:
    times, load = demand["timestamp"], demand["value"].to_numpy()
    wanted = np.ceil(load / (UNIT * 0.66)).clip(2)
    late = pd.Series(wanted).rolling(30, min_periods=1).mean().shift(delay).bfill()
    held = np.ceil(late.rolling(40, min_periods=1).max().to_numpy())
    floor = np.full(len(times), 2)
    if with_floor:
        spots = np.searchsorted(steps["start"], times, side="right") - 1
        floor = steps["capacity"].to_numpy()[spots.clip(0)]
    serving = np.maximum(held * (0.7 if with_floor else 1.12), floor).astype(int)
    return pd.DataFrame(
        {
            "timestamp": times,
            "demand": load,
            "min_size": floor,
            "desired": serving,
            "in_service": serving,
            "launching": 0,
            "utilization": load / (serving * UNIT),
        }
    )


def _actions(steps: pd.DataFrame) -> pd.DataFrame:
    rows = []
    kinds = ["create"] * (len(steps) - 4) + ["update"] * 3 + ["delete"]
    for at, (start, size, kind) in enumerate(
        zip(steps["start"], steps["capacity"], kinds, strict=True)
    ):
        rows.append(
            {
                "time": start.to_pydatetime(),
                "name": f"foresail-storefront-web-{at:03d}-{start:%Y%m%dT%H%MZ}",
                "operation": kind,
                "before": "" if kind == "create" else f"min {size + 2}",
                "after": "" if kind == "delete" else f"min {size}",
                "reason": f"rise: {size} are needed from here",
            }
        )
    return pd.DataFrame(rows)


def _scores(played: pd.DataFrame, reactive: pd.DataFrame) -> pd.DataFrame:
    load = played["demand"]
    oracle = np.ceil(load / (UNIT * SLO)).clip(2)
    fleets = {
        "foresail + reactive": played["in_service"],
        "reactive alone": reactive["in_service"],
        "static at max": pd.Series(60, index=load.index),
        "oracle": oracle,
    }
    rows = []
    for policy, units in fleets.items():
        limit = units * UNIT * SLO
        rows.append(
            {
                "policy": policy,
                "unit_hours": float(units.sum()) / 60,
                "cost_ratio": float(units.sum() / oracle.sum()),
                "cost_usd": round(float(units.sum()) / 60 * 0.0816, 2),
                "under_capacity_minutes": int((load > limit * (1 + 1e-9)).sum()),
                "unserved_share": float((load - limit).clip(lower=0).sum() / load.sum()),
            }
        )
    return pd.DataFrame(rows)
