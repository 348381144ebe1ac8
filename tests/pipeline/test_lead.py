"""A plan whose lead time is measured shows where it comes from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from foresail.config import parse_config
from foresail.pipeline import plan_all
from foresail.sandbox import Fleet, Sandbox, create_group, seed_history
from foresail.terminal import print_plan

NOW = datetime(2026, 11, 20, 15, 2, tzinfo=UTC)
BALANCER = "app/web/50dc6c495c0c9188"
BOOT = timedelta(minutes=7)


def config(tmp_path, **tier):
    metric = {
        "namespace": "AWS/ApplicationELB", "metric": "RequestCount", "missing": "zero",
        "dimensions": {"LoadBalancer": BALANCER},
    }  # fmt: skip
    plain = {
        "name": "web", "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": metric, "unit_capacity": "100 requests/s", "min": 2, "max": 40,
    }  # fmt: skip
    services = [{"name": "shop", "tiers": [{**plain, **tier}]}]
    data = {"store": str(tmp_path / "store"), "history": "3d", "horizon": "24h"}
    return parse_config({**data, "services": services}, source="test")


@pytest.fixture(scope="module")
def sandbox():
    times = pd.date_range("2026-11-17", periods=4 * 288, freq="5min", tz="UTC")
    wave = 600 - 500 * np.cos(np.arange(len(times)) * 2 * np.pi / 288)
    with Sandbox(start=NOW) as running:
        create_group(running, "web", min_size=2, max_size=40, desired=4)
        fleet = Fleet(
            "web", BALANCER, pd.Series(wave, index=times), timedelta(minutes=5), 100, BOOT
        )
        running.add_fleet(fleet)
        seed_history(running, fleet)
        yield running


def planned(sandbox, made):
    _, [one] = plan_all(made, sandbox.aws, sandbox.clock.now)
    return one


def shown(one, sandbox):
    console = Console(width=400, record=True)
    print_plan(
        console, one.plan, sandbox.clock.now, one.tier.config.zone(one.tier.service, one.tier.tier)
    )
    return console.export_text()


def test_too_few_launches_then_measured_ones(sandbox, tmp_path):
    made = config(tmp_path, lead_time="measured p90")
    before = planned(sandbox, made)
    assert before.plan.about["lead_time_minutes"] == 10
    assert "default: 0 launches are known" in shown(before, sandbox)
    sandbox.client("autoscaling").set_desired_capacity(
        AutoScalingGroupName="web", DesiredCapacity=20
    )
    sandbox.advance(timedelta(minutes=9))
    after = planned(sandbox, made)
    assert after.plan.about["lead_time_minutes"] == 7
    assert after.plan.about["lead_count"] == 16
    assert "ready 7 min ahead (measured: p90 of 16 launches 7m" in shown(after, sandbox)


def test_a_configured_lead_gives_no_reason(sandbox, tmp_path):
    one = planned(sandbox, config(tmp_path, lead_time="3m"))
    assert one.plan.about["lead_time_minutes"] == 3
    assert "lead_reason" not in one.plan.about
    assert "ready 3 min ahead\n" in shown(one, sandbox)
