"""What has changed since plans were set up: forecasts, unit capacity, boot times, ratios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np

from foresail.coordination.ratio import Ratios
from foresail.demand.load_fit import Estimate
from foresail.provisioning.boot_times import BootTimes
from foresail.provisioning.lead import ENOUGH, spoken
from foresail.score.score import Score

Kind = Literal["residuals", "unit-capacity", "boot-time", "ratio"]
ALLOWED = 0.5  # mean normal score of a window that is no news
THRESHOLD = 4.0
UNIT_CAPACITY = 0.15  # share by which the configured value may miss the interval's middle
SEVERE_CAPACITY = 0.25  # units serve that much less than planned for
BOOT_QUANTILE = 0.95
SEVERE_BOOT = 1.5  # times the lead time
RATIO, SEVERE_RATIO = 0.25, 0.5
EXPLAINED = 0.8  # share of the variance that a ratio of the last days must explain to be believed


@dataclass(frozen=True, slots=True)
class Drift:
    """Something of a tier that is no longer what its plans take it to be.

    Parameters
    ----------
    kind
        What has changed.
    tier
        ``service/tier``.
    since
        When it began, as far as that can be told (UTC).
    expected, measured
        What plans take it to be, and what was seen: of residuals, the mean normal score of demand
        within its forecast; of the others, the value in its own unit (boot times in seconds).
    severe
        Whether plans made on it would leave capacity short.
    reason
        In words, with the cure.
    """

    kind: Kind
    tier: str
    since: datetime
    expected: float
    measured: float
    severe: bool
    reason: str

    @property
    def name(self) -> str:
        """Tell one drift from another: ``service/tier: kind``."""
        return f"{self.tier}: {self.kind}"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "since": self.since.isoformat()}


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of the mean that was found at the last value: where it began, and its mean."""

    start: int
    mean: float


def page_hinkley(
    values: Sequence[float], *, allowed: float = ALLOWED, threshold: float = THRESHOLD
) -> Shift | None:
    """Tell whether the mean of a sequence has just left zero, to either side.

    The cumulative sum of what lies beyond `allowed` is compared with its lowest value so far
    (Page, Biometrika 1954; in this two-sided form Page-Hinkley's test). After each find it begins
    anew, so that what is found is found once, and what lasts is found again and again.

    Parameters
    ----------
    values
        In order; here mean normal scores of windows.
    allowed
        Drift of the mean that is not looked for.
    threshold
        How far the sum must rise.

    Returns
    -------
    Shift or None
        Of the last value; None when the test is not beyond its threshold there.
    """
    found = [_one_sided(values, sign, allowed, threshold) for sign in (1.0, -1.0)]
    return next((one for one in found if one is not None), None)


def _one_sided(
    values: Sequence[float], sign: float, allowed: float, threshold: float
) -> Shift | None:
    total, start, found = 0.0, 0, None
    for at, value in enumerate(values):
        total, found = total + sign * value - allowed, None
        if total <= 0:
            total, start = 0.0, at + 1
        elif total > threshold:
            found = Shift(start, float(np.mean(values[start : at + 1])))
            total, start = 0.0, at + 1
    return found


def forecast_drift(scores: Sequence[Score]) -> Drift | None:
    """Tell whether demand has left its forecasts, window after window, up to the last one.

    Parameters
    ----------
    scores
        Of one tier, in the order of time.
    """
    known = [(score, score.bias) for score in scores if score.bias is not None]
    shift = page_hinkley([bias for _, bias in known])
    if shift is None or known[-1][0] is not scores[-1]:
        return None
    first, last = known[shift.start][0], scores[-1]
    side = "above" if shift.mean > 0 else "below"
    return Drift(
        "residuals",
        f"{last.service}/{last.tier}",
        first.window.start,
        0.0,
        shift.mean,
        severe=shift.mean > 0,
        reason=(
            f"demand has been {side} its forecasts for {len(known) - shift.start} windows "
            f"(mean normal score {shift.mean:+.1f}, 0 is right)"
        ),
    )


def capacity_drift(
    tier: str, configured: float, measured: Estimate, since: datetime
) -> Drift | None:
    """Hold what one unit serves, as measured lately, against what plans take it to serve."""
    size = measured.value / configured
    if measured.low <= configured <= measured.high or abs(size - 1) <= UNIT_CAPACITY:
        return None
    return Drift(
        "unit-capacity",
        tier,
        since,
        configured,
        measured.value,
        severe=size < 1 - SEVERE_CAPACITY,
        reason=(
            f"a unit serves {measured.value:.4g} (95 %: {measured.low:.4g} to {measured.high:.4g})"
            f", plans take {configured:.4g}: set unit_capacity anew (foresail unit-capacity)"
        ),
    )


def boot_drift(tier: str, lead: timedelta, boots: BootTimes, since: datetime) -> Drift | None:
    """Hold measured boot times against the lead time that plans take."""
    if boots.count < ENOUGH:
        return None
    low, _ = boots.interval(BOOT_QUANTILE)
    took = boots.quantile(BOOT_QUANTILE)
    if low <= lead:
        return None
    return Drift(
        "boot-time",
        tier,
        since,
        lead.total_seconds(),
        took.total_seconds(),
        severe=took >= SEVERE_BOOT * lead,
        reason=(
            f"launches take {spoken(took)} (p95 of {boots.count}; at least {spoken(low)}), plans "
            f"ask {spoken(lead)} ahead: raise lead_time, or write lead_time: measured"
        ),
    )


def ratio_drift(
    tier: str, used: Mapping[str, float], recent: Ratios | None, since: datetime
) -> Drift | None:
    """Hold the ratios of the last days against those that plans take.

    Parameters
    ----------
    tier
        The tier that others call.
    used
        Busy units of the tier per busy unit of each tier above it, as plans take them.
    recent
        Measured on the last days.
    """
    if recent is None or recent.explained < EXPLAINED:
        return None
    over = {name: recent.values[name] / used[name] for name in used if used[name] > 0}
    if not over:
        return None
    name, size = max(over.items(), key=lambda one: abs(np.log(max(one[1], 1e-9))))
    if abs(size - 1) <= RATIO:
        return None
    return Drift(
        "ratio",
        tier,
        since,
        used[name],
        recent.values[name],
        severe=size > 1 + SEVERE_RATIO,
        reason=(
            f"each busy unit of {name} now keeps {recent.values[name]:.3g} units busy here, plans "
            f"take {used[name]:.3g}"
        ),
    )
