"""Time and peak memory of one foresail.forecast call over 100, 1,000 and 10,000 series.

Each size runs in a fresh process, on synthetic hourly series of 14 days. The figures are kept for
the docs page, which the next run.py --docs writes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

SIZES = (100, 1_000, 10_000)
HOURS = 14 * 24
LEVELS = (0.5, 0.9, 0.95)
GOAL_SERIES, GOAL_SECONDS, GOAL_GIB = 10_000, 60.0, 4.0
KEPT = Path(__file__).resolve().parent.parent / ".cache" / "forecast" / "scale.json"
WHAT = (
    "Synthetic hourly series of 14 days (day and week seasons and noise; of each 10, one has"
    " spikes, one a trend, one is intermittent, one has gaps); one call, 48 hours ahead, quantiles"
    " 0.5, 0.9 and 0.95, each size in a fresh process."
)


def synthetic(count: int, seed: int = 7) -> pd.DataFrame:
    """Make series with seasons and noise, some with spikes, a trend, idle hours or gaps."""
    rng = np.random.default_rng(seed)
    hours = np.arange(HOURS)
    level = np.exp(rng.normal(4, 1.5, (count, 1)))
    peak = rng.uniform(0, 24, (count, 1))
    day = 1 + rng.uniform(0.2, 0.9, (count, 1)) * np.cos((hours - peak) * 2 * np.pi / 24)
    week = np.where(hours // 24 % 7 < 5, 1.0, rng.uniform(0.3, 1.0, (count, 1)))
    noise = np.exp(rng.normal(0, 0.12, (count, HOURS)))
    value = level * day * week * noise
    value[0::10] *= 1 + 6 * (rng.random(value[0::10].shape) < 0.01)
    value[1::10] *= 1 + np.outer(rng.uniform(0.1, 1.0, len(value[1::10])), hours / HOURS)
    value[2::10] *= rng.random(value[2::10].shape) < 0.2
    times = pd.date_range("2024-03-04", periods=HOURS, freq="1h")
    names = np.array([f"series-{number:05d}" for number in range(count)])
    frame = pd.DataFrame(
        {
            "series": np.repeat(names, HOURS),
            "timestamp": np.tile(times.to_numpy(), count),
            "value": value.ravel(),
        }
    )
    frame["timestamp"] = frame["timestamp"].dt.tz_localize("UTC")
    gaps = np.zeros((count, HOURS), dtype=bool)
    gaps[3::10] = rng.random(gaps[3::10].shape) < 0.03
    return frame[~gaps.ravel()].reset_index(drop=True)


def measure(count: int) -> dict[str, float]:
    """Forecast `count` series by one call in this process, and say what it took."""
    import foresail

    history = synthetic(count)
    began = time.perf_counter()
    made = foresail.forecast(history, horizon="48h", quantiles=LEVELS)
    took = time.perf_counter() - began
    if made["series"].nunique() != count or not np.isfinite(made["q0.95"]).all():
        raise SystemExit(f"{count} series asked, {made['series'].nunique()} forecast")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    # Kilobytes on Linux, bytes on macOS.
    unit = 2**30 if sys.platform == "darwin" else 2**20
    return {"series": count, "call_s": took, "peak_gib": (peak + children) / unit}


def growth(runs: Sequence[dict[str, float]]) -> float:
    """Give the exponent b of time = a * series ** b by least squares over the logarithms."""
    if len(runs) < 2:
        return float("nan")
    logs = np.log([[run["series"], run["call_s"]] for run in runs])
    return float(np.polyfit(logs[:, 0], logs[:, 1], 1)[0])


def fresh(count: int) -> dict[str, float]:
    """Measure one size in a process of its own."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--one", str(count)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{count} series failed: {done.stderr.strip().splitlines()[-1]}")
    told = json.loads(done.stdout.strip().splitlines()[-1])
    run = {**told, "process_s": time.perf_counter() - began}
    print(
        f"{count:6d} series: call {run['call_s']:.2f} s, process {run['process_s']:.2f} s,"
        f" peak {run['peak_gib']:.2f} GiB",
        flush=True,
    )
    return run


def main(argv: Sequence[str]) -> None:
    """Measure each size, print, and keep the figures for the docs page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of series")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args(argv)
    if chosen.one:
        print(json.dumps(measure(chosen.one)))
        return
    runs = [fresh(int(size)) for size in chosen.sizes.split(",")]
    exponent = growth(runs)
    most = [run for run in runs if run["series"] == GOAL_SERIES]
    met = bool(most) and most[0]["call_s"] < GOAL_SECONDS and most[0]["peak_gib"] < GOAL_GIB
    print(f"time grows as n^{exponent:.2f}")
    if most:
        print(f"10,000 series under 60 s and 4 GB: {'met' if met else 'NOT met'}")
        told = {
            "what": WHAT,
            "cores": os.cpu_count(),
            "version": version("foresail"),
            "exponent": exponent,
            "met": met,
            "runs": runs,
        }
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        KEPT.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
