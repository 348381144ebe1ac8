"""What one unit serves, estimated from a fleet at work; with an interval, and doubts in words."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foresail.demand.latency_fit import LatencyFit, fit_latency
from foresail.demand.load_fit import Estimate, LoadFit, fit_loads
from foresail.demand.loads import Array, Loads, read_loads
from foresail.demand.regimes import Break, find_break
from foresail.errors import InputError

FEW_LOADS = 0.2  # loads must spread over this share of the highest
FEW_LEVELS = 4  # a line through fewer cannot be told from a curve
FEW_PERIODS = 48
FEW_DAYS = 5
BEND = 0.02  # change of the value at the SLO for which a curve is worth its freedom


@dataclass(frozen=True, slots=True)
class Verdict:
    """A doubt in words; `blocks` when it leaves no number to plan with."""

    name: str
    text: str
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class UnitCapacity:
    """What one unit serves, per second.

    Parameters
    ----------
    unit_capacity
        What to write into foresail.yaml: `at_slo` / `slo`, so that a plan whose units run at the
        SLO's utilisation puts `at_slo` on each. It is `at_full` where an idle unit is idle, and
        less where a unit is busy without work. None where the data cannot tell.
    at_full, at_slo
        Demand per unit at 100 % utilisation, and where the first SLO is met: utilisation or, where
        it is lower, latency.
    at_latency
        Demand per unit at which the quantile of latency crosses its SLO.
    idle
        Utilisation of a unit without work.
    slo, latency_slo, latency_quantile
        As asked.
    highest
        Highest demand per unit that was seen without saturation (99th percentile).
    fit, latency_fit
        The fits, to draw or to look at.
    loads, used
        All periods with units in service, and which the fit rests on.
    saturated
        How many periods were saturated.
    regime
        The break in time after which periods are used, if there is one.
    verdicts
        What the data cannot tell, or what was done about it.
    reasons
        What each number rests on.
    """

    unit_capacity: Estimate | None
    at_full: Estimate | None
    at_slo: Estimate | None
    at_latency: Estimate | None
    idle: float | None
    slo: float
    latency_slo: float | None
    latency_quantile: float
    highest: float
    fit: LoadFit | None
    latency_fit: LatencyFit | None
    loads: Loads
    used: NDArray[np.bool_]
    saturated: int
    regime: Break | None
    verdicts: tuple[Verdict, ...]
    reasons: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Whether there is a number to plan with."""
        return self.unit_capacity is not None

    @property
    def days(self) -> int:
        """Days (UTC) that the estimate rests on."""
        part = self.loads.part(self.used)
        return int(part.days.max()) + 1 if len(part) else 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON takes them; an endless limit is None."""
        names = ("unit_capacity", "at_full", "at_slo", "at_latency")
        fit, regime = self.fit, self.regime
        return {
            **{name: _plain(getattr(self, name)) for name in names},
            "usable": self.usable,
            "idle": self.idle,
            "slo": self.slo,
            "latency_slo": self.latency_slo,
            "latency_quantile": self.latency_quantile,
            "shape": None if fit is None else "curve" if fit.curved else "line",
            "explained": None if fit is None else fit.explained,
            "spread": None if fit is None else fit.spread,
            "days": self.days,
            "periods": len(self.loads),
            "used": int(self.used.sum()),
            "saturated": self.saturated,
            "highest_load": self.highest if math.isfinite(self.highest) else None,
            "changed_at": None if regime is None else regime.at.isoformat(),
            "verdicts": [asdict(verdict) for verdict in self.verdicts],
            "reasons": list(self.reasons),
        }


def estimate_unit_capacity(
    observations: pd.DataFrame,
    slo: float = 0.7,
    latency_slo: float | None = None,
    *,
    latency_quantile: float = 0.95,
    name: str = "observations",
) -> UnitCapacity:
    """Estimate what one unit serves from a fleet at work.

    Parameters
    ----------
    observations
        timestamp (tz-aware), demand (work per second over the fleet), units (in service),
        utilization (a share of one) and/or latency (seconds); a row for each period, any order.
    slo
        Utilisation that a unit should not exceed.
    latency_slo
        Latency that its quantile over periods should not exceed, in seconds.
    latency_quantile
        Which quantile.
    name
        What to call the observations in errors.

    Returns
    -------
    UnitCapacity
        Deterministic: the same observations give the same numbers, in any order of rows.

    Raises
    ------
    InputError
        When the observations or SLOs cannot be used at all.
    """
    _check_slos(observations, slo, latency_slo, latency_quantile)
    loads = read_loads(observations, name)
    blocked = _blocked(loads)
    if blocked is not None:
        return _nothing(loads, slo, latency_slo, latency_quantile, blocked)
    regime = find_break(loads, slo) if loads.utilization is not None else None
    used = np.ones(len(loads), dtype=bool) if regime is None else loads.times >= regime.at
    newer = loads.part(used)
    clear = newer.load[~newer.saturated]
    highest = float(np.quantile(clear if len(clear) else newer.load, 0.99))
    verdicts = _said(loads, regime, newer, slo)
    fit, bent = _shape(newer, slo)
    verdicts += bent
    full, at_slo, told = _by_utilization(fit, newer, slo, highest)
    verdicts += told
    latency = None
    if latency_slo is not None:
        latency = fit_latency(newer, latency_slo, latency_quantile)
        verdicts += _latency_verdicts(latency, newer, latency_slo, latency_quantile)
    crossing = None if latency is None else latency.crossing
    always = latency is not None and crossing is None and not latency.below
    if crossing is not None:  # latency tells, where utilisation does not follow the load
        verdicts = [replace(v, blocks=v.blocks and v.name != "no_slope") for v in verdicts]
    stopped = always or any(verdict.blocks for verdict in verdicts)
    limits = [found for found in (at_slo, crossing) if found is not None]
    bound = None if stopped or not limits else min(limits, key=lambda found: found.value)
    capacity = None if bound is None else _over(bound, slo)
    idle = None if fit is None or at_slo is None else max(float(fit.coefficients[0]), 0.0)
    made = UnitCapacity(
        unit_capacity=capacity,
        at_full=full,
        at_slo=bound,
        at_latency=crossing,
        idle=idle,
        slo=slo,
        latency_slo=latency_slo,
        latency_quantile=latency_quantile,
        highest=highest,
        fit=fit,
        latency_fit=latency,
        loads=loads,
        used=used & ~loads.saturated if loads.utilization is not None else used,
        saturated=int(newer.saturated.sum()),
        regime=regime,
        verdicts=tuple(verdicts),
        reasons=(),
    )
    return _explained(made)


def _check_slos(
    observations: pd.DataFrame, slo: float, latency_slo: float | None, quantile: float
) -> None:
    if not 0 < slo <= 1:
        raise InputError(f"slo {slo!r} is no share of one", cure="write 0.7 for 70 %")
    if not 0 < quantile < 1:
        raise InputError(f"latency quantile {quantile!r} is not in (0, 1)", cure="write 0.95")
    if latency_slo is None:
        if "utilization" not in observations and "latency" in observations:
            raise InputError(
                "there is latency but no utilization, and no latency SLO to hold it against",
                cure="say what is slow: latency_slo=0.2 (--latency-slo 200ms)",
            )
        return
    if not 0 < latency_slo < math.inf:
        raise InputError(f"latency SLO {latency_slo!r} is no time", cure="write seconds: 0.2")
    if "latency" not in observations:
        raise InputError(
            "a latency SLO is given, but there is no column latency",
            cure="add the column, in seconds, or leave the latency SLO out",
        )


def _blocked(loads: Loads) -> Verdict | None:
    """Tell when there is nothing to fit at all."""
    if not len(loads):
        text = "units in service are zero or unknown in every period: demand per unit is not known"
        return Verdict("units_unknown", text, blocks=True)
    if len(loads) < FEW_PERIODS:
        text = f"{len(loads)} periods have units in service; at least {FEW_PERIODS} are needed"
        return Verdict("few_periods", text, blocks=True)
    if loads.saturated.sum() > len(loads) - FEW_PERIODS:
        text = (
            f"utilisation was at the top in {loads.saturated.sum()} of {len(loads)} periods: a "
            "unit served no less than it did then, but how much it could is hidden"
        )
        return Verdict("saturated", text, blocks=True)
    clear = loads.load[~loads.saturated]
    low, high = np.quantile(clear, [0.02, 0.98])
    if high <= 0 or (high - low) / high < FEW_LOADS or _levels(clear / high) < FEW_LEVELS:
        text = (
            f"demand per unit stayed between {_number(low)} and {_number(high)}: too few distinct "
            "loads to tell work from idle load; look at a time when units did not follow demand"
        )
        return Verdict("few_loads", text, blocks=True)
    return None


def _levels(shares: Array) -> int:
    """Count the distinct loads, to 2 % of the highest, that were seen more than once."""
    return int((np.unique(np.round(shares * 50), return_counts=True)[1] > 1).sum())


def _nothing(
    loads: Loads, slo: float, latency_slo: float | None, quantile: float, verdict: Verdict
) -> UnitCapacity:
    return UnitCapacity(
        unit_capacity=None,
        at_full=None,
        at_slo=None,
        at_latency=None,
        idle=None,
        slo=slo,
        latency_slo=latency_slo,
        latency_quantile=quantile,
        highest=float(np.quantile(loads.load, 0.99)) if len(loads) else math.nan,
        fit=None,
        latency_fit=None,
        loads=loads,
        used=~loads.saturated,
        saturated=int(loads.saturated.sum()),
        regime=None,
        verdicts=(verdict,),
        reasons=(f"no estimate: {verdict.text}",),
    )


def _said(loads: Loads, regime: Break | None, newer: Loads, slo: float) -> list[Verdict]:
    """Tell what was left out, and how few days there are."""
    said = []
    if regime is not None:
        text = (
            f"what a unit serves changed about {regime.at:%Y-%m-%d %H:%M} UTC: at {slo:.0%} from "
            f"{_number(regime.before)} to {_number(regime.after)}; the estimate is from the time "
            "since, as after a deploy"
        )
        said.append(Verdict("two_regimes", text))
    top = int(newer.saturated.sum())
    if top:
        text = (
            f"{top} of {len(newer)} periods were saturated: utilisation there hides demand, so "
            "that they are left out of the fit"
        )
        said.append(Verdict("saturated", text))
    if loads.idle:
        text = f"{loads.idle} periods had no units in service, or unknown; they are left out"
        said.append(Verdict("units_unknown", text))
    days = int(newer.days.max()) + 1
    if days < FEW_DAYS:
        said.append(Verdict("few_days", f"{days} days are few: the interval is wide for it"))
    return said


def _shape(loads: Loads, slo: float) -> tuple[LoadFit | None, list[Verdict]]:
    """Line or, where the data bend beyond doubt and it matters, curve."""
    if loads.utilization is None:
        return None, []
    line = fit_loads(loads)
    straight = line.load_at(slo)
    if line.coefficients[1] <= line.error(1) or straight is None:
        return line, []
    curve = fit_loads(loads, curved=True)
    bend = float(curve.coefficients[2])
    if abs(bend) <= 1.3 * curve.error(2):  # 1.3 x 95 % is 99 %
        return line, []
    curved = curve.load_at(slo)
    if bend < 0 and (curved is None or curved.value > float(loads.load.max())):
        text = "utilisation bends down with load, so that the line that is used may say too little"
        return line, [Verdict("bends_down", text)]
    if curved is None or not _differ(line, curve, slo):
        return line, []
    way = "up" if bend > 0 else "down"
    text = (
        f"utilisation bends {way} with load: the value at {slo:.0%} is read from the curve "
        f"({_number(curved.value)}), the line would have said {_number(straight.value)}"
    )
    return curve, [Verdict(f"bends_{way}", text)]


def _differ(line: LoadFit, curve: LoadFit, slo: float) -> bool:
    """Whether line and curve say different things, at the SLO or at the top."""
    pairs = [(line.load_at(level), curve.load_at(level)) for level in (slo, 1.0)]
    return any(
        one is not None and other is not None and abs(math.log(one.value / other.value)) > BEND
        for one, other in pairs
    )


def _by_utilization(
    fit: LoadFit | None, loads: Loads, slo: float, highest: float
) -> tuple[Estimate | None, Estimate | None, list[Verdict]]:
    """Read what a unit serves at 100 % and at the SLO, and whether that was ever seen."""
    if fit is None or loads.utilization is None:
        return None, None, []
    rise = float(fit.coefficients[1] + 2 * sum(fit.coefficients[2:]))
    if fit.coefficients[1] <= fit.error(1) and not fit.curved:
        how = "falls or stays" if rise <= 0 else "does not rise beyond doubt"
        text = (
            f"utilisation {how} with demand per unit: something else makes the units busy, or "
            "demand and utilisation are not of the same fleet"
        )
        return None, None, [Verdict("no_slope", text, blocks=True)]
    at_slo, full = fit.load_at(slo), fit.load_at(1.0)
    if at_slo is None:
        text = (
            f"a unit without work is already {fit.coefficients[0]:.0%} busy, above the SLO of "
            f"{slo:.0%}"
        )
        return full, None, [Verdict("idle_above_slo", text, blocks=True)]
    top = float(np.quantile(loads.utilization[~loads.saturated], 0.99))
    told = []
    if at_slo.value > highest * 1.02:
        text = (
            f"units were never above {top:.0%} utilisation; the value at {slo:.0%} lies "
            f"{at_slo.value / highest:.2g} times as high as the highest load seen "
            f"({_number(highest)}): a line was drawn on, and a bend beyond would not show"
        )
        told.append(Verdict("extrapolated", text))
    if math.isinf(at_slo.high) or at_slo.high > 2 * at_slo.low:
        told.append(Verdict("wide", "the interval is so wide that the value is little but a guess"))
    return full, at_slo, told


def _latency_verdicts(
    fit: LatencyFit | None, loads: Loads, slo: float, quantile: float
) -> list[Verdict]:
    named = f"the {quantile:.0%} quantile of latency"
    if fit is None:
        return [Verdict("few_latencies", f"too few periods to tell {named}; it is not used")]
    if fit.crossing is not None and math.isinf(fit.crossing.high):
        text = f"{named} crosses {_time(slo)} on so few days that no upper limit can be told"
        return [Verdict("latency_unsure", text)]
    if fit.crossing is not None:
        return []
    if fit.below:
        text = (
            f"{named} never reached {_time(slo)}: up to {_number(fit.load[-1])} per unit it was at "
            f"most {_time(float(fit.latency[-1]))}; more is not known, and latency sets no limit"
        )
        blocks = loads.utilization is None
        return [Verdict("latency_never_reached", text, blocks=blocks)]
    unit = " (latency is read in seconds)" if fit.latency[0] > 20 * slo else ""
    text = (
        f"{named} is above {_time(slo)} even at the lowest loads ({_time(float(fit.latency[0]))} "
        f"at {_number(fit.load[0])} per unit){unit}: load is not what makes it slow"
    )
    return [Verdict("latency_always_above", text, blocks=True)]


def _explained(made: UnitCapacity) -> UnitCapacity:
    """Say of each number what it rests on."""
    said = []
    slo = f"{made.slo:.0%}"
    if made.fit is not None and made.at_full is not None:
        shape = "curve" if made.fit.curved else "line"
        said.append(
            f"{made.fit.periods} periods of {made.fit.days} days; a robust {shape} of utilisation "
            f"on demand per unit explains {made.fit.explained:.1%} of its spread and leaves "
            f"{made.fit.spread:.1%} of utilisation"
        )
        said.append(f"at 100 % a unit serves {_told(made.at_full)}")
    if made.idle is not None:
        said.append(f"without work a unit is {made.idle:.1%} busy")
    if made.at_latency is not None and made.latency_slo is not None:
        said.append(
            f"the {made.latency_quantile:.0%} quantile of latency crosses "
            f"{_time(made.latency_slo)} at {_told(made.at_latency)} per unit"
        )
    if made.unit_capacity is not None and made.at_slo is not None:
        by = "latency" if made.at_slo is made.at_latency else "utilisation"
        said.append(f"at the SLO a unit serves {_told(made.at_slo)}; {by} sets it")
        said.append(
            f"unit_capacity is that divided by {slo}: a plan with utilization: {made.slo:g} then "
            "puts this much on each unit"
        )
    blocking = [f"no estimate: {v.text}" for v in made.verdicts if v.blocks]
    return replace(made, reasons=tuple(said + blocking))


def _over(found: Estimate, share: float) -> Estimate:
    return Estimate(found.value / share, found.low / share, found.high / share)


def _plain(found: Estimate | None) -> dict[str, float | None] | None:
    if found is None:
        return None
    return {k: v if math.isfinite(v) else None for k, v in asdict(found).items()}


def _told(found: Estimate) -> str:
    high = _number(found.high) if math.isfinite(found.high) else "no limit"
    return f"{_number(found.value)} (95 %: {_number(found.low)} to {high})"


def _number(value: float) -> str:
    """Three digits, or all of a whole number above."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
