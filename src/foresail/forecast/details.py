"""What is told of each series besides its quantiles: experts, trust, pattern, urgency."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from foresail.forecast import experts
from foresail.forecast.align import Block
from foresail.forecast.arrays import Floats, first_known, mean
from foresail.forecast.pattern import describe
from foresail.forecast.predict import Outcome, missing_share
from foresail.forecast.trust import judge
from foresail.forecast.urgency import urgency_level
from foresail.forecast.verdicts import OK
from foresail.forecast.window import DAY_HOURS, HOUR

EXPERTS_NAMED = 3
WORTH_NAMING = 0.02  # of the weight; the first of thirty always has more
HEADROOM = 1.25  # of the current demand: what a fleet is taken to serve where nobody says
LEAST_TRUST = 0.3
PLAN, FALL_BACK = "plan with it", "fall back to reactive scaling: little trust"
PLANNED = 0.9  # quantile that urgency looks at
_PATTERN = ("pattern", "flags", "strength_trend", "strength_day", "strength_week")


def tell(block: Block, outcome: Outcome, levels: Sequence[float]) -> pd.DataFrame:
    """Tell of each series of a block what its forecast rests on.

    Returns
    -------
    DataFrame
        series; model: the experts that count most; trust (0 to 1) and trust_reasons; skill over
        yesterday's values and coverage of q0.9, both at past origins; history_days and
        missing_share; pattern, flags and strengths (see `foresail.forecast.pattern.describe`);
        urgency of the next 24 hours against 1.25 times the demand now; advice: whether to plan
        with it; verdict.
    """
    days = np.asarray(block.known * (block.clock.period / pd.Timedelta(days=1)), dtype=np.float64)
    trust = judge(outcome.combined, outcome.trials, days, missing_share(block))
    return pd.DataFrame(
        {
            "series": np.asarray(block.names, dtype=object),
            "model": _models(outcome),
            "trust": trust.score,
            "trust_reasons": [trust.reasons(row) for row in range(len(block.names))],
            "skill": trust.skill,
            "coverage": trust.coverage,
            "history_days": trust.history_days,
            "missing_share": trust.missing_share,
            **_pattern(outcome),
            "urgency": _urgency(block, outcome, levels),
            "advice": np.where(trust.score < LEAST_TRUST, FALL_BACK, PLAN),
            "verdict": OK,
        }
    )


def _models(outcome: Outcome) -> list[str]:
    """Name the experts that count most, with their weights."""
    weights = outcome.combined.weights.mean(axis=2)
    best = np.argsort(-weights, axis=1, kind="stable")[:, :EXPERTS_NAMED]
    return [
        " + ".join(
            f"{weights[row, one]:.0%} {experts.NAMES[one]}"
            for one in some
            if weights[row, one] >= WORTH_NAMING
        )
        for row, some in enumerate(best)
    ]


def _pattern(outcome: Outcome) -> dict[str, np.ndarray]:
    """Pattern, flags and strengths of the hourly history, calendar effects taken out."""
    window = outcome.window
    hours = np.arange(-window.values.shape[1], 0) + int(window.hour[0])
    weekday = (int(window.weekday[0]) + hours // DAY_HOURS) % 7
    found = describe(window.values, hours % DAY_HOURS, weekday)
    return {name: found[name].to_numpy() for name in _PATTERN}


def _urgency(block: Block, outcome: Outcome, levels: Sequence[float]) -> list[str]:
    """Urgency of the next day, as `foresail.forecast.urgency` tells it."""
    last = outcome.window.values[:, -3:] * outcome.unit[:, None]
    ahead = (outcome.times - outcome.times[0]) / HOUR
    day = outcome.quantiles[:, ahead < DAY_HOURS]
    planned = _nearest(day, levels, PLANNED)
    middle = _nearest(day, levels, 0.5)
    now = first_known(last[:, -1], mean(last, 1), middle[:, 0])
    served = HEADROOM * now
    above = planned > served[:, None]
    breach = np.where(above.any(axis=1), np.asarray(ahead)[np.argmax(above, axis=1)], np.inf)
    certain = np.asarray((middle > served[:, None]).any(axis=1))
    return urgency_level(now, planned.max(axis=1), breach, served, certain)


def _nearest(quantiles: Floats, levels: Sequence[float], level: float) -> Floats:
    at = int(np.argmin(np.abs(np.asarray(levels) - level)))
    return np.asarray(quantiles[:, :, at])
