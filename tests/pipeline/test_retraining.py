"""Levels learned anew are those that scores taught, and replace what was lost or spoilt."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.config import parse_config
from foresail.pipeline import plan_all
from foresail.pipeline.feedback import LEVELS, learned_partition, read_learned
from foresail.pipeline.keeping import keep_forecasts
from foresail.pipeline.retraining import retrain
from foresail.pipeline.scoring import score_all
from foresail.pipeline.tiers import tiers
from foresail.sandbox import Fleet, Sandbox, create_group, seed_history
from foresail.store.opening import open_store
from foresail.store.records import Put

NOW = datetime(2026, 11, 20, 23, 53, tzinfo=UTC)
SIX = timedelta(hours=6)
SETTLED = timedelta(minutes=47)  # from a plan of NOW to what is known of a window after its end


def config(folder, capacity="100 requests/s"):
    tier = {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount",
                   "dimensions": {"LoadBalancer": "app/web/1"}, "missing": "zero"},
        "unit_capacity": capacity, "max": 60,
    }  # fmt: skip
    data = {"store": str(folder), "history": "7d", "horizon": "24h",
            "services": [{"name": "shop", "tiers": [tier]}]}  # fmt: skip
    return parse_config(data, source="test")


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """A day of four windows, each scored once it had settled."""
    made = config(tmp_path_factory.mktemp("store"))
    times = pd.date_range("2026-11-13", periods=11 * 288, freq="5min", tz="UTC")
    wave = 900 - 600 * np.cos(np.arange(len(times)) * 2 * np.pi / 288)
    noise = 1 + 0.04 * np.random.default_rng(3).normal(size=len(times))
    with Sandbox(start=NOW) as sandbox:
        create_group(sandbox, "web", min_size=2, max_size=60, desired=8, target_tracking=70)
        demand = pd.Series(wave * noise, index=times)
        fleet = Fleet("web", "app/web/1", demand, timedelta(minutes=5), 100.0)
        sandbox.add_fleet(fleet)
        seed_history(sandbox, fleet)
        for window in range(4):
            now = sandbox.clock.now
            plans, planned = plan_all(made, sandbox.aws, now)
            forecasts = open_store(made, sandbox.aws, lambda: now).forecasts  # noqa: B023
            keep_forecasts(forecasts, planned, plans.id, now)
            sandbox.advance(NOW + (window + 1) * SIX + SETTLED)
            score_all(made, sandbox.aws, sandbox.clock.now)
        yield made, sandbox


def kept(made, sandbox):
    [tier] = tiers(made)
    store = open_store(made, sandbox.aws, lambda: sandbox.clock.now)
    return tier, store, read_learned(store.records, tier)


def plain(found):
    """What was learned, but for the last digits: sums depend on the order of rows."""
    text = json.dumps(found.learned.to_json())
    return json.loads(text, parse_float=lambda digits: round(float(digits), 9))


def test_all_windows_at_once_teach_what_each_taught(scored):
    made, sandbox = scored
    before = kept(made, sandbox)[2]
    [row] = retrain(made, sandbox.aws, sandbox.clock.now)
    after = kept(made, sandbox)[2]
    assert row.windows == len(before.learned.losses) == 4
    assert plain(after) == plain(before)
    assert after.version == before.version + 1
    assert (row.tier, row.used) == ("shop/web", False)


def test_a_record_that_cannot_be_read_is_learned_anew(scored):
    made, sandbox = scored
    tier, store, before = kept(made, sandbox)
    store.records.write(Put(learned_partition(tier), LEVELS, {"format": 0}))
    assert kept(made, sandbox)[2].note
    retrain(made, sandbox.aws, sandbox.clock.now)
    assert plain(kept(made, sandbox)[2]) == plain(before)


def test_a_unit_that_serves_less_than_configured_is_said_with_the_value(scored, tmp_path):
    _, sandbox = scored
    [row] = retrain(config(tmp_path, "160 requests/s"), sandbox.aws, sandbox.clock.now)
    assert row.windows == 0
    assert any("unit" in reason for reason in row.drifts)
    assert row.to_json()["drifts"] == list(row.drifts)


def test_nothing_is_written_to_the_fleet(scored):
    made, sandbox = scored
    retrain(made, sandbox.aws, sandbox.clock.now)
    actions = sandbox.client("autoscaling").describe_scheduled_actions()
    assert actions["ScheduledUpdateGroupActions"] == []
