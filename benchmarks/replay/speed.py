"""Speed of the simulator: steps x scenarios, and how its time grows with each.

python benchmarks/replay/speed.py
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from foresail.replay.fleet import simulate
from foresail.replay.settings import Fleet

WEEKS8 = 8 * 7 * 288
GOAL_SCENARIOS, GOAL_SECONDS = 200, 2.0
STEPS = (WEEKS8 // 8, WEEKS8 // 4, WEEKS8 // 2, WEEKS8)
SCENARIOS = (50, 100, 200, 400, 800)
DAY = 288


def workload(steps: int, scenarios: int) -> tuple[np.ndarray, np.ndarray, Fleet]:
    """Noisy days under a schedule that changes every hour, and target tracking at many targets."""
    rng = np.random.default_rng(0)
    wave = 10 + 6 * np.sin(np.arange(steps) * 2 * np.pi / DAY)
    demand = wave[:, None] * rng.uniform(0.7, 1.3, (steps, scenarios))
    hourly = np.repeat(wave[::12], 12)[:steps, None] / rng.uniform(0.5, 1.0, scenarios)
    return demand, np.ceil(hourly), Fleet(target=np.linspace(0.3, 0.8, scenarios))


def timed(steps: int, scenarios: int, repeats: int = 3) -> tuple[float, float]:
    """Best wall-clock and CPU time of a few runs."""
    demand, floors, fleet = workload(steps, scenarios)
    took = []
    for _ in range(repeats):
        began = time.perf_counter(), time.process_time()
        simulate(demand, floors, fleet)
        took.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    return min(wall for wall, _ in took), min(cpu for _, cpu in took)


def speeds() -> pd.DataFrame:
    """Time a grid: all lengths at 200 scenarios, all numbers of scenarios at 8 weeks."""
    sizes = [(steps, GOAL_SCENARIOS) for steps in STEPS]
    sizes += [(WEEKS8, count) for count in SCENARIOS if count != GOAL_SCENARIOS]
    rows = []
    for steps, count in sizes:
        wall, cpu = timed(steps, count)
        rate = steps * count / wall
        rows.append(
            {"steps": steps, "scenarios": count, "s": wall, "CPU s": cpu, "per second": rate}
        )
    return pd.DataFrame(rows)


def exponent(sizes: pd.Series, seconds: pd.Series) -> float:
    """Give b of time = a * size ** b, by least squares over the logarithms."""
    return float(np.polyfit(np.log(sizes.to_numpy()), np.log(seconds.to_numpy()), 1)[0])


def growth(grid: pd.DataFrame) -> dict[str, float]:
    """Growth exponents of the time with steps and with scenarios."""
    by_steps = grid[grid["scenarios"] == GOAL_SCENARIOS]
    by_count = grid[grid["steps"] == WEEKS8]
    return {
        "steps": exponent(by_steps["steps"], by_steps["s"]),
        "scenarios": exponent(by_count["scenarios"], by_count["s"]),
    }


def met(grid: pd.DataFrame) -> tuple[float, bool]:
    """Time of the goal's size, and whether it is met."""
    mine = grid[(grid["steps"] == WEEKS8) & (grid["scenarios"] == GOAL_SCENARIOS)]
    seconds = float(mine["s"].iloc[0])
    return seconds, seconds < GOAL_SECONDS


if __name__ == "__main__":
    made = speeds()
    print(made.to_string(index=False))
    print(growth(made))
