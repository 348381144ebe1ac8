"""The picture of the docs page, from summary.json; runs in the peers' environment.

python plot.py CACHE FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

OURS, OTHERS = "#0b6e99", "#b8c4cc"


def bars(axes: Axes, names: list[str], values: list[float], title: str, mark: float | None) -> None:
    """Draw one measure: a bar per model, foresail's in colour, a line where the goal is."""
    colours = [OURS if name == "foresail" else OTHERS for name in names]
    axes.barh(names, values, color=colours)
    axes.set_title(title, fontsize=10, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    if mark is not None:
        axes.axvline(mark, color="#c0392b", linewidth=1, linestyle="--")
    for place, value in enumerate(values):
        text = f" {value:.2g}" if value < 0.01 else f" {value:.3f}"
        axes.text(value, place, text, va="center", fontsize=8)


def main(cache: Path, folder: Path) -> None:
    """Draw pinball loss, MASE, coverage and time of each model."""
    told = json.loads((cache / "summary.json").read_text())
    names = list(told)
    figure, grid = plt.subplots(1, 4, figsize=(15, 3.8), sharey=True, layout="constrained")
    panels = (
        ("WQL 0.9", "WQL 0.9, ratio (goal 0.68)", 0.68),
        ("MASE", "MASE, ratio (goal 0.70)", 0.70),
        ("coverage 0.9", "coverage of q0.9 (goal 0.90)", 0.9),
        ("s per series", "seconds per series (log)", None),
    )
    grid[0].invert_yaxis()  # shared: the best on top
    for axes, (measure, title, mark) in zip(grid, panels, strict=True):
        bars(axes, names, [told[name][measure] for name in names], title, mark)
    grid[2].set_xlim(0.5, 1.0)
    grid[3].set_xscale("log")
    for axes in (grid[0], grid[1], grid[3]):
        low, high = axes.get_xlim()
        axes.set_xlim(low, high * (4 if axes is grid[3] else 1.15))
    figure.savefig(folder / "forecast.png", dpi=110)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
