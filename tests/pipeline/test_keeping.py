"""What is kept of a plan: the signal that leads, the plan by the period, the kind of resource."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest

from foresail.config import parse_config
from foresail.forecast.api import Forecast
from foresail.pipeline.keeping import keep_forecasts, resource_kind, stored_forecast
from foresail.pipeline.planning import Planned
from foresail.pipeline.tiers import tiers
from foresail.store.opening import folder_store
from foresail.targets.registry import target_classes

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TIMES = pd.date_range(NOW, periods=12, freq="5min")
METRIC = {"namespace": "App", "metric": "Requests"}


def config(folder):
    tier = {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": [METRIC, {**METRIC, "metric": "Logins", "unit_capacity": "2 logins/s"}],
        "unit_capacity": "100 requests/s",
        "max": 60,
    }
    data = {"store": str(folder), "services": [{"name": "shop", "tiers": [tier]}]}
    return parse_config(data, source="test")


def planned(made, *, requests=200.0, logins=10.0):
    """A plan of two signals: 2 units' worth of requests, 5 of logins."""
    [tier] = tiers(made)
    rows = {"shop/web/Requests": requests, "shop/web/Logins": logins}
    frame = pd.concat(
        [
            pd.DataFrame(
                {
                    "series": name,
                    "timestamp": TIMES,
                    "q0.5": peak / 2,
                    "q0.9": [peak, *[peak / 2] * 11],
                }
            )
            for name, peak in rows.items()
        ],
        ignore_index=True,
    )
    details = pd.DataFrame(
        {
            "series": list(rows), "trust": [0.9, 0.6], "pattern": ["seasonal", "spike"],
            "urgency": ["low", "high"], "verdict": "ok",
        }
    )  # fmt: skip
    before = pd.date_range(end=NOW - timedelta(minutes=5), periods=3, freq="5min")
    demand = pd.concat(
        [
            pd.DataFrame({"series": name, "timestamp": before, "value": [1.0, peak, float("nan")]})
            for name, peak in rows.items()
        ]
    )
    starts = [NOW - timedelta(minutes=10), NOW + timedelta(minutes=20)]
    steps = pd.DataFrame({"series": "shop/web", "start": starts, "capacity": [8, 5]})
    needed = pd.DataFrame({"series": "shop/web", "start": starts, "needed": [7, 4]})
    forecast = Forecast(frame, timedelta(minutes=5), details, pd.DataFrame())
    return Planned(tier, demand, forecast, steps, needed, SimpleNamespace(about={"quantile": 0.9}))


def test_the_signal_that_asks_for_most_units_speaks(tmp_path):
    facts = stored_forecast(planned(config(tmp_path)), "p1", NOW).facts
    assert (facts.signal, facts.pattern, facts.urgency) == ("Logins", "spike", "high")
    assert (facts.current_demand, facts.predicted_demand) == (10.0, 5.0)
    more = stored_forecast(planned(config(tmp_path), requests=2000), "p1", NOW).facts
    assert (more.signal, more.pattern) == ("Requests", "seasonal")
    assert facts.confidence == more.confidence == 0.6  # the least trusted


def test_the_plan_is_told_by_the_period(tmp_path):
    stored = stored_forecast(planned(config(tmp_path)), "p1", NOW)
    assert (stored.facts.id, stored.facts.recommended_capacity) == ("p1-shop-web", 8)
    for name in ("Requests", "Logins"):
        mine = stored.frame[stored.frame["signal"] == name]
        assert mine["planned_floor"].tolist() == [8] * 4 + [5] * 8
        assert mine["needed_units"].tolist() == [7] * 4 + [4] * 8


def test_kept_where_the_store_is(tmp_path):
    made = config(tmp_path)
    store, later = folder_store(tmp_path).forecasts, NOW + timedelta(hours=1)
    keep_forecasts(store, [planned(made)], "p1", NOW)
    keep_forecasts(store, [planned(made, requests=2000)], "p2", later)
    assert store.read("shop", "web").facts.plan_id == "p2"
    kept = store.made_between("shop", "web", NOW, later)
    assert [one.facts.plan_id for one in kept] == ["p1"]


@pytest.mark.parametrize(
    ("type_name", "kind"),
    [
        ("ec2-auto-scaling-group", "compute"), ("ecs-service", "compute"),
        ("lambda-provisioned-concurrency", "compute"), ("sagemaker-variant", "compute"),
        ("aurora-replicas", "database"), ("dynamodb-table-read", "database"),
        ("elasticache-node-groups", "cache"), ("rds-storage", "storage"),
        ("kinesis-shards", "storage"), ("elb-capacity-units", "network"),
        ("apigateway-stage", "network"),
    ],
)  # fmt: skip
def test_each_kind_of_resource(type_name, kind):
    assert type_name in target_classes()
    assert resource_kind(type_name) == kind
