"""Two tiers planned together on the sandbox: once, and again before there is new data."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.config import parse_config
from foresail.operations import apply_all
from foresail.pipeline import plan_all
from foresail.sandbox import Fleet, Sandbox, create_group, seed_history

NOW = datetime(2026, 11, 20, 15, 3, tzinfo=UTC)


def tier(name, **more):
    balancer = {"LoadBalancer": f"app/{name}/1"}
    return {
        "name": name,
        "target": {"type": "ec2-auto-scaling-group", "name": name},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount",
                   "dimensions": balancer, "missing": "zero"},
        "unit_capacity": "100 requests/s", "min": 2, "max": 40,
        "guardrails": {"increase": "2000%"}, **more,
    }  # fmt: skip


@pytest.fixture
def sandbox():
    times = pd.date_range("2026-11-13", periods=9 * 288, freq="5min", tz="UTC")
    wave = 600 - 500 * np.cos(np.arange(len(times)) * 2 * np.pi / 288)
    with Sandbox(start=NOW) as running:
        for name, share in (("web", 1.0), ("base", 0.5)):
            create_group(running, name, min_size=2, max_size=40, desired=8, target_tracking=70)
            demand = pd.Series(share * wave, index=times)
            fleet = Fleet(name, f"app/{name}/1", demand, timedelta(minutes=5), 100.0)
            running.add_fleet(fleet)
            seed_history(running, fleet)
        yield running


def test_a_plan_of_two_tiers_is_in_order_and_the_same_again_changes_nothing(sandbox, tmp_path):
    limit = {"name": "vcpus", "limit": 60, "per_unit": {"web": 2, "base": 4}}
    service = {"name": "shop", "tiers": [tier("web", needs=["base"]), tier("base")]}
    data = {"store": str(tmp_path), "history": "7d", "horizon": "24h"}
    made = parse_config({**data, "services": [{**service, "limits": [limit]}]}, source="test")
    plan, _ = plan_all(made, sandbox.aws, NOW)
    base, web = plan.tiers
    assert base.about["notes"][0].startswith("driven by web (0.5 busy units each)")
    assert any("limit vcpus (60)" in note for one in (base, web) for note in one.about["notes"])
    assert base.wanted[-1].start > web.wanted[-1].start  # back to its floor after the one above
    apply_all(made, plan, sandbox.aws, lambda: NOW)
    again, _ = plan_all(made, sandbox.aws, NOW + timedelta(minutes=1))
    assert not again.has_changes
