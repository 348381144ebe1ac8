"""Tiers planned together against each tier alone, on real 5-minute traces; writes the docs.

    run.py                       printed
    run.py --docs                what make bench-coordination does

The protocol: the trace arrives at a web tier; each piece of work there is one at the app tier and
0.4 at the database, both wandering (a first-order autoregression of 6 %, and 2 % of noise). The
first 8 days are history, in which each tier had the units that cover 98 % of the time; plans every
6 hours; half of what fails comes again 5 minutes later.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "forecast"))

from protocol import trace_paths  # noqa: E402 - the forecasting benchmark's folder, just added

from foresail.replay.together import ALONE, TOGETHER, Member, compare_together  # noqa: E402

PERIOD = pd.Timedelta(minutes=5)
DAYS = 15
PEAK = 2000.0
LEAST = 1e-5  # unserved shares below this count as this
SEED = 5
WANDER, NOISE, MEMORY = 0.06, 0.02, 0.97


def wandering(periods: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a ratio's factor around 1."""
    steps = rng.normal(0, WANDER * np.sqrt(1 - MEMORY**2), periods)
    level = np.zeros(periods)
    for at in range(1, periods):
        level[at] = MEMORY * level[at - 1] + steps[at]
    return np.exp(level + rng.normal(0, NOISE, periods))


def read(path: Path) -> pd.Series | None:
    """Read a trace on whole five minutes, its gaps bridged; None when it is not of that period."""
    frame = pd.read_csv(path)
    times = pd.to_datetime(frame["timestamp"], utc=True)
    if times.diff().median() != PERIOD:
        return None
    series = pd.Series(frame["value"].to_numpy(dtype=float), index=times)
    whole = series.resample(PERIOD).mean().interpolate().iloc[: 288 * DAYS]
    return whole / whole.quantile(0.995) * PEAK


def compare(series: pd.Series) -> pd.DataFrame:
    """Replay both ways on one trace."""
    rng = np.random.default_rng(SEED)
    app, database = (wandering(len(series), rng) for _ in range(2))
    chain = [
        Member("web", 100.0, {"app": app}),
        Member("app", 80.0, {"database": 0.4 * database}, unit_cost=1.5),
        Member("database", 50.0, unit_cost=4.0),
    ]
    return compare_together(series, chain)


def at_equal_cost(scores: pd.DataFrame) -> float:
    """Geometric mean of together's unserved share over alone's, at 20 costs that both reach."""
    both = [scores[scores["policy"] == p].sort_values("cost") for p in (ALONE, TOGETHER)]
    low, high = max(b["cost"].min() for b in both), min(b["cost"].max() for b in both)
    costs = np.linspace(low, high, 20)
    alone, together = (
        np.interp(costs, b["cost"], np.log(np.maximum(b["unserved"], LEAST))) for b in both
    )
    return float(np.exp(np.mean(together - alone)))


def table(folder: Path) -> pd.DataFrame:
    """Compare on every trace of the folder."""
    rows = []
    for name, path in trace_paths(folder).items():
        series = read(path)
        if series is None:
            continue
        scores = compare(series)
        middle = scores[scores["quantile"] == 0.9].set_index("policy")
        rows.append(
            {
                "trace": name,
                "unserved, alone": middle.loc[ALONE, "unserved"],
                "unserved, together": middle.loc[TOGETHER, "unserved"],
                "cost, together / alone": middle.loc[TOGETHER, "cost"] / middle.loc[ALONE, "cost"],
                "unserved at equal cost": at_equal_cost(scores),
            }
        )
        print(f"{name}: {rows[-1]['unserved at equal cost']:.3f}", flush=True)
    return pd.DataFrame(rows)


def page(found: pd.DataFrame) -> str:
    """Write the page."""
    ratio = found["unserved at equal cost"]
    lines = [
        f"| {r.trace} | {r[2]:.3%} | {r[3]:.3%} | {r[4]:.2f} | {r[5]:.2f} |"
        for r in found.itertuples()
    ]
    packages = ", ".join(f"{p} {version(p)}" for p in ("foresail", "numpy", "pandas", "scipy"))
    text = (HERE / "page.md").read_text()
    return text.format(
        mean=f"{float(np.exp(np.log(ratio).mean())):.2f}",
        better=int((ratio < 1).sum()),
        count=len(found),
        rows="\n".join(lines),
        machine=f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; {packages}",
    )


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--traces-folder",
        type=Path,
        default=Path(os.environ.get("FORESAIL_TRACES", ROOT.parent / "shared" / "traces")),
    )
    parser.add_argument("--docs", action="store_true")
    options = parser.parse_args()
    text = page(table(options.traces_folder))
    if options.docs:
        (ROOT / "docs" / "benchmarks" / "coordination.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
