"""Do scores that feed back help? On real traces: levels that are learned, and what demotes.

    run.py                     everything, printed
    run.py --docs              what make bench-scoring does

Rolling origins: a plan every 6 hours (or every 24), each forecast made on what was known then; a
window teaches once it has ended and settled, never before.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "forecast"))

from options import trace_parser  # noqa: E402 - the forecasting benchmark's folder
from protocol import trace_paths  # noqa: E402

from foresail.forecast.adaptive import remap  # noqa: E402
from foresail.forecast.losses import pinball  # noqa: E402
from foresail.forecast.rolling import rolling_forecasts  # noqa: E402
from foresail.score.accuracy import score_signal  # noqa: E402
from foresail.score.drift import page_hinkley  # noqa: E402
from foresail.score.learning import COLUMNS, LEVELS, Learned  # noqa: E402
from foresail.score.score import Limits  # noqa: E402
from foresail.score.windows import Window  # noqa: E402

PERIOD = pd.Timedelta(minutes=5)
DAY, WARM_UP, SETTLE = pd.Timedelta(days=1), pd.Timedelta(days=4), pd.Timedelta(minutes=20)
SIX = pd.Timedelta(hours=6)
QUANTILE = 0.9
IN_A_ROW = 3
REMEMBERED = 40  # windows that a drift test looks back on
PACKAGES = ("foresail", "numpy", "pandas", "scipy")


def read(name: str, path: Path) -> pd.DataFrame | None:
    """Read a trace as a history; None when it does not come by 5 minutes."""
    frame = pd.read_csv(path)
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True)
    if frame["timestamp"].diff().median() != PERIOD:
        return None
    one = frame.drop_duplicates("timestamp").sort_values("timestamp", ignore_index=True)
    return one.assign(series=name)[["series", "timestamp", "value"]]


def windows(history: pd.DataFrame, every: pd.Timedelta) -> list[tuple[Window, pd.DataFrame]]:
    """Forecast each window at its start, on what was known then."""
    first, last = history["timestamp"].iloc[0].floor(PERIOD), history["timestamp"].iloc[-1]
    origins = pd.date_range(first + WARM_UP, last - every, freq=every)
    made = rolling_forecasts(history, origins, every.to_pytimedelta(), LEVELS)
    return [
        (
            Window(origin.to_pydatetime(), (origin + every).to_pydatetime()),
            part.rename(columns={"series": "signal", "origin": "made"}),
        )
        for origin, part in made.groupby("origin")
    ]


def learned_levels(history: pd.DataFrame, every: pd.Timedelta) -> pd.DataFrame:
    """Give the loss and coverage of each window: as forecast, always re-mapped, while it pays."""
    learned, waiting, rows = Learned.start(), [], []
    for window, held in windows(history, every):
        while waiting and waiting[0][0].end + SETTLE <= window.start:
            earlier, told = waiting.pop(0)
            learned = learned.taught(told, history, earlier)
        # Counted as made when each window began: learning would refuse plans of a day.
        waiting += [(one, one.rows(held).assign(made=one.start)) for one in _parts(window)]
        said = held.rename(columns={"signal": "series"})
        came = said[["series", "timestamp"]].merge(history, how="left")["value"].to_numpy()
        always = remap(said, learned.state)
        ways = {"plain": said, "always": always, "used": always if learned.pays else said}
        if np.isfinite(came).any():
            rows.append(_losses(came, ways) | {"remapped": learned.pays})
    return pd.DataFrame(rows)


def _parts(window: Window) -> list[Window]:
    """Windows of six hours that a plan is in force in."""
    starts = pd.date_range(window.start, window.end, freq=SIX, inclusive="left")
    return [Window(at.to_pydatetime(), (at + SIX).to_pydatetime()) for at in starts]


def _losses(came: np.ndarray, ways: dict[str, pd.DataFrame]) -> dict[str, float]:
    known = np.isfinite(came)
    row: dict[str, float] = {"periods": float(known.sum())}
    for way, frame in ways.items():
        for level, column in zip(LEVELS, COLUMNS, strict=True):
            said = frame[column].to_numpy()[known]
            row[f"{way} loss {level:g}"] = float(pinball(came[known], said, level).sum())
            row[f"{way} in {level:g}"] = float((came[known] <= said).sum())
    return row


def compared(found: dict[str, pd.DataFrame], way: str) -> pd.DataFrame:
    """Per trace: pinball over that without, and coverage without and with."""
    rows = {}
    for name, table in found.items():
        total = table.sum()
        row = {}
        for level in LEVELS:
            row[f"loss {level:g}"] = total[f"{way} loss {level:g}"] / total[f"plain loss {level:g}"]
            row[f"before {level:g}"] = total[f"plain in {level:g}"] / total["periods"]
            row[f"after {level:g}"] = total[f"{way} in {level:g}"] / total["periods"]
        rows[name] = row | {"share": float(table["remapped"].mean())}
    return pd.DataFrame(rows).T


def summary(table: pd.DataFrame) -> str:
    """Rows of one table of the page, a level each."""
    lines = []
    for level in LEVELS:
        ratio = table[f"loss {level:g}"]
        mean = float(np.exp(np.log(ratio).mean()))
        before, after = (
            (table[f"{k} {level:g}"] - level).abs().mean() for k in ("before", "after")
        )
        lines.append(
            f"| q{level:g} | {mean:.3f} | {ratio.min():.3f} | {ratio.max():.3f} "
            f"| {before:.1%} | {after:.1%} |"
        )
    return "\n".join(lines)


def demotions(history: pd.DataFrame) -> dict[str, float]:
    """Count bad windows, three of them in a row, and drifts of the residuals."""
    limits, bad, bias = Limits(), [], []
    actual = history.assign(censored=False)
    for window, held in windows(history, SIX):
        known = actual[
            (actual["timestamp"] < window.end) & (actual["timestamp"] >= window.start - 14 * DAY)
        ]
        made = score_signal(held, held, known, season=288, quantile=QUANTILE)
        if made is None:
            continue
        far = made.mase is not None and made.mase > limits.mase
        bad.append(far or made.coverage["q0.9"] < QUANTILE - limits.shortfall)
        bias.append(0.0 if made.bias is None else made.bias)
    runs = sum(all(bad[at : at + IN_A_ROW]) for at in range(len(bad) - IN_A_ROW + 1))
    shifts = [page_hinkley(bias[max(0, at - REMEMBERED) : at + 1]) for at in range(len(bias))]
    up = sum(one is not None and one.mean > 0 for one in shifts)
    return {
        "days": len(bad) / 4,
        "windows": len(bad),
        "bad": sum(bad),
        "in a row": runs,
        "above": up,
        "below": sum(one is not None for one in shifts) - up,
    }


def page(short: dict[str, pd.DataFrame], long: dict[str, pd.DataFrame], bad: pd.DataFrame) -> str:
    """Write the page."""
    used = compared(short, "used")
    rows = "\n".join(
        f"| {name} | {r['share']:.0%} | {r['loss 0.5']:.3f} | {r['loss 0.9']:.3f} "
        f"| {r['before 0.9']:.1%} | {r['after 0.9']:.1%} |"
        for name, r in used.iterrows()
    )
    judged = "\n".join(
        f"| {name} | {r['days']:.0f} | {r['bad'] / r['windows']:.1%} | {r['in a row']:.0f} "
        f"| {r['above']:.0f} | {r['below']:.0f} |"
        for name, r in bad.iterrows()
    )
    packages = ", ".join(f"{one} {version(one)}" for one in PACKAGES)
    total = bad.sum()
    return (
        (HERE / "page.md")
        .read_text()
        .format(
            count=len(used),
            used=summary(used),
            always=summary(compared(short, "always")),
            daily=summary(compared(long, "used")),
            rows=rows,
            judged=judged,
            days=f"{total['days']:.0f}",
            runs=f"{total['in a row']:.0f}",
            above=f"{total['above']:.0f}",
            below=f"{total['below']:.0f}",
            machine=f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
            f"Python {platform.python_version()}; {packages}",
        )
    )


def main(argv: Sequence[str]) -> None:
    """Run all comparisons."""
    options = trace_parser(__doc__, "scoring.md").parse_args(argv)
    short, long, bad = {}, {}, {}
    for name, path in trace_paths(options.traces_folder, options.traces).items():
        history = read(name, path)
        if history is None:
            print(f"left out, not at 5 minutes: {name}", file=sys.stderr)
            continue
        short[name] = learned_levels(history, SIX)
        long[name] = learned_levels(history, DAY)
        bad[name] = demotions(history)
        print(f"{name}: {bad[name]}", file=sys.stderr, flush=True)
    text = page(short, long, pd.DataFrame(bad).T)
    if options.docs:
        (ROOT / "docs" / "benchmarks" / "scoring.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
