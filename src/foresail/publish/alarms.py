"""Alarms of a service: demand above what was foreseen, and forecasts that stopped coming."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors
from foresail.errors import InputError
from foresail.pipeline.tiers import Tier, tiers
from foresail.publish.maths import excess
from foresail.publish.names import AGE, NAMESPACE, alarm_name, alarm_prefix, of_tier
from foresail.publish.writes import Write, compare, pending
from foresail.units import format_duration

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config

IAM_READ = ("cloudwatch:DescribeAlarms",)
IAM_WRITE = ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms")
KIND = "alarm"
Alarm = dict[str, Any]

# AWS: a maths alarm has at most ten metrics, looks back a day at most; 100 alarms go in one call.
MOST_METRICS = 10
DAY = timedelta(days=1)
MOST_DELETED = 100
HOUR_SECONDS = 3600


def wanted_alarms(config: Config, service: str | None = None) -> dict[str, Alarm]:
    """Alarms of every tier as PutMetricAlarm takes them, by name.

    Raises
    ------
    InputError
        When a tier's alarm would be more than CloudWatch takes; nothing was written then.
    """
    made = [alarm for tier in tiers(config, service) for alarm in (*_above(tier), _stale(tier))]
    return {alarm["AlarmName"]: alarm for alarm in made}


def without_demand(config: Config, service: str | None = None) -> list[str]:
    """Tiers whose demand CloudWatch cannot compute: none of their alarms is about it."""
    return [tier.name for tier in tiers(config, service) if not excess(tier, 0.5)]


def _above(tier: Tier) -> list[Alarm]:
    """Alarm when demand is above the published quantile for some periods in a row."""
    rules = tier.config.publish.alarms
    queries = excess(tier, rules.quantile)
    if not queries:
        return []
    _check(tier, queries, rules.periods)
    said = f"Demand of {tier.name} above q{rules.quantile:g} of foresail's forecast"
    alarm = {
        **_base(tier, "above-forecast", f"{said}. The floor may be too low: plan again."),
        "Metrics": [*queries[:-1], {**queries[-1], "ReturnData": True}],
        "EvaluationPeriods": rules.periods,
        "DatapointsToAlarm": rules.periods,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",  # the other alarm tells that nothing is published
    }
    return [alarm]


def _stale(tier: Tier) -> Alarm:
    """Alarm when no forecast younger than so many hours was published; silence counts."""
    rules = tier.config.publish.alarms
    hours = int(rules.stale_after / timedelta(hours=1))
    after = format_duration(rules.stale_after)
    said = f"No fresh forecast of {tier.name} was published for {after}"
    named = of_tier(tier.service.name, tier.tier.name)
    return {
        **_base(tier, "stale-forecast", f"{said}. Does foresail plan and publish still run?"),
        "Namespace": NAMESPACE,
        "MetricName": AGE,
        "Dimensions": [{"Name": name, "Value": value} for name, value in named],
        "Statistic": "Minimum",
        "Period": HOUR_SECONDS,
        "EvaluationPeriods": hours,
        "DatapointsToAlarm": hours,
        "Threshold": float(hours),
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "breaching",
    }


def _base(tier: Tier, about: str, said: str) -> Alarm:
    # An alarm tells topics of its own region only.
    told = [one for one in tier.config.publish.alarms.notify if one.split(":")[3] == tier.region]
    return {
        "AlarmName": alarm_name(tier.service.name, tier.tier.name, about),
        "AlarmDescription": said,
        "ActionsEnabled": True,
        "AlarmActions": told,
        "OKActions": told,
        "InsufficientDataActions": [],
    }


def _check(tier: Tier, queries: list[dict[str, Any]], periods: int) -> None:
    metrics = sum("MetricStat" in query for query in queries)
    if metrics > MOST_METRICS:
        raise InputError(
            f"{tier.name}: an alarm on {len(tier.tier.demand)} demand metrics would read {metrics} "
            f"metrics; CloudWatch takes {MOST_METRICS}",
            cure="plan the tier from fewer demand metrics, or leave out --alarms",
        )
    if periods * tier.tier.period > DAY:
        raise InputError(
            f"{tier.name}: {periods} periods of {format_duration(tier.tier.period)} are more than "
            "the day that an alarm of CloudWatch looks back",
            cure=f"write publish: {{alarms: {{periods: {DAY // tier.tier.period}}}}} or fewer",
        )


def alarm_writes(
    config: Config, aws: Aws, service: str | None = None, *, delete: bool = False
) -> list[Write]:
    """Hold the wanted alarms against those that stand; with `delete`, none is wanted."""
    wanted = {} if delete else wanted_alarms(config, service)
    client = aws.client("cloudwatch")
    return compare(KIND, live_alarms(client, _services(config, service)), wanted, same_alarm)


def live_alarms(client: Any, services: Iterable[str]) -> dict[str, Alarm]:
    """Alarms of some services that foresail owns, by name."""
    found: dict[str, Alarm] = {}
    for service in services:
        found |= live_by_prefix(client, alarm_prefix(service))
    return found


def live_by_prefix(client: Any, prefix: str) -> dict[str, Alarm]:
    """Alarms whose names begin so, whatever else the endpoint answered."""
    found: dict[str, Alarm] = {}
    pages = client.get_paginator("describe_alarms")
    with aws_errors("cloudwatch:DescribeAlarms", prefix):
        for page in pages.paginate(AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"]):
            found |= {alarm["AlarmName"]: alarm for alarm in page["MetricAlarms"]}
    return {name: alarm for name, alarm in found.items() if name.startswith(prefix)}


def write_alarms(aws: Aws, writes: Iterable[Write]) -> None:
    """Create, update and delete alarms; one that is gone already counts as deleted."""
    listed = pending(writes)
    if not listed:
        return
    client = aws.client("cloudwatch")
    for write in (one for one in listed if one.operation != "delete"):
        with aws_errors("cloudwatch:PutMetricAlarm", write.name):
            client.put_metric_alarm(**write.wanted)
    gone = [one.name for one in listed if one.operation == "delete"]
    for at in range(0, len(gone), MOST_DELETED):
        with aws_errors("cloudwatch:DeleteAlarms", gone[at]):
            client.delete_alarms(AlarmNames=gone[at : at + MOST_DELETED])


def same_alarm(live: Alarm, wanted: Alarm) -> bool:
    """Whether an alarm stands as it is wanted."""
    return all(_plain(live.get(key)) == _plain(value) for key, value in wanted.items())


def _plain(value: Any) -> Any:
    """Value without what only differs in writing: order, empty lists, defaults that are told."""
    if isinstance(value, list):
        plain = [_plain(one) for one in value]
        return sorted(plain, key=repr) or None
    if isinstance(value, dict):
        kept = {key: _plain(one) for key, one in sorted(value.items())}
        return {k: v for k, v in kept.items() if v is not None and (k, v) != ("ReturnData", False)}
    return float(value) if isinstance(value, int | float) else value


def _services(config: Config, service: str | None) -> list[str]:
    return [one.name for one in config.services if service in (None, one.name)]
