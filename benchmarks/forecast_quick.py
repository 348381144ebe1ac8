"""Rolling origins on a folder of real traces: ratios to the day-seasonal-naive.

Usage: python benchmarks/forecast_quick.py FOLDER [PERIOD]   (default 1h; 14 days of history, 48 h)
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from foresail.forecast.api import forecast_series
from foresail.forecast.losses import pinball
from foresail.history.files import read_history

HISTORY, HORIZON, ORIGINS = pd.Timedelta(days=14), pd.Timedelta(hours=48), 4
LEVELS = (0.5, 0.9, 0.95)


def origins(frame: pd.DataFrame) -> list[pd.Timestamp]:
    """Spread origins over the second part of a trace, each with history and a future."""
    first = frame["timestamp"].min() + min(
        HISTORY, (frame["timestamp"].max() - frame["timestamp"].min()) * 0.6
    )
    last = frame["timestamp"].max() - HORIZON
    return list(pd.date_range(first, last, periods=ORIGINS).floor("1h"))


def score(frame: pd.DataFrame, origin: pd.Timestamp, period: pd.Timedelta) -> dict[str, float]:
    """Losses of foresail and of the day-seasonal-naive at one origin."""
    past = frame[(frame["timestamp"] < origin) & (frame["timestamp"] >= origin - HISTORY)]
    future = frame[(frame["timestamp"] >= origin) & (frame["timestamp"] < origin + HORIZON)]
    begun = time.perf_counter()
    made = forecast_series(past, HORIZON, LEVELS).frame
    taken = time.perf_counter() - begun
    both = future.merge(made, on="timestamp")
    grid = past.set_index("timestamp")["value"].resample(period).mean().interpolate()
    day = round(pd.Timedelta(days=1) / period)
    naive = pd.Series(np.resize(grid.to_numpy()[-day:], len(made)), index=made["timestamp"])
    noise = (grid - grid.shift(day)).dropna().to_numpy()
    y = both["value"].to_numpy()
    base = naive.reindex(both["timestamp"]).to_numpy()
    row = {"seconds": taken, "mae": np.abs(y - both["q0.5"]).sum(), "mae0": np.abs(y - base).sum()}
    for level in LEVELS:
        column = f"q{level:g}"
        row[column] = pinball(y, both[column].to_numpy(), level).sum()
        row[f"{column}0"] = pinball(
            y, np.maximum(base + np.quantile(noise, level) * (level != 0.5), 0), level
        ).sum()
        row[f"in{column}"] = (y <= both[column].to_numpy()).sum()
    return {**row, "n": len(y)}


def main(folder: Path, period: pd.Timedelta) -> None:
    """Print a row per trace and the geometric mean."""
    rows = []
    for path in sorted(folder.glob("*.csv.gz")):
        frame = read_history(path)
        native = frame["timestamp"].diff().mode().min()
        step = max(period, native)
        if step > native:
            frame = (
                frame.set_index("timestamp")["value"].resample(step).mean().dropna().reset_index()
            )
            frame.insert(0, "series", path.name)
        total = pd.DataFrame([score(frame, o, step) for o in origins(frame)]).sum()
        rows.append(
            {
                "trace": path.name.split(".")[0],
                "MASE": total["mae"] / total["mae0"],
                **{f"WQL {q:g}": total[f"q{q:g}"] / total[f"q{q:g}0"] for q in LEVELS},
                **{f"cover {q:g}": total[f"inq{q:g}"] / total["n"] for q in LEVELS},
                "s": total["seconds"] / ORIGINS,
            }
        )
    table = pd.DataFrame(rows).set_index("trace")
    ratios = [c for c in table.columns if c.startswith(("MASE", "WQL"))]
    summary = {
        c: np.exp(np.log(table[c]).mean()) if c in ratios else table[c].mean() for c in table
    }
    table.loc["all"] = summary
    print(table.round(3).to_string())


if __name__ == "__main__":
    main(Path(sys.argv[1]), pd.Timedelta(sys.argv[2] if len(sys.argv) > 2 else "1h"))
