"""Options that every benchmark on real traces takes."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def trace_parser(about: str, page: str) -> argparse.ArgumentParser:
    """Make a parser that knows where the traces are, which of them to take, and the docs.

    Parameters
    ----------
    about
        Docstring of the program; its first line is shown.
    page
        File below docs/benchmarks that ``--docs`` writes.
    """
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument(
        "--traces-folder",
        type=Path,
        default=Path(os.environ.get("FORESAIL_TRACES", ROOT.parent / "shared" / "traces")),
        help="folder of NAME.csv.gz; FORESAIL_TRACES, or shared/traces beside the repository",
    )
    parser.add_argument("--traces", type=names, default=[], help="comma-separated; all when empty")
    parser.add_argument("--docs", action="store_true", help=f"write docs/benchmarks/{page}")
    return parser


def names(text: str) -> list[str]:
    """Split a comma-separated list."""
    return [name for name in text.split(",") if name]
