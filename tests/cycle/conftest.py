"""Two services on a sandbox, a clock that moves by hand, and what a run does with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.changes.floor import Floor
from foresail.changes.names import owned
from foresail.config import parse_config
from foresail.cycle import plan_and_apply
from foresail.cycle.work import Work
from foresail.sandbox import Fleet, Sandbox, create_group, seed_history
from foresail.store.opening import open_store
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup

NOW = datetime(2026, 11, 20, 15, 3, tzinfo=UTC)
SERVICES = {"shop": "web", "batch": "jobs"}
FREE = {"ask": "never"}


def tier(name, **more):
    return {
        "name": name,
        "target": {"type": "ec2-auto-scaling-group", "name": name},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount",
                   "dimensions": {"LoadBalancer": f"app/{name}/1"}, "missing": "zero"},
        "unit_capacity": "100 requests/s", "min": 2, "max": 60,
        "guardrails": {"increase": "2000%"}, **more,
    }  # fmt: skip


@dataclass
class Operator:
    """Runs services of one configuration; `now` moves by hand."""

    sandbox: Sandbox
    folder: object
    service: dict = field(default_factory=dict)
    tier: dict = field(default_factory=dict)
    top: dict = field(default_factory=dict)
    now: datetime = NOW
    said: list = field(default_factory=list)

    def __post_init__(self):
        self.aws = self.sandbox.aws

    @property
    def config(self):
        data = {"store": str(self.folder), "history": "7d", "horizon": "24h", **self.top}
        services = [
            {"name": name, "tiers": [tier(one, **self.tier)], **self.service}
            for name, one in SERVICES.items()
        ]
        return parse_config({**data, "services": services}, source="test")

    @property
    def store(self):
        return open_store(self.config, self.aws, lambda: self.now)

    @property
    def work(self):
        clock = lambda: self.now  # noqa: E731
        return Work(self.config, self.aws, self.store, clock, self.said.append)

    def run(self, service="shop", on=None):
        """Run; `on` is told each step before it is done."""
        return plan_and_apply(
            self.config,
            self.aws,
            lambda: self.now,
            service=service,
            progress=on or self.said.append,
        )

    def live(self, group="web"):
        return AutoScalingGroup(self.sandbox.aws).read(group)

    def written(self, group="web"):
        """Names of foresail's actions on a group."""
        return [one.name for one in owned(self.live(group))]

    def floor(self, group="web"):
        """Floor over time of what stands on a group."""
        live = self.live(group)
        return Floor.of(live.min_size, owned(live))

    def later(self, **span):
        self.now += timedelta(**span)


@pytest.fixture
def sandbox():
    times = pd.date_range("2026-11-13", periods=9 * 288, freq="5min", tz="UTC")
    wave = 600 - 500 * np.cos(np.arange(len(times)) * 2 * np.pi / 288)
    with Sandbox(start=NOW) as running:
        for name in SERVICES.values():
            create_group(running, name, min_size=2, max_size=60, desired=8, target_tracking=70)
            demand = pd.Series(wave, index=times)
            fleet = Fleet(name, f"app/{name}/1", demand, timedelta(minutes=5), 100.0)
            running.add_fleet(fleet)
            seed_history(running, fleet)
        yield running


@pytest.fixture
def operator(sandbox, tmp_path):
    return Operator(sandbox, tmp_path / "store")
