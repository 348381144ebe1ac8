"""CloudWatch's own anomaly detectors on demand metrics, taught to leave events out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd

from foresail.aws import aws_errors
from foresail.config import DemandConfig
from foresail.forecast.calendar import parse_calendar
from foresail.forecast.calendar_types import Event, Moment
from foresail.forecast.calendar_windows import midnight
from foresail.pipeline.tiers import Tier, series_name, tiers
from foresail.publish.writes import Write, compare, pending

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config
    from foresail.store.published import Published

IAM_READ = ("cloudwatch:DescribeAnomalyDetectors",)
IAM_WRITE = ("cloudwatch:PutAnomalyDetector", "cloudwatch:DeleteAnomalyDetector")
KIND = "anomaly detector"
TRAINED_ON = timedelta(days=14)
MOST_RANGES = 10
Detector = dict[str, Any]


def wanted_detectors(
    config: Config, now: datetime, service: str | None = None
) -> dict[str, Detector]:
    """Detectors of all plain demand metrics, by the metric, as PutAnomalyDetector takes them.

    Their time zone is the tier's, so that clock changes do not look like anomalies. Events of the
    calendar in the two weeks that a detector learns from, and those to come, are left out: of more
    than ten, the ten that end last.
    """
    found: dict[str, Detector] = {}
    for tier in tiers(config, service):
        configuration = {"MetricTimezone": tier.timezone, "ExcludedTimeRanges": _events(tier, now)}
        for demand in (one for one in tier.tier.demand if isinstance(one, DemandConfig)):
            metric = _metric(demand)
            wanted = {"SingleMetricAnomalyDetector": metric, "Configuration": configuration}
            found[json.dumps(metric, sort_keys=True)] = wanted
    return found


def _metric(demand: DemandConfig) -> dict[str, Any]:
    named = sorted(demand.dimensions.items())
    return {
        "Namespace": demand.namespace,
        "MetricName": demand.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in named],
        "Stat": demand.stat,
    }


def _events(tier: Tier, now: datetime) -> list[dict[str, datetime]]:
    zone = ZoneInfo(tier.timezone)
    calendar = parse_calendar(tier.service.calendar or None)
    names = [series_name(tier, number) for number in range(len(tier.tier.demand))]
    moving = [event for event in calendar.events if any(event.moves(name) for name in names)]
    spans = {_span(event, zone) for event in moving}
    seen = sorted((one for one in spans if one[1] > now - TRAINED_ON), key=lambda one: one[::-1])
    return [{"StartTime": start, "EndTime": end} for start, end in sorted(seen[-MOST_RANGES:])]


def _span(event: Event, zone: tzinfo) -> tuple[datetime, datetime]:
    return _instant(event.start, zone), _instant(event.end, zone, last=True)


def _instant(moment: Moment, zone: tzinfo, *, last: bool = False) -> datetime:
    """First instant of a local day, or after its end when it is the last; times stay."""
    if not isinstance(moment, pd.Timestamp):
        moment = midnight(moment + timedelta(days=1) if last else moment, zone)
    return moment.tz_convert("UTC").to_pydatetime()


def detector_writes(
    config: Config,
    aws: Aws,
    record: Published,
    now: datetime,
    service: str | None = None,
    *,
    delete: bool = False,
) -> list[Write]:
    """Hold the wanted detectors against those that stand.

    Detectors have no names: only those that this store's record says foresail made are touched,
    and one that somebody else made on the same metric is left as it is.
    """
    wanted = wanted_detectors(config, now, service)
    client, owned = aws.client("cloudwatch"), record.detectors()
    live = {key: found for key in wanted if (found := _live(client, wanted[key])) is not None}
    mine = {key: one for key, one in live.items() if key in owned}
    free = {key: one for key, one in wanted.items() if key in owned or key not in live}
    return compare(KIND, mine, {} if delete else free, _same)


def _live(client: Any, detector: Detector) -> Detector | None:
    metric = detector["SingleMetricAnomalyDetector"]
    asked = {key: metric[key] for key in ("Namespace", "MetricName", "Dimensions")}
    with aws_errors("cloudwatch:DescribeAnomalyDetectors", metric["MetricName"]):
        pages = client.get_paginator("describe_anomaly_detectors").paginate(
            **asked, AnomalyDetectorTypes=["SINGLE_METRIC"]
        )
        found = [one for page in pages for one in page["AnomalyDetectors"]]
    mine = (one for one in found if _stat(one) == metric["Stat"])
    return next(mine, None)


def _stat(detector: Detector) -> str | None:
    stat: str | None = detector.get("SingleMetricAnomalyDetector", detector).get("Stat")
    return stat


def _same(live: Detector, wanted: Detector) -> bool:
    stands, asked = live.get("Configuration", {}), wanted["Configuration"]
    zones = stands.get("MetricTimezone"), asked["MetricTimezone"]
    ranges = stands.get("ExcludedTimeRanges", []), asked["ExcludedTimeRanges"]
    return zones[0] == zones[1] and bool(ranges[0] == ranges[1])


def write_detectors(aws: Aws, record: Published, writes: Iterable[Write]) -> None:
    """Create, update and delete detectors; the record says which are foresail's before they are."""
    listed = pending(writes)
    if not listed:
        return
    client = aws.client("cloudwatch")
    for write in listed:
        metric = json.loads(write.name)
        if write.operation != "delete":
            record.own_detector(write.name, owned=True)
            with aws_errors("cloudwatch:PutAnomalyDetector", metric["MetricName"]):
                client.put_anomaly_detector(**write.wanted)
        else:
            with aws_errors("cloudwatch:DeleteAnomalyDetector", metric["MetricName"]):
                client.delete_anomaly_detector(SingleMetricAnomalyDetector=metric)
            record.own_detector(write.name, owned=False)
