"""What a tier's scored windows teach: levels at which its quantiles cover what they say.

The levels are followed by `foresail.forecast.adaptive`, one step for each window. They are used
only while that pays: re-mapped forecasts must have had at least one per cent less pinball loss than
those of the forecaster itself, over the last 28 windows. And only where plans are renewed about as
often as windows end: what was learned of the last hours made forecasts a day ahead worse
(docs/benchmarks/scoring.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.forecast.adaptive import Adaptive, learn, remap
from foresail.forecast.losses import pinball
from foresail.plan.capacity import quantile_columns
from foresail.score.windows import Window

FORMAT = 1
LEVELS = (0.1, 0.5, 0.9, 0.95)  # every forecast of a plan has them
EVIDENCE, LEAST_EVIDENCE = 28, 8  # windows
GAIN = 0.99  # largest ratio of the losses at which re-mapping is used
MOST_AHEAD = 1.5  # lengths of a window that a plan in force may be old
RAW = "raw_"
COLUMNS = tuple(f"q{level:g}" for level in LEVELS)


@dataclass(frozen=True, slots=True)
class Learned:
    """What the scored windows of a tier have taught so far.

    Parameters
    ----------
    state
        Levels by signal.
    losses
        Of each of the last windows: pinball loss as the forecaster said, and re-mapped by what was
        known before the window.
    until
        End of the last window that was learned from (UTC).
    """

    state: Adaptive
    losses: tuple[tuple[float, float], ...] = ()
    until: datetime | None = None

    @classmethod
    def start(cls) -> Self:
        """Know nothing yet."""
        return cls(Adaptive.start([], LEVELS))

    @property
    def ratio(self) -> float:
        """Pinball loss re-mapped over that without, over the last windows; 1 without any."""
        plain = sum(one for one, _ in self.losses)
        return sum(one for _, one in self.losses) / plain if plain > 0 else 1.0

    @property
    def pays(self) -> bool:
        """Whether re-mapping has made forecasts better of late."""
        return len(self.losses) >= LEAST_EVIDENCE and self.ratio <= GAIN

    def taught(self, held: pd.DataFrame, actual: pd.DataFrame, window: Window) -> Self:
        """Learn from a window.

        Parameters
        ----------
        held
            signal, timestamp, made, q0.1 ... (and raw_q0.1 ... where they were re-mapped): the
            forecast in force in each period.
        actual
            series (the signal), timestamp, value: demand that is known and not censored.
        window
            Windows are to be taught in order; one that was taught is not taught again.
        """
        if self.until is not None and window.start < self.until:
            return self
        if _stale(held, window):
            return replace(self, losses=(), until=window.end)
        said = raw(held)
        names = [str(name) for name in said["series"].unique()]
        state = self.state.of(
            [*self.state.series, *(n for n in names if n not in self.state.series)]
        )
        both = said.merge(actual[["series", "timestamp", "value"]], on=["series", "timestamp"])
        if both.empty:
            return self
        losses = (*self.losses, (_loss(both), _loss(remap(both, state))))[-EVIDENCE:]
        return replace(self, state=learn(state, said, actual), losses=losses, until=window.end)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "format": FORMAT,
            "state": json.loads(self.state.to_json()),
            "losses": [list(one) for one in self.losses],
            "until": None if self.until is None else self.until.isoformat(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises
        ------
        InputError
            When it is no such record; says why.
        """
        try:
            if data["format"] != FORMAT:
                raise ValueError(f"format {data['format']!r}, not {FORMAT}")
            state = Adaptive.from_json(json.dumps(data["state"]))
            losses = tuple((float(a), float(b)) for a, b in data["losses"])
            until = data["until"]
            at = None if until is None else datetime.fromisoformat(until).astimezone(UTC)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"no record of learned levels: {error!r}") from error
        if state.nominal != LEVELS or not np.isfinite(np.array(losses)).all():
            raise InputError("no record of learned levels: other quantiles, or no finite losses")
        return cls(state, losses, at)


def _stale(held: pd.DataFrame, window: Window) -> bool:
    """Whether plans were older in some period than they are where each window has a new one."""
    ahead = held["timestamp"] - pd.to_datetime(held["made"], utc=True)
    return bool((ahead > pd.Timedelta(MOST_AHEAD * (window.end - window.start))).any())


def raw(held: pd.DataFrame) -> pd.DataFrame:
    """Give what the forecaster itself said: series, timestamp, q0.1 ..., before re-mapping."""
    said = held[["signal", "timestamp"]].rename(columns={"signal": "series"})
    kept = {name: held.get(f"{RAW}{name}", held[name]) for name in COLUMNS}
    return said.assign(**{name: one.fillna(held[name]) for name, one in kept.items()})


def with_raw(forecast: pd.DataFrame, mapped: pd.DataFrame) -> pd.DataFrame:
    """Keep beside re-mapped quantiles what the forecaster said."""
    return mapped.assign(**{f"{RAW}{name}": forecast[name] for name in COLUMNS})


def told(learned: Learned, signals: Sequence[str]) -> str:
    """Say what re-mapping does to a tier's forecasts."""
    state = learned.state.of(signals)
    asked = ", ".join(
        f"q{level:g} asks for q{found:.3g}"
        for level, found in zip(LEVELS, state.levels()[0], strict=True)
        if level >= 0.5
    )
    return (
        f"quantiles are re-mapped by what was learned from {len(learned.losses)} windows "
        f"({asked}): {1 - learned.ratio:.0%} less pinball loss than without"
    )


def _loss(frame: pd.DataFrame) -> float:
    came = frame["value"].to_numpy(dtype=np.float64)
    columns = quantile_columns(frame)
    return float(
        sum(
            pinball(came, frame[columns[level]].to_numpy(dtype=np.float64), level).sum()
            for level in LEVELS
        )
    )
