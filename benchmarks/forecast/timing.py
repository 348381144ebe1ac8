"""Run one model over the windows of one trace, and time it: warm, one process, imports apart."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from protocol import COLUMNS, HOUR, STEPS, read_windows

Model = Callable[[pd.Series, pd.Timestamp], np.ndarray]


@dataclass(frozen=True)
class Run:
    """What a run of a model over a trace took.

    ``cpu_s`` counts child processes too (Prophet fits in one), and is less disturbed than
    ``wall_s`` by others on the machine. ``batch_s`` is the time of one call with all the windows,
    where the model can do that.
    """

    model: str
    series: int
    wall_s: float
    cpu_s: float
    failures: list[str]
    fingerprint: str
    batch_s: float | None = None
    batch_cpu_s: float | None = None


def clock() -> tuple[float, float]:
    """Read the wall clock and the CPU time of this process and its children."""
    used = os.times()
    return time.perf_counter(), sum(used[:4])


def forecast_windows(name: str, model: Model, folder: Path, fingerprint: str) -> Run:
    """Forecast each window of a trace by itself and write ``NAME.parquet`` next to the windows."""
    of = read_windows(folder)
    made, failures, wall, cpu = [], [], 0.0, 0.0
    for window, origin, history in of:
        began = clock()
        try:
            q = model(history, origin)
        except Exception as error:  # noqa: BLE001 - any failure of a model counts as one
            failures.append(f"{window}: {type(error).__name__}: {error}")
            continue
        finally:
            ended = clock()
            wall, cpu = wall + ended[0] - began[0], cpu + ended[1] - began[1]
        if q.shape != (STEPS, len(COLUMNS)) or not np.isfinite(q).all():
            failures.append(f"{window}: forecast is not finite or has shape {q.shape}")
            continue
        frame = pd.DataFrame(q, columns=list(COLUMNS))
        frame.insert(0, "timestamp", pd.date_range(origin, periods=STEPS, freq=HOUR))
        frame.insert(0, "window", window)
        made.append(frame)
    empty = pd.DataFrame(columns=["window", "timestamp", *COLUMNS])
    (pd.concat(made, ignore_index=True) if made else empty).to_parquet(folder / f"{name}.parquet")
    return Run(name, len(of), wall, cpu, failures, fingerprint)


def write_run(run: Run, folder: Path) -> None:
    """Write ``NAME.json`` next to the forecasts, and say what it took."""
    (folder / f"{run.model}.json").write_text(json.dumps(asdict(run), indent=1))
    print(
        f"{folder.name:26s} {run.model:22s} {run.series:3d} series"
        f" {run.wall_s / run.series:8.4f} s each, {len(run.failures)} failures",
        file=sys.stderr,
        flush=True,
    )
