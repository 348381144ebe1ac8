"""Run foresail and its peers over the same windows of real traces, score them, write the docs.

    run.py                                                    everything; peers from the cache
    run.py --models foresail --traces nyc_taxi,tweets_UPS     a part
    run.py --fresh --docs                                     what make bench-forecast does

Peers' forecasts and timings are kept in benchmarks/.cache and used again while the windows, the
peers' code and their pins are the same; foresail always runs anew unless --reuse is given.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from options import names, trace_parser
from protocol import (
    HORIZON,
    HOUR,
    VARIANTS,
    Window,
    read_hourly,
    score_trace,
    trace_paths,
    windows,
    write_windows,
)

from report import print_summary, write_docs

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = HERE.parent / ".cache" / "forecast"
PEERS_PYTHON = HERE.parent / ".venv-peers" / "bin" / "python"
PEERS = (
    "mstl",
    "hgb",
    "seasonal_naive_week",
    "seasonal_naive_day",
    "auto_ces",
    "prophet",
    "holt_winters",
    "auto_ets",
)
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = trace_parser(__doc__, "forecast.md")
    every = ["foresail", *PEERS]
    parser.add_argument("--models", type=names, default=every, help="comma-separated; all if none")
    parser.add_argument("--naive", choices=VARIANTS, default="gaussian", help="baseline quantiles")
    parser.add_argument("--fresh", action="store_true", help="run the peers anew too")
    parser.add_argument("--reuse", action="store_true", help="score foresail's last forecasts")
    chosen = parser.parse_args(argv)
    unknown = sorted(set(chosen.models) - set(every))
    if unknown:
        parser.error(f"no model {', '.join(unknown)}; there are: {', '.join(every)}")
    return chosen


def code_fingerprint() -> str:
    """Give a hash of the peers' code and pins: other code, other forecasts."""
    files = (HERE / "peers.py", HERE / "timing.py", HERE.parent / "requirements-peers.txt")
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def stale(model: str, prints: dict[str, str], *, fresh: bool) -> dict[str, str]:
    """Give the traces (and fingerprints) that a model must still run over."""
    todo = {}
    for trace, wanted in prints.items():
        told = CACHE / trace / f"{model}.json"
        kept = told.exists() and json.loads(told.read_text())["fingerprint"] == wanted
        if fresh or not kept or not (CACHE / trace / f"{model}.parquet").exists():
            todo[trace] = wanted
    return todo


def call(command: Sequence[str | Path]) -> None:
    """Run a model's process with one thread, and stop when it fails."""
    done = subprocess.run(list(command), env={**os.environ, **ONE_THREAD}, check=False)
    if done.returncode:
        raise SystemExit(f"{Path(command[1]).name} failed with exit status {done.returncode}")


def run_models(chosen: argparse.Namespace, prints: dict[str, str]) -> None:
    """Run what is not cached, each model in its own environment."""
    if "foresail" in chosen.models:
        todo = stale("foresail", prints, fresh=not chosen.reuse)
        if todo:
            pairs = [f"{trace}={mark}" for trace, mark in todo.items()]
            call([sys.executable, HERE / "ours.py", CACHE, *pairs])
    code = code_fingerprint()
    marks = {trace: f"{mark}-{code}" for trace, mark in prints.items()}
    for model in chosen.models:
        todo = stale(model, marks, fresh=chosen.fresh) if model != "foresail" else {}
        if todo and not PEERS_PYTHON.exists():
            raise SystemExit("no environment of the peers: make benchmarks/.venv-peers/.ready")
        if todo:
            pairs = [f"{trace}={mark}" for trace, mark in todo.items()]
            call([PEERS_PYTHON, HERE / "peers.py", CACHE, model, *pairs])


def score(model: str, of: dict[str, list[Window]], variant: str) -> pd.DataFrame:
    """Score a model's kept forecasts: one row per trace, its time per series included."""
    rows = {}
    for trace, cut in of.items():
        run = json.loads((CACHE / trace / f"{model}.json").read_text())
        for failure in run["failures"]:
            print(f"failed: {model}: {failure}", file=sys.stderr)
        made = pd.read_parquet(CACHE / trace / f"{model}.parquet")
        rows[trace] = {
            **score_trace(made, cut, variant),
            "series": run["series"],
            "wall_s": run["wall_s"],
            "cpu_s": run["cpu_s"],
            "batch_s": run["batch_s"],
            "batch_cpu_s": run["batch_cpu_s"],
        }
    return pd.DataFrame(rows).T.astype(float)


def machine() -> dict[str, object]:
    """Say on what it ran: cores, memory, Python, load."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load": round(os.getloadavg()[1], 1),
    }


def main(argv: Sequence[str]) -> None:
    """Cut the windows, run the models, score and report."""
    chosen = arguments(argv)
    of = {
        name: windows(name, read_hourly(path))
        for name, path in trace_paths(chosen.traces_folder, chosen.traces).items()
    }
    short = [name for name, cut in of.items() if not cut]
    if short:
        least = (HORIZON + pd.Timedelta(days=8)) // HOUR
        print(f"left out, shorter than {least} hours: {', '.join(short)}", file=sys.stderr)
    of = {name: cut for name, cut in of.items() if cut}
    prints = {name: write_windows(cut, CACHE / name) for name, cut in of.items()}
    run_models(chosen, prints)
    scores = {model: score(model, of, chosen.naive) for model in chosen.models}
    print_summary(scores, chosen.naive)
    if chosen.docs:
        write_docs(scores, chosen.naive, machine(), CACHE, ROOT / "docs" / "benchmarks")
        call([PEERS_PYTHON, HERE / "plot.py", CACHE, ROOT / "docs" / "benchmarks"])


if __name__ == "__main__":
    main(sys.argv[1:])
