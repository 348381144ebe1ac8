"""Measured speed and warm pools of tiers, in the sandbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from foresail.config import parse_config
from foresail.pipeline.provisioning import Prices, provision
from foresail.sandbox import Fleet, Sandbox, create_group, seed_history

NOW = datetime(2026, 11, 20, 15, 2, tzinfo=UTC)
BALANCER = "app/web/50dc6c495c0c9188"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:foresail-failed"
PRICES = Prices(warm=Decimal("0.01"), shortage=Decimal("5"))


@pytest.fixture(scope="module")
def sandbox():
    """A noisy fleet that boots in six minutes and has launched 16 units."""
    times = pd.date_range("2026-11-16", periods=5 * 288, freq="5min", tz="UTC")
    rng = np.random.default_rng(2)
    wave = 900 - 500 * np.cos(np.arange(len(times)) * 2 * np.pi / 288)
    noisy = pd.Series(wave * rng.lognormal(0, 0.2, len(times)), index=times)
    with Sandbox(start=NOW) as running:
        create_group(running, "web", min_size=2, max_size=40, desired=4)
        fleet = Fleet("web", BALANCER, noisy, timedelta(minutes=5), 100.0, timedelta(minutes=6))
        running.add_fleet(fleet)
        seed_history(running, fleet)
        running.client("autoscaling").set_desired_capacity(
            AutoScalingGroupName="web", DesiredCapacity=20
        )
        running.advance(timedelta(minutes=8))
        yield running


def run(sandbox, tmp_path, prices=None, scheduler=None, **changes):
    metric = {
        "namespace": "AWS/ApplicationELB", "metric": "RequestCount", "missing": "zero",
        "dimensions": {"LoadBalancer": BALANCER},
    }  # fmt: skip
    tier = {
        "name": "web", "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": metric, "unit_capacity": "100 requests/s", "min": 2, "max": 40,
        "lead_time": "measured", **changes,
    }  # fmt: skip
    data = {"store": str(tmp_path), "history": "4d", "horizon": "24h"}
    data |= {"scheduler": scheduler} if scheduler else {}
    made = parse_config({**data, "services": [{"name": "s", "tiers": [tier]}]}, source="test")
    [row] = provision(made, sandbox.aws, sandbox.clock.now, prices=prices)
    return row


def test_boot_lead_and_advice_come_from_launches(sandbox, tmp_path):
    row = run(sandbox, tmp_path)
    assert row.measured.boots.count == 16
    assert row.lead.value == timedelta(minutes=6)
    assert any("bake into the image" in advice.do for advice in row.advice)
    assert row.pool is None
    told = row.to_json()
    assert told["boot"]["p95"]["seconds"] == 360
    assert told["lead_reason"].startswith("measured: p95 of 16 launches 6m")


def test_a_pool_covers_the_tail_above_the_floor_and_pays_for_itself(sandbox, tmp_path):
    row = run(sandbox, tmp_path, PRICES, quantile=0.5)
    assert row.pool.size >= 2
    assert row.pool.saves_month > row.pool.cost_month > 0


def test_a_balancers_reservation_is_sized_by_cost_against_risk(sandbox, tmp_path):
    subnets = [one["SubnetId"] for one in sandbox.client("ec2").describe_subnets()["Subnets"]]
    made = sandbox.client("elbv2").create_load_balancer(Name="web", Subnets=subnets[:2])
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    name = arn.partition("loadbalancer/")[2]
    where = [{"Name": "LoadBalancer", "Value": name}]
    times = pd.date_range(NOW - timedelta(days=4), NOW, freq="5min").floor("5min")
    hour = times.hour.to_numpy() * 2 * np.pi / 24
    rows = [
        {"MetricName": "PeakLCUs", "Dimensions": where, "Timestamp": at, "Value": float(value)}
        for at, value in zip(times.to_pydatetime(), 5 * (600 - 400 * np.cos(hour)), strict=True)
    ]  # five minutes of 200 to 1000 LCUs
    for at in range(0, len(rows), 500):
        sandbox.client("cloudwatch").put_metric_data(
            Namespace="AWS/ApplicationELB", MetricData=rows[at : at + 500]
        )
    changes = {
        "target": {"type": "elb-capacity-units", "name": arn},
        "demand": {
            "namespace": "AWS/ApplicationELB", "metric": "PeakLCUs", "missing": "zero",
            "dimensions": {"LoadBalancer": name},
        },
        "unit_capacity": "1 lcus/min", "utilization": 1.0, "min": 0, "max": 3000,
        "lead_time": "3h",
    }  # fmt: skip
    scheduler = {"role": "arn:aws:iam::123456789012:role/foresail", "dead_letter": QUEUE}

    def sized(price):
        prices = Prices(Decimal("1"), warm=Decimal("1"), lcu=Decimal(price))
        return run(sandbox, tmp_path, prices, scheduler=scheduler, **changes)

    cheap, dear = sized("0.05"), sized("0.6")
    assert cheap.pool is None
    assert 900 < cheap.reservation.size < 1300
    assert dear.reservation.size < 700
    assert cheap.reservation.cost == cheap.reservation.size * 24 * Decimal("0.05")
    assert cheap.to_json()["reservation"]["saves"] > cheap.reservation.cost
    assert run(sandbox, tmp_path, scheduler=scheduler, **changes).reservation is None


def test_a_higher_floor_or_a_dearer_pool_leaves_less_to_hold(sandbox, tmp_path):
    low = run(sandbox, tmp_path, PRICES, quantile=0.5).pool
    high = run(sandbox, tmp_path, PRICES, quantile=0.95).pool
    dear = run(sandbox, tmp_path, Prices(Decimal("5"), Decimal("2")), quantile=0.5).pool
    assert high.size < low.size
    assert dear.size < low.size
