"""Each type from configuration to rollback on the sandbox; a new type adds a line here.

Types that the sandbox cannot hold are in `STUBBED`, and their own tests lay out AWS's answers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest

from foresail import operations
from foresail.changes.names import name_for, owned
from foresail.changes.writes import phases
from foresail.config import parse_config
from foresail.errors import InputError
from foresail.pipeline import plan_all
from foresail.sandbox import Sandbox
from foresail.targets.base import LiveTarget, ScheduledAction, scheduled
from foresail.targets.registry import open_target, target_classes
from recorder import PULL, Recorder, allowed, put_again
from targets.resources import MAKERS, SCHEDULER

NOW = datetime(2026, 11, 20, 15, 2, tzinfo=UTC)
LEAST = 2  # of a plan where nothing is in force
STUBBED = {"elasticache-serverless-minimum"}
every = pytest.mark.parametrize("type_name", sorted(MAKERS))


def test_each_type_is_here():
    assert set(MAKERS) | STUBBED == set(target_classes())


@pytest.fixture(scope="module")
def sandbox():
    times = pd.date_range("2026-11-16T15:00Z", NOW, freq="1h", inclusive="left")
    share = (times.hour * 60 + times.minute) / 1440
    demand = pd.Series(600 - 500 * np.cos(share * 2 * np.pi), index=times)
    with Sandbox(start=NOW) as running:
        running.client("cloudwatch").put_metric_data(
            Namespace="Shop",
            MetricData=[
                {"MetricName": "Orders", "Timestamp": when, "Value": value * 3600}
                for when, value in demand.items()
            ],
        )
        yield running


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """One for all: the demand is pulled once."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def made(sandbox):
    """Names of the resources, each made when it is first asked for."""
    names = {}

    def name(type_name):
        if type_name not in names:
            names[type_name] = MAKERS[type_name](sandbox)
        return names[type_name]

    return name


@pytest.fixture
def job(made, store, aws):
    """Give the configuration of a tier on a type, whose peak is twice what is in force."""

    def config(type_name):
        scheduler = parse_scheduler(type_name)
        target = open_target(type_name, aws, scheduler)
        floor = max(target.read(made(type_name)).min_size, LEAST)
        tier = {
            "name": "tier", "target": {"type": type_name, "name": made(type_name)},
            "demand": {"namespace": "Shop", "metric": "Orders", "period": "1h"},
            "unit_capacity": f"{1100 / floor} orders/s", "min": floor, "max": 2 * floor,
            "guardrails": {"increase": "2000%", "decrease": "100%"},
        }  # fmt: skip
        return configured(store, tier, scheduler.model_dump())

    return config


def configured(store, tier, scheduler):
    services = [{"name": "shop", "tiers": [tier]}]
    data = {"store": str(store), "history": "4d", "horizon": "24h", "services": services}
    return parse_config({**data, "scheduler": scheduler}, source="test")


def parse_scheduler(type_name):
    tier = {
        "name": "t", "target": {"type": type_name, "name": "x"}, "max": 2,
        "demand": {"namespace": "Shop", "metric": "Orders"}, "unit_capacity": "1 orders/s",
    }  # fmt: skip
    return configured("s", tier, {**SCHEDULER, "group": f"foresail-{type_name}"}).scheduler


class Kept:
    """The sandbox's account, whose clients are made once."""

    def __init__(self, aws):
        self.client = cache(aws.client)


@pytest.fixture(scope="module")
def aws(sandbox):
    return Recorder(Kept(sandbox.aws))


def live(config, aws):
    target = config.services[0].tiers[0].target
    return open_target(target.type, aws, config.scheduler).read(target.name)


@every
def test_plan_apply_read_back_and_rollback(job, aws, type_name):
    """What is planned stands, once, and goes again; with no call that the policies do not allow."""
    config = job(type_name)
    before = live(config, aws)
    aws.taken()
    plan, _ = plan_all(config, aws, NOW)
    read = aws.taken()
    wanted = scheduled(plan.tiers[0].wanted)
    floor = config.services[0].tiers[0].min
    assert floor < max(action.min_size for action in wanted) <= 2 * floor
    [row] = operations.apply_all(config, plan, aws, lambda: NOW)
    assert row["created"] == len(wanted)
    written = aws.taken()
    after = live(config, aws)
    assert set(owned(after)) == set(plan.tiers[0].wanted)
    assert after.min_size == before.min_size
    [status] = operations.status_of(config, aws, NOW)
    assert status.drift.pending == ()
    assert read | aws.taken() == allowed(type_name, write=False)
    put_again(config, aws)
    steps = operations.rollback_plan(config, aws, NOW)
    operations.rollback_all(config, aws, steps, lambda: NOW)
    assert live(config, aws) == before
    assert written | aws.taken() | set(PULL) == allowed(type_name, write=True)


@pytest.mark.parametrize("type_name", target_classes())
def test_a_plan_beyond_the_quota_is_refused_before_anything_is_written(type_name):
    quota = target_classes()[type_name].quota
    starts = [NOW + timedelta(minutes=minute) for minute in range(1, quota + 1)]
    theirs = tuple(ScheduledAction(f"theirs-{s:%d%H%M}", start=s, min_size=1) for s in starts)
    full = LiveTarget(type_name, "web", 1, 9, None, theirs)
    ours = ScheduledAction(name_for("web", NOW, ()), start=NOW + timedelta(days=2), min_size=2)
    with pytest.raises(InputError, match=f"beside {quota} of others, but the plan has 1"):
        phases(full, [ours], quota=quota, now=NOW)
