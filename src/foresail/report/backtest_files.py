"""The files of a backtest: report, scores.csv, scores.json, each whole or not there."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from foresail.backtest.job import Backtest
from foresail.backtest.summary import scores_frame
from foresail.report.backtest_markdown import backtest_markdown
from foresail.report.backtest_page import backtest_page
from foresail.report.shell import write_whole


def write_backtest(done: Backtest, told: dict[str, Any], folder: Path, kind: str) -> Path:
    """Write the report and the scores into a folder, which is made.

    Parameters
    ----------
    done, told
        A backtest and its summary.
    folder
        Where to.
    kind
        Of the report: html or md.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    InputError
        When the folder cannot be written, or plotly is not installed.
    """
    text = backtest_page(done, told) if kind == "html" else backtest_markdown(told)
    write_whole(folder / "scores.csv", scores_frame(done).to_csv(index=False))
    write_whole(folder / "scores.json", to_text(told))
    return write_whole(folder / f"report.{kind}", text)


def to_text(told: dict[str, Any]) -> str:
    """Write a summary as JSON; what is no number becomes null."""
    return json.dumps(plain(told), indent=2, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """Make a value fit for JSON."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
