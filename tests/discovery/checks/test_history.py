"""History: enough, too short, silent, thin, or under other dimensions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from discovery.checks.sample import METRIC, config, said
from foresail.discovery.checks.history import check_history
from foresail.sandbox import Sandbox

NOW = datetime(2026, 11, 24, 12, 3, tzinfo=UTC)
BALANCER = METRIC["dimensions"]["LoadBalancer"]
GAPS = {**METRIC, "missing": "gap"}


@pytest.fixture
def check():
    with Sandbox(start=NOW) as sandbox:

        def run(hours=(), balancer=BALANCER, demand=METRIC):
            put(sandbox, hours, balancer)
            made = config(demand=demand)
            tier = made.services[0].tiers[0]
            return list(check_history(made, tier, sandbox.aws, NOW, "web"))

        yield run


def put(sandbox, hours, balancer):
    data = [
        {
            "MetricName": "RequestCount", "Value": 100.0,
            "Timestamp": NOW.replace(minute=0) - timedelta(hours=hour, minutes=5 * part),
            "Dimensions": [{"Name": "LoadBalancer", "Value": balancer}],
        }
        for hour in hours
        for part in range(1, 13)
    ]  # fmt: skip
    for at in range(0, len(data), 1000):
        sandbox.client("cloudwatch").put_metric_data(
            Namespace="AWS/ApplicationELB", MetricData=data[at : at + 1000]
        )


def test_a_fortnight_is_enough(check):
    [found] = check(range(24 * 13))
    assert found.level == "ok"
    assert found.text == "RequestCount: 13.0 days of 5m periods, 100% of them with data"


@pytest.mark.parametrize(
    ("hours", "level", "says"),
    [
        (range(30), "problem", "plan needs two days"),
        (range(24 * 4), "warning", "weekdays are not told apart"),
        (range(20, 24 * 13), "warning", "silent since 2026-11-23 15:55Z"),
    ],
)
def test_what_is_short_or_silent_is_told(check, hours, level, says):
    [found] = check(hours)
    assert found.level == level
    assert says in found.text


def test_gaps_count_only_where_silence_is_not_zero(check):
    assert [f.level for f in check(range(0, 24 * 13, 2))] == ["ok"]
    assert "write missing: zero" in said(check((), demand=GAPS), "warning")[0]


def test_a_metric_nobody_knows(check):
    assert "lists no AWS/ApplicationELB RequestCount at all" in said(check(), "problem")[0]


def test_a_metric_under_other_dimensions_shows_them(check):
    [text] = said(check(range(72), balancer="app/other/1"), "problem")
    assert "no data under these dimensions" in text
    assert "{LoadBalancer: app/other/1}" in text


def test_a_metric_that_exists_but_has_nothing_in_the_history(check):
    [text] = said(check(range(24 * 20, 24 * 21)), "problem")
    assert "the metric exists, but has no data" in text
