"""What a backtest is asked for, and what it finds; plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foresail.prices.price import Price
from foresail.replay.case import Rules
from foresail.replay.risk import Choice
from foresail.replay.settings import Bools, Fleet, Floats

LIMIT = 0.01
PROMISES = (0.05, 0.02, 0.01, 0.005)
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
REACTIVE, ORACLE = "reactive", "oracle"
Narrow = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user wants: a limit, or else a price of shortage, or a budget.

    Parameters
    ----------
    limit
        Share of time that may be under capacity; verdicts are given against it in any case.
    shortage_price
        Dollars for a unit-hour that was missing.
    budget
        Unit-hours a day, of each series.
    shared
        Whether the budget is for all series together.
    """

    limit: float = LIMIT
    shortage_price: float | None = None
    budget: float | None = None
    shared: bool = False

    def __str__(self) -> str:
        if self.shortage_price is not None:
            return f"least cost when a missing unit-hour costs ${self.shortage_price:g}"
        if self.budget is not None:
            of = ", all series together" if self.shared else ""
            return f"least time under capacity for {self.budget:g} unit-hours a day{of}"
        return f"at most {100 * self.limit:g} % of the time under capacity"


@dataclass(frozen=True, slots=True)
class Job:
    """How to replay, and what to choose by.

    Parameters
    ----------
    rules
        Of the services.
    wish
        What to choose settings for.
    price
        Of a unit-hour.
    policies
        Names to compare; all when empty.
    unit_capacity
        Demand that one unit serves at 100 %, one for all or by series; scaled when None.
    choose_days
        Days after the warm-up on which settings are chosen, and which are not scored; about a
        third of them, at most 14, when None; with 0 settings are chosen in hindsight.
    fleet
        What becomes of unserved demand, and the warm pool.
    """

    rules: Rules
    wish: Wish
    price: Price
    policies: tuple[str, ...] = ()
    unit_capacity: float | Mapping[str, float] | None = None
    choose_days: int | None = None
    fleet: Fleet = field(default_factory=Fleet)

    @property
    def timezone(self) -> str:
        """IANA zone in which pages show times: the one in which plans count days."""
        return self.rules.place.timezone


@dataclass(frozen=True)
class Chosen:
    """The setting of one policy that was chosen on the days before, and what came of it.

    ``expected`` is the share of time under capacity that the past days promised, with caution;
    ``scores`` the measures of `foresail.replay` on the scored days; ``low`` and ``high`` hold 90 %
    of resampled days' time under capacity; ``best`` is the least of any setting, in hindsight;
    ``missing`` the demand above the SLO, in unit-hours.
    """

    policy: str
    setting: str
    choice: Choice
    scores: Mapping[str, float]
    minutes: int
    low: float
    high: float
    best: float
    verdict: str
    kept: bool
    missing: float


@dataclass(frozen=True, slots=True)
class Promise:
    """A limit promised on the past days, and the share of time under capacity that came out."""

    limit: float
    setting: str
    expected: float
    outcome: float
    low: float
    high: float
    cost_ratio: float


@dataclass(frozen=True)
class Course:
    """What one policy had in service over the replayed steps, in units."""

    floor: Narrow
    in_service: Narrow
    late: Bools


@dataclass(frozen=True)
class Outcome:
    """All that was found about one series.

    ``scores`` has a row per policy and setting on the scored days: the columns of
    `foresail.replay`, late_low, late_high, cost_low, cost_high (bootstrap) and chosen. ``demand``
    covers the whole series; ``courses`` begin at ``start``, scores at ``scored``. ``path`` is the
    forecast of each step as last made; ``last`` the plan that follows the series, step by
    step, made with ``last_setting``.
    """

    series: str
    times: pd.DatetimeIndex
    demand: Floats
    scale: float
    start: int
    scored: int
    period: pd.Timedelta
    days: float
    hindsight: bool
    scores: pd.DataFrame
    chosen: dict[str, Chosen]
    promises: list[Promise]
    courses: dict[str, Course]
    path: pd.DataFrame
    calibration: list[dict[str, float]]
    aside: pd.DataFrame
    last: pd.DataFrame
    last_setting: str
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Backtest:
    """A whole backtest: outcomes by series, the worst first, and the series that had none."""

    job: Job
    outcomes: list[Outcome]
    refused: list[tuple[str, str]]
    ours: str
    knobs: dict[str, str]

    @property
    def first(self) -> Outcome:
        """The series that has most under-capacity time with our policy."""
        return self.outcomes[0]


def setting_text(setting: Any) -> str:
    """Write a setting as tables show it."""
    return f"{setting:g}" if isinstance(setting, float) else str(setting)
