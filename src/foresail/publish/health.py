"""foresail's own health: one line of metrics for each service and run, and one for the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from foresail.errors import ForesailError
from foresail.logs import run_id
from foresail.publish.emf import Metrics, emf_line, write_lines
from foresail.score.modes import read_mode

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config, ServiceConfig
    from foresail.score.score import Score
    from foresail.store.opening import Store

NAMESPACE = "Foresail/Health"
MINUTE = timedelta(minutes=1)
LOOK_BACK = timedelta(days=7)
PLAN_AGE, UNMET, SHORTFALL = "PlanAgeMinutes", "UnmetDemand", "CoverageShortfall"
DRIFT, DEMOTED, RUNS, SERVICES = "Drift", "Demoted", "Runs", "Services"


@dataclass(frozen=True, slots=True)
class ServiceRun:
    """What a run did with a service: the outcome's state, how long it took, what it asked of AWS.

    ``calls`` are requests, retries included; ``throttled`` those that AWS turned away.
    """

    service: str
    state: str
    seconds: float
    calls: int = 0
    throttled: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """A service as its store shows it; None where nothing is known yet.

    Parameters
    ----------
    plan_age
        Since the oldest of its tiers' latest plans was made.
    trust
        Trust in the forecast that is trusted least, 0 to 1.
    coverage, shortfall
        Share of demand below the planned quantile in the last window scored, of the tier that is
        furthest below it; and by how much.
    unmet_minutes
        Under-capacity minutes of that window, all tiers.
    drifts
        Things of it that are no longer what plans take them to be.
    demoted
        Whether it is forecast only.
    lease_held
        Whether a planner is at work on it now.
    unplanned
        Tiers that have no plan yet.
    """

    plan_age: timedelta | None = None
    trust: float | None = None
    coverage: float | None = None
    shortfall: float | None = None
    unmet_minutes: float | None = None
    drifts: int = 0
    demoted: bool = False
    lease_held: bool = False
    unplanned: tuple[str, ...] = ()


def health_of(store: Store, service: ServiceConfig, now: datetime) -> Health:
    """Read a service's health from the store."""
    tiers = [tier.name for tier in service.tiers]
    found = {name: store.forecasts.read(service.name, name) for name in tiers}
    facts = [one.facts for one in found.values() if one is not None]
    scores = [score for name in tiers for score in last_score(store, service.name, name, now)]
    mode = read_mode(store.records, service.name)
    short = [score.capacity.usage["actual"].short_minutes for score in scores if score.capacity]
    worst = min(
        (score for score in scores if score.coverage is not None),
        key=lambda score: float(score.coverage or 0.0) - score.quantile,
        default=None,
    )
    return Health(
        plan_age=max((now - one.made for one in facts), default=None),
        trust=min((one.confidence for one in facts), default=None),
        coverage=worst.coverage if worst else None,
        shortfall=max(worst.quantile - (worst.coverage or 0.0), 0.0) if worst else None,
        unmet_minutes=sum(short) if short else None,
        drifts=len(mode.drifts),
        demoted=mode.forecast_only,
        lease_held=store.leases.held(f"service/{service.name}") is not None,
        unplanned=tuple(name for name, one in found.items() if one is None),
    )


def last_score(store: Store, service: str, tier: str, now: datetime) -> list[Score]:
    """Last score of a tier, of the last week; none where nothing was scored."""
    from foresail.pipeline.score_tier import read_scores  # brings what forecasts and plays

    return read_scores(store, service, tier, now - LOOK_BACK, now)[-1:]


def report_health(
    config: Config, aws: Aws, store: Store, runs: Sequence[ServiceRun], now: datetime
) -> list[str]:
    """Write the health of the services of a run where `monitoring` says; nothing without it.

    Returns
    -------
    list of str
        Warnings, where it could not be written: a run is not undone for its metrics.
    """
    if config.monitoring is None:
        return []
    try:
        lines = [
            service_line(run, health_of(store, config.service(run.service), now), now)
            for run in runs
        ]
        write_lines(config.monitoring, aws, [*lines, run_line(runs, now)], now)
    except ForesailError as error:
        return [f"health was not reported: {error}"]
    return []


def service_line(run: ServiceRun, health: Health, now: datetime) -> str:
    """Line of one service in one run."""
    age = health.plan_age
    values: dict[str, tuple[float | None, str]] = {
        PLAN_AGE: (None if age is None else age / MINUTE, "None"),
        "ForecastTrust": (health.trust, "None"),
        "Coverage": (health.coverage, "None"),
        SHORTFALL: (health.shortfall, "None"),
        UNMET: (health.unmet_minutes, "None"),
        DRIFT: (health.drifts, "Count"),
        DEMOTED: (int(health.demoted), "Count"),
        "LeasesHeld": (int(health.lease_held), "Count"),
        "RunSeconds": (run.seconds, "Seconds"),
        "AwsCalls": (run.calls, "Count"),
        "AwsCallsThrottled": (run.throttled, "Count"),
    }
    named = {"Service": run.service}
    outcome = Metrics({**named, "Outcome": run.state}, {RUNS: (1, "Count")})
    facts = {**_facts(), "unplanned": list(health.unplanned)}
    return emf_line(NAMESPACE, now, [Metrics(named, values), outcome], facts)


def run_line(runs: Sequence[ServiceRun], now: datetime) -> str:
    """Line of the run as a whole; its metrics have no dimensions."""
    values: dict[str, tuple[float | None, str]] = {
        SERVICES: (len(runs), "Count"),
        "ServicesFailed": (sum(run.state == "failed" for run in runs), "Count"),
        "ServicesWaiting": (sum(run.state == "waiting" for run in runs), "Count"),
        "AllRunSeconds": (sum(run.seconds for run in runs), "Seconds"),
        "AllAwsCalls": (sum(run.calls for run in runs), "Count"),
    }
    return emf_line(NAMESPACE, now, [Metrics({}, values)], _facts())


def _facts() -> dict[str, Any]:
    return {"run": run_id()}
