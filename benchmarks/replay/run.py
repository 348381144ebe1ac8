"""Replay all policies on real 5-minute traces, compare them at equal risk, write the docs.

    run.py                                          everything, printed
    run.py --traces nyc_taxi,tweets_UPS             a part
    run.py --docs                                   what make bench-replay does

The protocol: demand scaled so that its 99.5th percentile keeps 20 units busy, SLO 80 % utilisation,
boot 10 minutes, the first 8 days are history, plans every 6 hours.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "forecast"))

from options import names, trace_parser  # noqa: E402 - the forecasting benchmark's folder
from protocol import trace_paths  # noqa: E402
from speed import speeds  # noqa: E402
from tables import page, print_tables  # noqa: E402

from foresail.replay.api import replay  # noqa: E402
from foresail.replay.case import Rules  # noqa: E402
from foresail.replay.forecasters import day_and_week, median_hours  # noqa: E402
from foresail.replay.policies import AwsPredictive, Policy, default_policies  # noqa: E402

PERIOD = pd.Timedelta(minutes=5)
PACKAGES = ("foresail", "numpy", "pandas", "scipy", "statsmodels")


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = trace_parser(__doc__, "replay.md")
    parser.add_argument("--policies", type=names, default=[], help="comma-separated; all if empty")
    parser.add_argument("--ours", default="foresail-hybrid", help="the policy to compare")
    parser.add_argument("--jobs", type=int, default=2, help="traces at once")
    parser.add_argument("--scores", type=Path, help="also write all scores to this CSV file")
    parser.add_argument("--no-speed", action="store_true", help="leave the simulator's speed out")
    return parser.parse_args(argv)


def policies() -> list[Policy]:
    """All default policies, and AWS's rules on two more forecasters."""
    return [
        *default_policies(Rules()),
        AwsPredictive(day_and_week, name="aws-predictive, day and week"),
        AwsPredictive(median_hours, name="aws-predictive, foresail's forecast"),
    ]


def read(name: str, path: Path) -> pd.DataFrame:
    """Read a trace as a tidy history."""
    frame = pd.read_csv(path)
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True)
    return frame.assign(series=name)[["series", "timestamp", "value"]]


def is_fine(frame: pd.DataFrame) -> bool:
    """Tell whether a trace has the period of the protocol."""
    return bool(frame["timestamp"].diff().median() == PERIOD)


def score(name: str, path: Path, chosen: Sequence[str]) -> tuple[pd.DataFrame, float]:
    """Replay the policies on one trace; also the CPU time that took."""
    began = time.process_time()
    wanted = [policy for policy in policies() if not chosen or policy.name in chosen]
    return replay(read(name, path), wanted), time.process_time() - began


def machine() -> str:
    """Say on what it ran."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, load average {os.getloadavg()[1]:.1f} at the end;"
        f" {packages}"
    )


def main(argv: Sequence[str]) -> None:
    """Replay, compare, report."""
    chosen = arguments(argv)
    unknown = sorted(set(chosen.policies) - {policy.name for policy in policies()})
    if unknown:
        raise SystemExit(f"no policy named {', '.join(unknown)}")
    paths = trace_paths(chosen.traces_folder, chosen.traces)
    coarse = [name for name, path in paths.items() if not is_fine(read(name, path))]
    if coarse:
        print(f"left out, not at 5 minutes: {', '.join(coarse)}", file=sys.stderr)
    fine = [name for name in paths if name not in coarse]
    if not fine:
        raise SystemExit("no trace is left")
    told, seconds = [], 0.0
    with ProcessPoolExecutor(max(chosen.jobs, 1)) as pool:
        jobs = {name: pool.submit(score, name, paths[name], chosen.policies) for name in fine}
        for name, job in jobs.items():
            scores, took = job.result()
            print(f"{name:26s} {took:6.1f} s CPU", file=sys.stderr, flush=True)
            told.append(scores)
            seconds += took
    scores = pd.concat(told, ignore_index=True)
    if chosen.scores:
        scores.to_csv(chosen.scores, index=False)
    print_tables(scores, chosen.ours)
    if chosen.docs:
        grid = speeds() if not chosen.no_speed else pd.DataFrame()
        target = ROOT / "docs" / "benchmarks" / "replay.md"
        target.write_text(page(scores, chosen.ours, grid, machine(), seconds))
        print(f"wrote {target.relative_to(ROOT)}", file=sys.stderr)
    elif not chosen.no_speed:
        print(speeds().to_string(index=False))


if __name__ == "__main__":
    main(sys.argv[1:])
