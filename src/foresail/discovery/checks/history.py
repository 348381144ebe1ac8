"""Enough history of each demand metric, at the period that is configured."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from foresail.aws import aws_errors
from foresail.config.demand import PartConfig
from foresail.discovery.checks.finding import Finding, ok, problem, warning
from foresail.history.metrics import MetricQuery
from foresail.history.pull import pull
from foresail.units import format_duration

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config, TierConfig

IAM_READ = ("cloudwatch:GetMetricData", "cloudwatch:ListMetrics")
LEAST = timedelta(days=2)
WEEK = timedelta(days=7)
SPARSE = 0.8  # share of periods with data, below which gaps are worth a word
SHOWN = 3


def check_history(
    config: Config, tier: TierConfig, aws: Aws, now: datetime, about: str
) -> Iterator[Finding]:
    """Read each metric of demand at its period, and judge how much there is."""
    for signal in tier.demand:
        there = aws if signal.region is None else aws.at(signal.region)
        for role, part in signal.parts.items():
            query = _query(part)
            found = pull(
                there.client("cloudwatch"), [query], now - config.history, now, signal.period,
                now=now, required=False,
            )  # fmt: skip
            if not found.empty:
                yield from _judge(query, part, signal.period, found["timestamp"], now, about)
            elif role not in signal.optional:
                yield _silent(query, there, about)


def _query(part: PartConfig) -> MetricQuery:
    where = tuple(sorted(part.dimensions.items()))
    return MetricQuery(part.metric, part.namespace, part.metric, where, part.stat)


def _judge(
    query: MetricQuery,
    part: PartConfig,
    period: timedelta,
    times: pd.Series,
    now: datetime,
    about: str,
) -> Iterator[Finding]:
    first, last = times.min().to_pydatetime(), times.max().to_pydatetime()
    span = last - first + period
    share = len(times) * period / span
    text = (
        f"{query.metric}: {span / timedelta(days=1):.1f} days of {format_duration(period)} "
        f"periods, {share:.0%} of them with data"
    )
    silent = now - last
    if span < LEAST:
        yield problem(about, f"{text}; plan needs two days", "wait, or name a metric that is older")
    elif silent > max(timedelta(hours=6), 12 * period):
        yield warning(
            about,
            f"{text}; silent since {last:%Y-%m-%d %H:%MZ}",
            "check that the metric is still sent, and its dimensions",
        )
    elif span < WEEK:
        yield warning(
            about, f"{text}; weekdays are not told apart yet", "plans get better by a week"
        )
    elif share < SPARSE and part.missing == "gap":
        yield warning(
            about, text, "write missing: zero where silence is no demand, or a coarser period"
        )
    else:
        yield ok(about, text)


def _silent(query: MetricQuery, aws: Aws, about: str) -> Finding:
    """Tell a metric that exists from one that is not known under these dimensions."""
    known = _dimensions(query, aws)
    if dict(query.dimensions) in known:
        return problem(
            about,
            f"{query}: the metric exists, but has no data in the history",
            "it sends nothing, or too new; check the statistic and history: in foresail.yaml",
        )
    if not known:
        return problem(
            about,
            f"{query}: no data, and CloudWatch lists no {query.namespace} {query.metric} at all",
            "check namespace, metric and region; opt-in metrics are to be switched on first",
        )
    shown = "; ".join(
        ", ".join(f"{k}: {v}" for k, v in one.items()) or "none" for one in known[:SHOWN]
    )
    return problem(
        about,
        f"{query}: no data under these dimensions",
        f"CloudWatch knows it under {len(known)} others, like {{{shown}}}",
    )


def _dimensions(query: MetricQuery, aws: Aws) -> list[dict[str, str]]:
    with aws_errors(IAM_READ[1], query.metric):
        pages = aws.client("cloudwatch").get_paginator("list_metrics")
        rows = [
            row
            for page in pages.paginate(Namespace=query.namespace, MetricName=query.metric)
            for row in page["Metrics"]
        ]
    return [{d["Name"]: d["Value"] for d in row.get("Dimensions", [])} for row in rows]
