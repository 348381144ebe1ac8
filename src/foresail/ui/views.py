"""What the page shows of a service, read from the store: plans, what came, scores, decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd

from foresail.approval.pending import Pending, PendingPlans
from foresail.cycle.keeping import KeptOutcome, kept_outcomes
from foresail.errors import ForesailError
from foresail.overrides.freeze import Freeze, frozen
from foresail.overrides.rules import Override
from foresail.overrides.standing import known_overrides, standing
from foresail.pipeline.pulling import read_tiers
from foresail.pipeline.score_tier import read_scores
from foresail.pipeline.tiers import Tier, capacities, tiers
from foresail.score.modes import Mode, read_mode
from foresail.score.score import Score
from foresail.store.forecasts import StoredForecast
from foresail.store.leases import Lease

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config
    from foresail.store.opening import Store

BACK = timedelta(hours=24)  # of the charts
AHEAD = timedelta(hours=24)
SCORES = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Step:
    """A change of the planned floor (UTC), and what it rests on.

    ``needed`` is the most units that the plan needs until the next change; ``demand`` the highest
    planned quantile of the signal that asks for most, in its own unit.
    """

    at: datetime
    before: int
    after: int
    needed: float
    signal: str
    demand: float
    quantile: float
    utilization: float


@dataclass(frozen=True, slots=True)
class TierView:
    """A tier as the store shows it.

    Parameters
    ----------
    tier
        Its configuration.
    forecast
        The latest; None before the first plan.
    plans
        timestamp (UTC), signal, quantiles, planned_floor, needed_units: of each period what was in
        force when it began; from a day ago on.
    demand
        series, timestamp, value: what came, as far as it was pulled.
    units
        Units in service by timestamp.
    score
        Of the last window.
    problem
        Why something of it could not be read.
    """

    tier: Tier
    forecast: StoredForecast | None
    plans: pd.DataFrame
    demand: pd.DataFrame
    units: pd.Series
    score: Score | None
    problem: str = ""

    def steps(self, now: datetime) -> list[Step]:
        """List changes of the planned floor that are to come, in order."""
        return [] if self.forecast is None else _steps(self.tier, self.forecast, now)


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service as the store shows it."""

    name: str
    timezone: str
    tiers: tuple[TierView, ...]
    mode: Mode
    outcome: KeptOutcome | None
    waiting: tuple[Pending, ...]
    overrides: tuple[Override, ...]
    freeze: Freeze | None
    lease: Lease | None

    @property
    def made(self) -> datetime | None:
        """When the oldest of its tiers' latest plans was made."""
        known = [view.forecast.facts.made for view in self.tiers if view.forecast]
        return min(known, default=None)

    def next_step(self, now: datetime) -> tuple[str, Step] | None:
        """Next change of any tier: its tier's name, and the change."""
        ahead = [(view.tier.tier.name, step) for view in self.tiers for step in view.steps(now)[:1]]
        return min(ahead, key=lambda one: one[1].at, default=None)


def service_view(
    config: Config, aws: Aws, store: Store, name: str, now: datetime, *, whole: bool = True
) -> ServiceView:
    """Read a service from the store; AWS is not asked.

    Parameters
    ----------
    whole
        Also what came, and the plans before the latest.

    Raises
    ------
    InputError
        When no service has that name, or the store cannot be read.
    """
    group = tiers(config, name)
    records = store.records
    pending = PendingPlans(records, store.blobs)
    return ServiceView(
        name=name,
        timezone=group[0].service.timezone,
        tiers=tuple(_tier_views(group, aws, store, now, whole=whole)),
        mode=read_mode(records, name),
        outcome=next(iter(kept_outcomes(records, name, limit=1)), None),
        waiting=tuple(pending.waiting(now, name)),
        overrides=tuple(standing(known_overrides(records, now, name), now)),
        freeze=frozen(records, name, now),
        lease=store.leases.held(f"service/{name}"),
    )


def _tier_views(
    group: Sequence[Tier], aws: Aws, store: Store, now: datetime, *, whole: bool
) -> list[TierView]:
    found = read_tiers(group, aws, now, store) if whole else {}
    return [_tier_view(tier, store, now, found.get(tier.name)) for tier in group]


def _tier_view(tier: Tier, store: Store, now: datetime, pulled: object) -> TierView:
    service, name = tier.service.name, tier.tier.name
    empty = pd.DataFrame(columns=["series", "timestamp", "value"])
    demand, units = getattr(pulled, "demand", empty), getattr(pulled, "units", pd.Series())
    try:
        latest = store.forecasts.read(service, name)
        since = now - BACK - timedelta(hours=6)
        past = store.forecasts.made_between(service, name, since, now) if pulled else []
        scores = read_scores(store, service, name, now - SCORES, now)
    except ForesailError as error:
        return TierView(tier, None, empty, demand, units, None, str(error))
    known = [*past, *([latest] if latest else [])]
    return TierView(tier, latest, in_force(known), demand, units, scores[-1] if scores else None)


def in_force(forecasts: Sequence[StoredForecast]) -> pd.DataFrame:
    """Rows of each period from the latest forecast that was made by its end; in order of time."""
    rows = []
    for one in forecasts:
        period = pd.Timedelta(seconds=one.facts.period_seconds)
        made = pd.Timestamp(one.facts.made)
        mine = one.frame[one.frame["timestamp"] + period > made]
        rows.append(mine.assign(made=made))
    if not rows:
        return pd.DataFrame(columns=["signal", "timestamp", "planned_floor", "needed_units"])
    joined = pd.concat(rows, ignore_index=True).sort_values(["timestamp", "made"])
    return joined.drop_duplicates(["signal", "timestamp"], keep="last").reset_index(drop=True)


def _steps(tier: Tier, forecast: StoredForecast, now: datetime) -> list[Step]:
    frame = forecast.frame
    mine = frame[frame["signal"] == forecast.facts.signal].sort_values("timestamp")
    column = f"q{forecast.facts.quantile:g}"
    parts = mine.groupby((mine["planned_floor"] != mine["planned_floor"].shift()).cumsum())
    spans = [part for _, part in parts]
    return [
        Step(
            at=part["timestamp"].iloc[0].to_pydatetime(),
            before=int(before["planned_floor"].iloc[0]),
            after=int(part["planned_floor"].iloc[0]),
            needed=float(part["needed_units"].max()),
            signal=forecast.facts.signal,
            demand=float(part[column].max()) if column in part else float("nan"),
            quantile=forecast.facts.quantile,
            utilization=tier.tier.utilization,
        )
        for before, part in pairwise(spans)
        if part["timestamp"].iloc[0] > now
    ]


def leading_series(view: TierView) -> str | None:
    """Series of the signal that the forecast names; None where nothing is forecast."""
    if view.forecast is None:
        return None
    wanted = f"{view.tier.name}/{view.forecast.facts.signal}"
    return wanted if wanted in capacities(view.tier) else None
