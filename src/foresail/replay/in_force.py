"""Plans made at origins, laid on the periods in which they are in force."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foresail.replay.case import PLANNING, Case
from foresail.replay.settings import Floats, steps_of


def in_force(case: Case, steps: list[int], paths: Floats) -> Floats:
    """Floor of each scored step: from shortly after a plan was made until the next one is."""
    late = steps_of(PLANNING, case.period)
    floor = np.full(len(case.demand), float(case.rules.minimum))
    for at, (step, path) in enumerate(zip(steps, paths, strict=True)):
        last = min(steps[at + 1] + late if at + 1 < len(steps) else len(floor), len(floor))
        first = step if at == 0 else step + late
        floor[first:last] = path[first - step : last - step]
    return floor[case.start :]


def on_grid(plan: pd.DataFrame, grid: pd.DatetimeIndex, period: pd.Timedelta) -> Floats:
    """Lay a step function on periods: its highest value in each, 0 before it begins."""
    begins, width = grid.as_unit("us").asi8, period // pd.Timedelta("1us")
    edges = pd.DatetimeIndex(plan["start"]).as_unit("us").asi8
    first = np.searchsorted(edges, begins, side="right") - 1
    last = np.searchsorted(edges, begins + width, side="left") - 1
    held = np.r_[0.0, plan["capacity"].to_numpy(dtype=np.float64)]
    floor: Floats = held[first + 1]
    for ahead in range(1, int((last - first).max(initial=0)) + 1):
        np.maximum(floor, held[np.minimum(first + ahead, last) + 1], out=floor)
    return floor
