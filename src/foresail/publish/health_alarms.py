"""Alarms on foresail's own health: no fresh plan, failures, shortage, drift, calibration, mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from foresail.publish.alarms import Alarm, live_by_prefix, same_alarm
from foresail.publish.health import DEMOTED, DRIFT, NAMESPACE, PLAN_AGE, RUNS, SHORTFALL, UNMET
from foresail.publish.names import OWNED
from foresail.publish.writes import Write, compare
from foresail.units import format_duration

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config

KIND = "alarm"
PREFIX = f"{OWNED}health:"  # no service's own alarms begin so: its name holds no colon
RUNBOOK = "docs/operations.md"
HOUR = 3600
MOST_UNMET = 15.0  # under-capacity minutes of a window
MOST_SHORTFALL = 0.2  # of a window; neighbouring periods err together, so one says little
Missing = Literal["breaching", "notBreaching", "ignore"]


@dataclass(frozen=True, slots=True)
class Watch:
    """What is watched of each service, and what whoever is called is to do.

    Parameters
    ----------
    about
        Name of the alarm, and of its section in the runbook.
    metric, statistic, threshold
        It goes off above the threshold.
    hours
        All hours in a row that have to be so.
    missing
        What silence means: ``breaching`` where a stopped foresail is to be heard.
    said, cure
        In words.
    outcome
        Only runs that ended so count.
    """

    about: str
    metric: str
    statistic: str
    threshold: float
    hours: int
    missing: Missing
    said: str
    cure: str
    outcome: str | None = None


def watches(stale_after: timedelta) -> tuple[Watch, ...]:
    """List what is watched; `stale_after` is the age from which a plan is stale."""
    hours, after = int(stale_after / timedelta(hours=1)), format_duration(stale_after)
    return (
        Watch(
            "no-fresh-plan", PLAN_AGE, "Minimum", hours * 60.0, hours, "breaching",
            f"has had no fresh plan for {after}; its schedule runs out",
            "see whether foresail still runs, then foresail run --service",
        ),
        Watch(
            "runs-fail", RUNS, "Sum", 0, 3, "notBreaching",
            "failed in each of the last three hours; what was applied before stays in force",
            "read the reason: foresail run --service, or the log of the run",
            outcome="failed",
        ),
        Watch(
            "unmet-demand", UNMET, "Maximum", MOST_UNMET, 1, "ignore",
            f"was under capacity for more than {MOST_UNMET:g} minutes of its last window",
            "raise it now: foresail override; then see why: foresail score --service",
        ),
        Watch(
            "drift", DRIFT, "Maximum", 0, 1, "ignore",
            "is no longer what its plans take it to be: unit capacity, boot time, ratio, residuals",
            "foresail score --service names it; mend foresail.yaml",
        ),
        Watch(
            "calibration-lost", SHORTFALL, "Minimum", MOST_SHORTFALL, 24, "ignore",
            "has had more demand above its planned quantile, for a day, than the quantile allows",
            "look at foresail score --service, and raise the quantile until it holds again",
        ),
        Watch(
            "demoted", DEMOTED, "Maximum", 0, 1, "ignore",
            "is forecast only: plans are made and not applied",
            "foresail status says why; it is promoted by itself when its scores are good",
        ),
    )  # fmt: skip


def wanted_health_alarms(config: Config, service: str | None = None) -> dict[str, Alarm]:
    """Alarms of each service as PutMetricAlarm takes them, by name."""
    listed = watches(config.publish.alarms.stale_after)
    # An alarm tells topics of its own region only.
    topics = config.publish.alarms.notify
    notify = [topic for topic in topics if topic.split(":")[3] == config.region]
    made = [
        _alarm(one.name, watch, notify)
        for one in config.services
        if service in (None, one.name)
        for watch in listed
    ]
    return {alarm["AlarmName"]: alarm for alarm in made}


def _alarm(service: str, watch: Watch, notify: Sequence[str]) -> Alarm:
    named = {"Service": service, **({"Outcome": watch.outcome} if watch.outcome else {})}
    where = f"{RUNBOOK}#{watch.about}"
    alarm: dict[str, Any] = {
        "AlarmName": f"{PREFIX}{service}/{watch.about}",
        "AlarmDescription": f"{service} {watch.said}. What to do: {watch.cure} ({where})",
        "ActionsEnabled": True,
        "AlarmActions": list(notify),
        "OKActions": list(notify),
        "InsufficientDataActions": [],
        "Namespace": NAMESPACE,
        "MetricName": watch.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in named.items()],
        "Statistic": watch.statistic,
        "Period": HOUR,
        "EvaluationPeriods": watch.hours,
        "DatapointsToAlarm": watch.hours,
        "Threshold": watch.threshold,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": watch.missing,
    }
    return alarm


def health_alarm_writes(
    config: Config, aws: Aws, service: str | None = None, *, delete: bool = False
) -> list[Write]:
    """Hold the wanted alarms against those of the configured services; `delete` wants none."""
    names = {one.name for one in config.services if service in (None, one.name)}
    live = live_by_prefix(aws.client("cloudwatch"), PREFIX)
    own = {name: alarm for name, alarm in live.items() if _service(name) in names}
    return compare(KIND, own, {} if delete else wanted_health_alarms(config, service), same_alarm)


def _service(name: str) -> str:
    return name.removeprefix(PREFIX).split("/")[0]
