"""History brought up to now, and a service's past for a backtest, on the sandbox."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.config import parse_config
from foresail.errors import InputError
from foresail.pipeline.backtesting import replayable
from foresail.pipeline.refreshing import refresh
from foresail.sandbox import Fleet, Sandbox, create_group, seed_history

NOW = datetime(2026, 11, 20, 15, 3, tzinfo=UTC)


def tier(name, **more):
    return {
        "name": name,
        "target": {"type": "ec2-auto-scaling-group", "name": name},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount",
                   "dimensions": {"LoadBalancer": f"app/{name}/1"}, "missing": "zero"},
        "unit_capacity": "100 requests/s", "max": 40, **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def sandbox():
    times = pd.date_range("2026-11-18", periods=3 * 288, freq="5min", tz="UTC")
    demand = pd.Series(600 - 500 * np.cos(np.arange(len(times)) * 2 * np.pi / 288), index=times)
    with Sandbox(start=NOW) as running:
        for name in ("web", "base"):
            create_group(running, name, min_size=2, max_size=40, desired=8, target_tracking=70)
            fleet = Fleet(name, f"app/{name}/1", demand, timedelta(minutes=5), 100.0)
            running.add_fleet(fleet)
            seed_history(running, fleet)
        yield running


def config(store, *tiers, **service):
    shop = {"name": "shop", "tiers": list(tiers), **service}
    data = {"store": str(store), "history": "2d", "horizon": "24h", "services": [shop]}
    return parse_config(data, source="test")


def test_every_tier_is_pulled_into_the_store_up_to_its_last_closed_period(sandbox, tmp_path):
    told = []
    made = config(tmp_path, tier("web"), tier("base"))
    rows = refresh(made, sandbox.aws, NOW, progress=told.append)
    assert [row.tier for row in rows] == ["shop/web", "shop/base"]
    assert rows[0].end == datetime(2026, 11, 20, 14, 55, tzinfo=UTC)
    assert rows[0].rows >= 575
    assert rows[0].to_json()["to"] == "2026-11-20T14:55:00+00:00"
    assert list(tmp_path.rglob("*.parquet")) and any("shop/web" in line for line in told)


def test_a_service_that_is_not_there_is_named(sandbox, tmp_path):
    with pytest.raises(InputError, match="'shoe'"):
        refresh(config(tmp_path, tier("web")), sandbox.aws, NOW, service="shoe")


def test_a_backtest_replays_all_tiers_in_the_services_zone(sandbox, tmp_path):
    made = config(tmp_path, tier("web"), tier("base"), timezone="Asia/Kolkata", calendar="US")
    past = replayable(made, sandbox.aws, NOW, "shop")
    assert set(past.demand["series"]) == set(past.unit_capacity)
    assert set(past.unit_capacity.values()) == {100.0}
    assert past.place.timezone == "Asia/Kolkata"
    assert replayable(made, sandbox.aws, NOW, "shop", timezone="UTC").place.timezone == "UTC"


def test_tiers_of_several_zones_need_one_to_count_days_in(sandbox, tmp_path):
    made = config(tmp_path, tier("web", timezone="Asia/Tokyo"), tier("base"))
    with pytest.raises(InputError, match="several time zones: Asia/Tokyo, UTC"):
        replayable(made, sandbox.aws, NOW, "shop")
    assert not list(tmp_path.rglob("*.parquet"))
    assert replayable(made, sandbox.aws, NOW, "shop", timezone="UTC").place.timezone == "UTC"
