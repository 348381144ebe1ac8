"""What the demo plays: a demand series, where its past ends, and the account it runs in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from foresail.errors import InputError
from foresail.units import format_duration

GROUP = "storefront-web"
TWIN = "storefront-web-reactive"
LOAD_BALANCER = "app/storefront/50dc6c495c0c9188"
TWIN_LOAD_BALANCER = "app/storefront-reactive/73e2d6bc24d8a067"
HISTORY = timedelta(days=14)
PLAYED = timedelta(hours=48)
FINEST, COARSEST = timedelta(minutes=5), timedelta(hours=1)
SPARE = timedelta(weeks=1)  # so that a scenario can be moved by up to a week
LEAST_HISTORY = timedelta(days=2)
REGION = "us-east-1"
BUSY_UNITS = 20  # a trace has no fleet: its 99.5th percentile is given 20 units at 100 %
BOOT = timedelta(minutes=8)
LEAD = timedelta(minutes=10)
FLOOR, CEILING = 2, 60
UTILIZATION = 0.7
SLO = 0.8


@dataclass(frozen=True, slots=True)
class Scenario:
    """A demand series in requests per second and the moment at which its future begins."""

    title: str
    demand: pd.Series
    period: timedelta
    now: datetime
    unit_capacity: float
    timezone: str

    @property
    def end(self) -> datetime:
        """End of the played future."""
        return self.now + PLAYED


def shop() -> Scenario:
    """Build the demo's own scenario from the generated workload of a shop."""
    from foresail.workload import shop_workload

    return _scenario("the demo's shop", shop_workload(), "America/New_York", unit_capacity=120.0)


def from_trace(path: Path) -> Scenario:
    """Build a scenario from a file with timestamp,value: counts per period.

    Raises
    ------
    InputError
        When the file cannot be read or is shorter than four days.
    """
    from foresail.history.files import read_history
    from foresail.history.frame import check_history

    history = check_history(read_history(path), minimum=LEAST_HISTORY + PLAYED, name=str(path))
    if history["series"].nunique() > 1:
        raise InputError(f"{path}: the demo plays one series", cure="keep one series in the file")
    return _scenario(path.name, history, "UTC", unit_capacity=None)


def _scenario(
    title: str, history: pd.DataFrame, timezone: str, unit_capacity: float | None
) -> Scenario:
    from foresail.history.frame import infer_period

    counts, period = _coarse(title, history.set_index("timestamp")["value"], infer_period(history))
    series = counts / period.total_seconds()
    now = (series.index[-1] + period - PLAYED).floor("1min")
    series = series[series.index >= now - HISTORY - SPARE]
    busy = float(series[series.index < now].quantile(0.995)) or 1.0
    capacity = unit_capacity or float(f"{busy / BUSY_UNITS:.4g}")
    return Scenario(title, series, period, now.to_pydatetime(), capacity, timezone)


def _coarse(title: str, counts: pd.Series, period: timedelta) -> tuple[pd.Series, timedelta]:
    """Sum finer periods to those of the sandbox; refuse what does not go into them."""
    if not FINEST % period:
        whole = counts.resample(pd.Timedelta(FINEST)).sum(min_count=1).dropna()
        return whole, FINEST
    if period % FINEST or period > COARSEST:
        raise InputError(
            f"{title}: the demo cannot play periods of {format_duration(period)}",
            cure="resample to 5m, to a multiple of it up to 1h, or to what divides it",
        )
    return counts, period


def config_text(scenario: Scenario) -> str:
    """Write the foresail.yaml of a scenario, as a user would."""
    return f"""# foresail.yaml of the demo: {scenario.title}
region: {REGION}
services:
  - name: storefront
    timezone: {scenario.timezone}
    tiers:
      - name: web
        target: {{type: ec2-auto-scaling-group, name: {GROUP}}}
        demand:
          namespace: AWS/ApplicationELB
          metric: RequestCount
          dimensions: {{LoadBalancer: {LOAD_BALANCER}}}
          stat: Sum
          period: {format_duration(scenario.period)}
          missing: zero
        unit_capacity: {scenario.unit_capacity:g} requests/s   # what one unit serves at 100 %
        utilization: {UTILIZATION}
        min: {FLOOR}
        max: {CEILING}
        lead_time: {format_duration(LEAD)}
        # Wide for the demo: its first plan replaces a static floor of {FLOOR}, and any trace is to
        # play. Leave this line out for the defaults: 100%, 50% and 0.3.
        guardrails: {{increase: 2900%, decrease: 50%, min_trust: 0.05}}
"""
