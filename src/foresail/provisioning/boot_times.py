"""The distribution of boot times: quantiles with a count and a bootstrap interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foresail.errors import InputError
from foresail.provisioning.launches import Launch

DRAWS = 2000
SEED = 20261124
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class BootTimes:
    """Times from request to service, in seconds, and how many launches gave none.

    Parameters
    ----------
    seconds
        Of each launch that succeeded, in rising order.
    failed
        Launches that did not come to service: they count nowhere else.
    """

    seconds: tuple[float, ...]
    failed: int = 0

    @property
    def count(self) -> int:
        """Launches that the quantiles rest on."""
        return len(self.seconds)

    def quantile(self, level: float) -> timedelta:
        """Read a quantile: the shortest time within which that share of launches was done.

        No interpolation between launches: a slow one of ten is not averaged away.

        Raises
        ------
        InputError
            When no launch is known, or `level` is no share.
        """
        self._check(level)
        return timedelta(seconds=float(_quantile(np.array(self.seconds), level)))

    def interval(self, level: float) -> tuple[timedelta, timedelta]:
        """Bound a quantile with 95 % confidence, by the percentile bootstrap.

        Efron, 1979: launches are drawn again with replacement, seeded, so that the same launches
        give the same bounds. With few launches an upper quantile's bound is the slowest one seen.
        """
        self._check(level)
        values = np.array(self.seconds)
        picks = np.random.default_rng(SEED).integers(0, len(values), (DRAWS, len(values)))
        drawn = _quantile(values[picks], level)
        low, high = np.quantile(drawn, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
        return timedelta(seconds=float(low)), timedelta(seconds=float(high))

    def to_json(self, levels: Iterable[float] = (0.5, 0.95)) -> dict[str, Any]:
        """Plain values: count, failed, and for each level its quantile and bounds in seconds."""
        told = {f"p{level * 100:g}": self._level(level) for level in levels if self.count}
        return {"count": self.count, "failed": self.failed, **told}

    def _level(self, level: float) -> dict[str, float]:
        low, high = self.interval(level)
        return {
            "seconds": self.quantile(level).total_seconds(),
            "low": low.total_seconds(),
            "high": high.total_seconds(),
        }

    def _check(self, level: float) -> None:
        if not 0 < level < 1:
            raise InputError(f"quantile {level:g} is not between 0 and 1", cure="give 0.95")
        if not self.seconds:
            raise InputError("no launch is known", cure="measure when some have happened")


def boot_times(launches: Iterable[Launch]) -> BootTimes:
    """Gather the boot times of launches; those that failed, or never ended, are only counted."""
    took = [launch.took for launch in launches]
    seconds = sorted(time.total_seconds() for time in took if time is not None)
    return BootTimes(tuple(seconds), failed=len(took) - len(seconds))


def _quantile(values: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    return np.asarray(np.quantile(values, level, axis=-1, method="inverted_cdf"))
