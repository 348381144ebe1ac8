"""Boot times against the configured lead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from discovery.checks.sample import one_tier, said
from foresail.discovery.checks.speed import check_speed
from foresail.sandbox import Fleet, Sandbox, create_group

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def check():
    """Check a group whose units need eight minutes, and one that never launched."""
    with Sandbox(start=AT) as sandbox:
        for name in ("web", "idle"):
            create_group(sandbox, name, min_size=1, max_size=40)
        demand = pd.Series(10.0, index=pd.date_range(AT, periods=60, freq="1min"))
        boot = timedelta(minutes=8)
        sandbox.add_fleet(Fleet("web", "app/shop/1", demand, timedelta(minutes=1), 100, boot))
        sandbox.client("autoscaling").set_desired_capacity(
            AutoScalingGroupName="web", DesiredCapacity=21
        )
        sandbox.advance(timedelta(minutes=10))
        yield lambda **tier: list(check_speed(one_tier(**tier), sandbox.aws, "web"))


def test_a_lead_that_is_too_short_is_told_with_the_measured_one(check):
    [text] = [one for one in said(check(lead_time="5m"), "warning") if "lead time" in one]
    assert "5m is shorter than 8m; measured: p95 of 20 launches 8m" in text
    assert "write lead_time: measured p95, or lead_time: 8m" in text


@pytest.mark.parametrize("lead", ["10m", "measured"])
def test_a_lead_that_covers_the_boot_is_fine(check, lead):
    assert any("measured: p95 of 20 launches" in one for one in said(check(lead_time=lead), "ok"))


def test_slow_boots_bring_advice_with_its_figure(check):
    advised = said(check(), "warning")
    assert any("bake into the image" in one and "8m, above 3m" in one for one in advised)
    assert any("warm pool" in one for one in advised)


def test_without_launches_nothing_is_judged(check):
    [found] = check(target={"type": "ec2-auto-scaling-group", "name": "idle"})
    assert found.level == "ok"
    assert found.text.startswith("lead time: 10m, default: 0 launches are known")
