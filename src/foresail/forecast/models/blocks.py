"""A block of series, at its own period and with its calendar, forecast by a model of choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from foresail.forecast.align import Block, days_of, hours_of
from foresail.forecast.arrays import Floats
from foresail.forecast.calendar_types import Calendar
from foresail.forecast.engine import Combined
from foresail.forecast.gates import load
from foresail.forecast.models.base import is_quantile_model, make
from foresail.forecast.models.calibration import Rolled, conformal, roll
from foresail.forecast.predict import (
    Outcome,
    _as_bounds,
    _inside_hours,
    _over_hours,
    _with_effects,
    predict,
)
from foresail.forecast.window import DAY_HOURS, HOUR


@dataclass(frozen=True)
class Modelled(Outcome):
    """An outcome in which one model's paths stand for the mixture's.

    Parameters
    ----------
    names
        By row: the model, and why another one stands in for it.
    """

    names: tuple[str, ...]


def predict_with(
    name: str, block: Block, steps: int, levels: Sequence[float], calendar: Calendar
) -> Outcome:
    """Forecast every series of a block with the model of that name.

    The calendar's effects, censored hours and the shape inside the hours are handled as for the
    mixture; only the hourly path and its errors are the model's.

    Parameters
    ----------
    steps
        Periods ahead.
    levels
        Rising, in (0, 1).
    """
    outcome = predict(block, steps, levels, calendar, load())
    if name == "mixture":
        return outcome
    days = outcome.combined.path.shape[1] // DAY_HOURS
    rolled = roll(make(name), outcome.window, days)
    combined = _bounded(block, outcome, rolled)
    found = _with_effects(
        _at_period(block, outcome, combined, rolled, levels), levels, outcome.effects
    )
    parts = {part.name: getattr(outcome, part.name) for part in fields(outcome)}
    parts |= {"combined": combined, "quantiles": found * outcome.unit[:, None, None]}
    return Modelled(**parts, names=_names(name, rolled, len(block.names)))


def with_names(details: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """Say in the details which model made each series, where one was chosen."""
    return details.assign(model=outcome.names) if isinstance(outcome, Modelled) else details


def _names(name: str, rolled: Rolled, rows: int) -> tuple[str, ...]:
    why = rolled.fallbacks
    return tuple(
        f"seasonal-naive-day ({name}: {why[row]})" if row in why else name for row in range(rows)
    )


def _bounded(block: Block, outcome: Outcome, rolled: Rolled) -> Combined:
    """Replace the mixture's paths; what came below a bound, or was never predicted, is unknown."""
    came = np.where(np.isfinite(rolled.made), outcome.combined.came, np.nan)
    combined = replace(outcome.combined, path=rolled.path, made=rolled.made, came=came)
    share = hours_of(block.hidden.astype(np.float64), block.clock, _days(block))
    return _as_bounds(combined, np.nan_to_num(share) > 0)


def _at_period(
    block: Block, outcome: Outcome, combined: Combined, rolled: Rolled, levels: Sequence[float]
) -> Floats:
    """Quantiles at the block's own period, in the engine's unit; shape (rows, steps, levels)."""
    clock, inside = block.clock, HOUR / block.clock.period
    if inside > 1 and inside == int(inside):
        values = block.values / outcome.unit[:, None]
        if outcome.effects is not None:
            values = values / outcome.effects.past_factor
        evidence = _inside_hours(replace(block, values=values), combined, _days(block), int(inside))
        found = conformal(evidence, levels)
        return found[:, np.clip(clock.places(outcome.times, clock.period), 0, found.shape[1] - 1)]
    if is_quantile_model(rolled.model):
        hourly = rolled.model.predict_quantiles(combined.path.shape[1] // DAY_HOURS, levels)
    else:
        hourly = conformal(combined.evidence(outcome.window), levels)
    return _over_hours(hourly, clock, outcome.times)


def _days(block: Block) -> int:
    return days_of(block.values.shape[1], block.clock.period)
