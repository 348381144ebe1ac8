"""Forecast the demand of many tiers in as few calls as can be: one is far faster than many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.history.frame import infer_period
from foresail.pipeline.tiers import Tier
from foresail.tracing import span

if TYPE_CHECKING:
    from foresail.forecast.api import Forecast


@dataclass(frozen=True, slots=True)
class Asked:
    """A tier's demand, and the forecast that is asked of it.

    Parameters
    ----------
    demand
        As `Pulled.demand` has it; all its series begin with the tier's name.
    at
        Origin (aware): only periods that had ended by then are known.
    """

    tier: Tier
    demand: pd.DataFrame
    horizon: timedelta
    levels: tuple[float, ...]
    at: datetime

    def alike(self) -> Hashable:
        """Tell what must be the same for two to be forecast in one call.

        The period is that of the demand: one tier's must not be taken for another's.
        """
        period = infer_period(self.demand)
        return period, self.horizon, self.levels, self.tier.service.calendar, self.at


@span("foresail.forecast")
def forecast_each(asked: Sequence[Asked]) -> list[Forecast | Exception]:
    """Forecast as `forecast_one` does, or say why not; one that fails does not stop the others."""
    found: dict[int, Forecast | Exception] = {}
    alike: dict[Hashable, list[int]] = defaultdict(list)
    for number, one in enumerate(asked):
        try:
            alike[one.alike()].append(number)
        except InputError as error:
            found[number] = error
    for numbers in alike.values():
        made = _together([asked[number] for number in numbers])
        found |= dict(zip(numbers, made, strict=True))
    return [found[number] for number in range(len(asked))]


def forecast_one(asked: Asked) -> Forecast:
    """Forecast the demand of one tier.

    Raises
    ------
    InputError
        As `forecast_series`; or the forecast is no number.
    """
    made = _forecast([asked])
    _refuse_nan(asked, made)
    return made


def _together(asked: Sequence[Asked]) -> list[Forecast | Exception]:
    """Forecast in one call; where that fails, halves find whose fault it is."""
    if len(asked) == 1:
        try:
            return [forecast_one(asked[0])]
        except Exception as error:  # noqa: BLE001 - told as this tier's; the others go on
            return [error]
    try:
        made = _forecast(asked)
    except Exception:  # noqa: BLE001 - raised again for the one whose it is
        half = len(asked) // 2
        return [*_together(asked[:half]), *_together(asked[half:])]
    parts = _parts(asked, made)
    return [part or _together([one])[0] for one, part in zip(asked, parts, strict=True)]


def _forecast(asked: Sequence[Asked]) -> Forecast:
    from foresail.forecast.api import forecast_series

    first = asked[0]
    zones = {
        str(name): one.tier.timezone for one in asked for name in one.demand["series"].unique()
    }
    demands = [one.demand for one in asked]
    return forecast_series(
        demands[0] if len(demands) == 1 else pd.concat(demands, ignore_index=True),
        horizon=first.horizon,
        quantiles=first.levels,
        timezone=zones,
        calendar=first.tier.service.calendar or None,
        at=first.at,
    )


def _parts(asked: Sequence[Asked], made: Forecast) -> list[Forecast | None]:
    """Each tier's part of a forecast; None where it has none, or is no number."""
    frame, details, learned = (_Rows(one) for one in (made.frame, made.details, made.learned))
    found: list[Forecast | None] = []
    for one in asked:
        names = one.demand["series"].unique()
        part = replace(
            made, frame=frame.of(names), details=details.of(names), learned=learned.of(names)
        )
        found.append(part if len(part.frame) and not _is_nan(part) else None)
    return found


class _Rows:
    """Rows of a frame by series, found once for all."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        indices = frame.groupby("series", sort=False).indices
        self.at = {str(name): np.asarray(rows) for name, rows in indices.items()}

    def of(self, names: Iterable[str]) -> pd.DataFrame:
        """Rows of some series, in the order of the frame."""
        rows = [self.at[name] for name in names if name in self.at]
        kept = np.sort(np.concatenate(rows)) if rows else np.array([], dtype="int64")
        return self.frame.take(kept).reset_index(drop=True)


def _is_nan(made: Forecast) -> bool:
    values = made.frame.filter(regex=r"^q").to_numpy(dtype="float64")
    return not bool(np.isfinite(values).all())


def _refuse_nan(asked: Asked, made: Forecast) -> None:
    if _is_nan(made):
        raise InputError(
            f"{asked.tier.name}: its forecast is not a number everywhere: nothing can be planned",
            cure="look at its demand: foresail signals; what stands on AWS stays as it is",
        )
