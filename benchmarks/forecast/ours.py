"""foresail over the windows of traces, by its public call.

Runs in foresail's own environment:  python ours.py CACHE TRACE=FINGERPRINT ...
"""

from __future__ import annotations

import sys
import warnings
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from protocol import COLUMNS, DAY, HORIZON, HOUR, LEVELS, WEEK, read_windows
from timing import clock, forecast_windows, write_run

import foresail

PACKAGES = ("foresail", "pandas", "numpy", "scipy", "scikit-learn", "statsmodels")


def one_window(history: pd.Series, origin: pd.Timestamp) -> np.ndarray:
    """Forecast one window by one public call; missing hours stay missing."""
    known = pd.DataFrame(
        {"series": "window", "timestamp": history.index, "value": history.to_numpy()}
    )
    # The horizon counts from the last known hour; more is asked for where the end is missing.
    ahead = origin + HORIZON - (history.index[-1] + HOUR)
    made = foresail.forecast(known, horizon=f"{ahead // HOUR}h", quantiles=LEVELS)
    return made.loc[made["timestamp"] >= origin, list(COLUMNS)].to_numpy(dtype=float)


def together(folder: Path) -> tuple[float, float]:
    """Time one call with all windows of a trace, each moved to end at the same hour.

    For speed only: windows of a trace overlap, so a forecast of them together could use the
    future of one for another, and is not scored.
    """
    of = read_windows(folder)
    end = of[-1][1]
    known = pd.concat(
        [
            pd.DataFrame(
                {
                    "series": name,
                    "timestamp": history.index + (end - origin),
                    "value": history.to_numpy(),
                }
            )
            for name, origin, history in of
        ],
        ignore_index=True,
    )
    began = clock()
    foresail.forecast(known, horizon=f"{HORIZON // HOUR}h", quantiles=LEVELS)
    ended = clock()
    return ended[0] - began[0], ended[1] - began[1]


def main(cache: Path, traces: dict[str, str]) -> None:
    """Warm up, then forecast each trace window by window, and once all together."""
    warnings.filterwarnings("ignore")
    hours = pd.date_range("2024-01-01", periods=2 * WEEK, freq="1h", tz="UTC")
    noise = np.random.default_rng(0).random(2 * WEEK)
    wave = 10 + np.sin(np.arange(2 * WEEK) * 2 * np.pi / DAY) + noise
    one_window(pd.Series(wave, index=hours), hours[-1] + HOUR)
    for trace, fingerprint in traces.items():
        run = forecast_windows("foresail", one_window, cache / trace, fingerprint)
        try:
            wall, cpu = together(cache / trace)
            run = replace(run, batch_s=wall, batch_cpu_s=cpu)
        except Exception as error:  # noqa: BLE001 - the scores stand without it
            print(f"{trace}: the call with all windows failed: {error}", file=sys.stderr)
        write_run(run, cache / trace)
    (cache / "versions-foresail.txt").write_text(
        "\n".join(f"{package} {version(package)}" for package in PACKAGES)
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), dict(pair.split("=", 1) for pair in sys.argv[2:]))
