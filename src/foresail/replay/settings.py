"""What a simulated fleet is and which rules act on it; any value is one for all, or per scenario.

Times are in steps of the simulation; `steps_of` turns durations into them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foresail.errors import InputError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

OUT_AFTER = timedelta(minutes=3)  # high alarm of target tracking: 3 periods of a minute
IN_AFTER = timedelta(minutes=15)  # its low alarm: 15 of them
IN_BAND = 0.9  # ... below this share of the target


class Saturation(StrEnum):
    """What becomes of demand beyond all capacity."""

    LOST = "lost"
    QUEUED = "queued"
    RETRIED = "retried"


class Adjustment(StrEnum):
    """How a step of a step policy changes capacity; AWS's adjustment types."""

    CHANGE = "ChangeInCapacity"
    PERCENT = "PercentChangeInCapacity"
    EXACT = "ExactCapacity"


@dataclass(frozen=True, slots=True)
class StepPolicy:
    """A step scaling policy on utilisation, and the alarm that drives it.

    Parameters
    ----------
    threshold
        Utilisation of the alarm, in [0, 1].
    above
        Whether the alarm is on above the threshold (scale out) or below it (scale in).
    after
        Steps that the metric must be beyond the threshold.
    bounds
        Distances from the threshold at which each step adjustment begins; the first is 0, rising.
    amounts
        Adjustment of each: units, percent or capacity; negative to scale in.
    kind
        Type of the adjustment.
    """

    threshold: float
    above: bool
    after: int
    bounds: tuple[float, ...]
    amounts: tuple[float, ...]
    kind: Adjustment = Adjustment.CHANGE

    def __post_init__(self) -> None:
        rising = all(b > a for a, b in zip(self.bounds, self.bounds[1:], strict=False))
        if not self.bounds or len(self.bounds) != len(self.amounts) or not rising:
            raise InputError(
                f"step policy with bounds {self.bounds} and amounts {self.amounts}",
                cure="give rising bounds from 0 and one amount for each",
            )

    def adjusted(self, units: Floats, amount: Floats) -> Floats:
        """Apply an adjustment; percentages are rounded away from zero, as AWS does below 1."""
        if self.kind is Adjustment.EXACT:
            return amount
        if self.kind is Adjustment.CHANGE:
            return units + amount
        change = units * amount / 100
        whole: Floats = np.where(np.abs(change) < 1, np.sign(change), np.trunc(change))
        return units + whole


@dataclass(frozen=True, slots=True)
class Fleet:
    """Units behind a group, and its dynamic scaling.

    Parameters
    ----------
    boot
        Steps from launch to in service; at least 1, since a launch is seen in service a step later.
    warmup
        Steps in service during which a unit is left out of the metric and nothing scales in.
    minimum, maximum
        Bounds of the group; maximum also stands for the account's quota.
    target
        Utilisation in (0, 1] that target tracking keeps; NaN for none. May differ by step: shape
        (steps, scenarios).
    scale_in
        False where DisableScaleIn is set.
    follow
        Desired capacity also falls with the floor: scheduled actions that set DesiredCapacity, for
        groups without a dynamic policy. Otherwise only a policy scales in.
    out_after, in_after
        Steps that target tracking's alarms need. More than AWS's 15 minutes for the low alarm is
        target tracking with DisableScaleIn, and a step policy that scales in. May differ by step.
    cooldown
        Least steps between two scale-ins (Application Auto Scaling's ScaleInCooldown).
    pool, pool_boot
        Units of a warm pool, and steps from there to in service. A unit taken is replaced after a
        full boot. Stopped units of a pool cost no unit-hours here.
    steps
        Step policies of every scenario, besides target tracking.
    saturation
        What becomes of demand beyond all capacity: lost; queued (served as soon as there is
        room); retried (a share comes back, spread over the next steps).
    retry_share, retry_over
        Share of unserved demand that comes back, and mean steps until it does.
    """

    boot: int = 2
    warmup: int = 0
    minimum: ArrayLike = 1.0
    maximum: ArrayLike = np.inf
    target: ArrayLike = np.nan
    scale_in: ArrayLike = True
    follow: ArrayLike = False
    out_after: int = 1
    in_after: ArrayLike = 3
    cooldown: int = 0
    pool: ArrayLike = 0.0
    pool_boot: int = 1
    steps: tuple[StepPolicy, ...] = ()
    saturation: Saturation = Saturation.LOST
    retry_share: float = 0.8
    retry_over: int = 2


def steps_of(duration: timedelta, period: timedelta) -> int:
    """Whole steps that cover a duration, at least 1.

    At steps of 5 minutes the high alarm's 3 minutes are one step, the low alarm's 15 three, a boot
    of 10 minutes two: what takes a part of a step takes all of it.
    """
    return max(1, -(-duration // period))
