from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from foresail.config import parse_config
from foresail.errors import ConfigError, InputError
from foresail.pipeline import planning
from foresail.pipeline.coordinating import coordinate
from foresail.pipeline.planning import Foreseen, need
from foresail.pipeline.tiers import tiers
from foresail.plan.capacity import quantile_columns
from foresail.plan.moves import ANY
from foresail.replay.promised import QUANTILES
from foresail.targets.base import LiveTarget

NOW = datetime(2026, 11, 16, tzinfo=UTC)
PAST = pd.date_range(NOW - timedelta(days=7), NOW, freq="5min", inclusive="left")
AHEAD = pd.date_range(NOW, periods=288, freq="5min")
METRIC = {"namespace": "Shop", "metric": "Calls", "stat": "Sum", "missing": "zero"}


def tier(name, capacity=100.0, **more):
    return {
        "name": name,
        "target": {"type": "ec2-auto-scaling-group", "name": name},
        "demand": {**METRIC, "dimensions": {"Tier": name}},
        "unit_capacity": f"{capacity:g} requests/s",
        "max": 100,
        **more,
    }


def service(*rows, **more):
    data = {"services": [{"name": "shop", "tiers": list(rows), **more}]}
    return tiers(parse_config(data, source="foresail.yaml"))


def wave(times):
    minutes = times.hour * 60 + times.minute
    return 600 + 400 * np.sin(2 * np.pi * np.asarray(minutes, dtype=float) / 1440)


def foresee(one, past, ahead, most=100):
    """A tier whose past demand is exact and whose own forecast is 10 % either way."""
    series = f"{one.name}/Calls"
    demand = pd.DataFrame({"series": series, "timestamp": PAST, "value": past, "censored": False})
    units = ahead / one.tier.unit_capacity.amount
    frame = pd.DataFrame({"series": one.name, "timestamp": AHEAD})
    for level, factor in ((0.1, 0.9), (0.5, 1.0), (0.9, 1.1), (0.95, 1.2)):
        frame[f"q{level}"] = units * factor
    live = LiveTarget(one.tier.target.type, one.tier.name, 1, most, 1)
    forecast = SimpleNamespace(details=pd.DataFrame({"series": [series], "trust": [0.9]}))
    return Foreseen(one, demand, live, forecast, frame, 0.9, "")


def shop(*rows, ratio=0.4, db_ahead=1.0, db_most=100, **more):
    """`db_ahead`: how the database's own forecast errs."""
    found = {one.tier.name: one for one in service(*rows, **more)}
    seen = {}
    for name, one in found.items():
        share = ratio if name == "db" else 1.0
        most = db_most if name == "db" else 100
        error = db_ahead if name == "db" else 1.0
        seen[name] = foresee(one, share * wave(PAST), share * error * wave(AHEAD), most)
    return next(iter(found.values())).service, seen


def test_a_tier_without_needs_plans_as_alone():
    config, seen = shop(tier("web"))
    row = coordinate(config, seen, {})["web"]
    pd.testing.assert_frame_equal(row.wanted, need(seen["web"]))
    assert row.notes == ()


def test_a_driven_tier_follows_the_one_above_not_its_own_forecast():
    config, seen = shop(tier("web", needs=["db"]), tier("db"), db_ahead=0.3)
    rows = coordinate(config, seen, {})
    assert "driven by web (0.4 busy units each); explains 100%" in rows["db"].notes[0]
    alone, driven = need(seen["db"])["needed"].max(), rows["db"].wanted["needed"].max()
    assert driven == np.ceil(1000 * 1.1 * 0.4 / 70)
    assert driven > 3 * alone


def test_a_driven_tier_is_trusted_as_those_that_drive_it():
    rows = [tier("web", needs=["app"]), tier("app", needs=["db"]), tier("db")]
    config, seen = shop(*rows)
    low = SimpleNamespace(details=pd.DataFrame({"series": ["db"], "trust": [0.1]}))
    seen["db"] = replace(seen["db"], forecast=low)
    driven = coordinate(config, seen, {})["db"].foreseen
    assert list(driven.evidence["series"]) == ["shop/web/Calls"]
    assert seen["db"].evidence["trust"].tolist() == [0.1]


def test_a_ratio_that_explains_nothing_leaves_the_own_forecast_and_says_so():
    config, seen = shop(tier("web", needs=["db"]), tier("db"))
    noise = np.random.default_rng(3).uniform(1, 900, len(PAST))
    seen["db"] = foresee(seen["db"].tier, noise, 300 + 0 * wave(AHEAD))
    row = coordinate(config, seen, {})["db"]
    assert "own forecast, not driven by web: the measured ratio explains" in row.notes[0]
    assert row.wanted["needed"].max() == need(seen["db"])["needed"].max()


def test_a_given_ratio_counts_also_where_the_past_shows_another():
    rows = [tier("web", needs=[{"tier": "db", "ratio": 0.8}]), tier("db")]
    config, seen = shop(*rows, ratio=0.4)
    row = coordinate(config, seen, {})["db"]
    assert row.wanted["needed"].max() == np.ceil(1000 * 1.1 * 0.8 / 70)


def test_a_given_ratio_needs_no_past():
    rows = [tier("web", needs=[{"tier": "db", "ratio": 0.8}]), tier("db")]
    config, seen = shop(*rows, ratio=0.4)
    seen["db"] = replace(seen["db"], demand=seen["db"].demand.assign(censored=True))
    row = coordinate(config, seen, {})["db"]
    assert "driven by web (0.8 busy units each)" in row.notes[0]
    assert row.wanted["needed"].max() == np.ceil(1000 * 1.1 * 0.8 / 70)


def test_callers_that_cover_different_quantiles_add():
    rows = [tier("web", needs=["db"]), tier("api", needs=["db"]), tier("db")]
    config, seen = shop(*rows)
    seen["web"] = replace(seen["web"], units=seen["web"].units.assign(**{"q0.99": 99.0}))
    noise = np.random.default_rng(3).uniform(0.5, 1.5, len(PAST))
    seen["api"] = foresee(seen["api"].tier, 600 * noise, wave(AHEAD))
    seen["db"] = foresee(seen["db"].tier, 0.4 * wave(PAST) + 120 * noise, wave(AHEAD))
    row = coordinate(config, seen, {})["db"]
    assert row.wanted["needed"].max() == pytest.approx(np.ceil(0.6 * 1000 * 1.1 / 70), abs=1)


def test_a_forecast_has_the_quantiles_that_other_tiers_cover():
    rows = [tier("web", needs=["db"]), tier("db", quantile=0.99), tier("jobs", risk=0.1)]
    web = shop(*rows)[1]["web"]
    target = SimpleNamespace(read=lambda _: web.live, moves=ANY)
    found = planning.foresee(web.tier, web.demand, target, NOW)
    levels = quantile_columns(found.units)
    assert {0.9, 0.99, *QUANTILES} <= set(levels)


def test_tiers_of_different_periods_keep_their_own_forecasts():
    rows = [tier("web", needs=["db"]), tier("db")]
    rows[1]["demand"] = {**rows[1]["demand"], "period": "1m"}
    config, seen = shop(*rows, db_ahead=0.3)
    row = coordinate(config, seen, {})["db"]
    assert row.notes == (
        "own forecast, not driven by web: demand there is in periods of 5m, here of 1m",
    )


def test_a_given_ratio_is_demand_per_demand():
    rows = [tier("web", needs=[{"tier": "db", "ratio": 3}]), tier("db", capacity=1000)]
    config, seen = shop(*rows, ratio=3)
    row = coordinate(config, seen, {})["db"]
    assert "driven by web (0.3 busy units each)" in row.notes[0]


def test_a_cache_in_between_is_counted_at_its_usual_rate():
    rate = {"namespace": "AWS/ElastiCache", "metric": "CacheHitRate", "stat": "Average"}
    rows = [tier("web", needs=[{"tier": "db", "ratio": 1, "hit_rate": rate}]), tier("db")]
    config, seen = shop(*rows, ratio=0.25)
    hits = pd.DataFrame({"timestamp": PAST, "value": 75.0})
    row = coordinate(config, seen, {("web", "db"): hits})["db"]
    assert "past its cache" in row.notes[0]
    assert row.wanted["needed"].max() == np.ceil(1000 * 1.1 * 0.25 / 70)


def test_a_cache_that_tells_nothing_is_noted_and_not_counted():
    rate = {"namespace": "AWS/ElastiCache", "metric": "CacheHitRate", "stat": "Average"}
    config, seen = shop(tier("web", needs=[{"tier": "db", "hit_rate": rate}]), tier("db"))
    hits = pd.DataFrame({"timestamp": PAST[:0], "value": np.zeros(0)})
    row = coordinate(config, seen, {("web", "db"): hits})["db"]
    assert row.notes[0].startswith("driven by web (0.4 busy units each)")
    assert "no data of the hit rate from web: its cache is not counted" in row.notes[0]


def test_a_hit_rate_of_aws_is_in_percent_however_low():
    rate = {"namespace": "AWS/ElastiCache", "metric": "CacheHitRate", "stat": "Average"}
    rows = [tier("web", needs=[{"tier": "db", "ratio": 1, "hit_rate": rate}]), tier("db")]
    config, seen = shop(*rows, ratio=0.991)
    hits = pd.DataFrame({"timestamp": PAST, "value": 0.9})
    row = coordinate(config, seen, {("web", "db"): hits})["db"]
    assert row.wanted["needed"].max() == np.ceil(1000 * 1.1 * 0.991 / 70)


def test_a_needed_tier_is_up_before_and_down_after_the_one_above():
    config, seen = shop(tier("web", needs=["db"]), tier("db"), ratio=1.0)
    rows = coordinate(config, seen, {})
    web, db = (rows[name].wanted for name in ("web", "db"))
    assert db["start"].min() == web["start"].min() - timedelta(minutes=2)
    for _, step in web.iterrows():
        inside = db[
            (db["start"] < step["end"] + timedelta(minutes=2))
            & (db["end"] > step["start"] - timedelta(minutes=2))
        ]
        assert inside["needed"].min() >= step["needed"]


CONNECTIONS = {"tier": "db", "connections": {"per_unit": 40, "limit_per_unit": 50, "share": 1.0}}


def test_the_database_takes_the_connections_that_the_app_opens():
    config, seen = shop(tier("web", needs=[CONNECTIONS]), tier("db"))
    rows = coordinate(config, seen, {})
    web = rows["web"].wanted["needed"].max()
    assert rows["db"].wanted["needed"].max() == np.ceil(web * 40 / 50)
    assert f"raised to {int(np.ceil(web * 0.8))} units for connections of web" in rows["db"].notes


def test_an_app_that_no_database_could_take_is_capped_with_the_cure():
    config, seen = shop(tier("web", needs=[CONNECTIONS]), tier("db"), db_most=8)
    rows = coordinate(config, seen, {})
    assert rows["web"].wanted["needed"].max() == 10
    assert (
        "capped at 10 of 16 units: at its maximum db takes 400 connections" in rows["web"].notes[0]
    )


def test_an_app_is_never_capped_below_its_minimum():
    config, seen = shop(tier("web", min=12, needs=[CONNECTIONS]), tier("db"), db_most=8)
    with pytest.raises(
        InputError, match=r"web: min is 12, but db at its maximum takes .* of 10"
    ) as e:
        coordinate(config, seen, {})
    assert "raise max of db" in str(e.value)


def test_no_connections_are_counted_of_units_that_an_app_may_not_have():
    config, seen = shop(tier("web", max=5, needs=[CONNECTIONS]), tier("db"), ratio=0.1)
    rows = coordinate(config, seen, {})
    assert rows["db"].wanted["needed"].max() == np.ceil(5 * 40 / 50)
    assert rows["web"].wanted["needed"].max() == 16  # so that the plan tells what max leaves out


def test_a_cap_goes_up_through_all_tiers():
    edge = {"tier": "app", "connections": {"per_unit": 10, "limit_per_unit": 10, "share": 1.0}}
    config, seen = shop(
        tier("web", needs=[edge]), tier("app", needs=[CONNECTIONS]), tier("db"), db_most=8
    )
    rows = coordinate(config, seen, {})
    assert rows["app"].wanted["needed"].max() == 10
    assert rows["web"].wanted["needed"].max() == 10


def at(frame, when):
    return int(frame.loc[(frame["start"] <= when) & (when < frame["end"]), "needed"].iloc[0])


def test_a_limit_on_the_database_also_limits_who_opens_its_connections():
    limit = {"name": "vcpus", "limit": 28, "per_unit": {"db": 4}}
    config, seen = shop(tier("web", needs=[CONNECTIONS]), tier("db"), limits=[limit])
    rows = coordinate(config, seen, {})
    assert rows["db"].wanted["needed"].max() == 7
    for when in AHEAD:
        assert at(rows["web"].wanted, when) * 40 <= at(rows["db"].wanted, when) * 50
    assert any("connections that db has left" in note for note in rows["web"].notes)


def test_under_a_limit_connections_are_claimed_too():
    limit = {"name": "vcpus", "limit": 54, "per_unit": {"web": 2, "db": 2}}
    config, seen = shop(tier("web", needs=[CONNECTIONS]), tier("db"), limits=[limit])
    rows = coordinate(config, seen, {})
    peak = max(AHEAD, key=lambda when: at(rows["web"].wanted, when))
    web, db = (at(rows[name].wanted, peak) for name in ("web", "db"))
    assert (web, db) == (15, 12)  # of 16 and 13: not the database's own need of 7


def test_what_a_tier_may_not_have_is_not_claimed():
    limit = {"name": "vcpus", "limit": 21, "per_unit": {"web": 1, "db": 1}}
    config, seen = shop(tier("web", max=5), tier("db"), ratio=1.0, limits=[limit])
    rows = coordinate(config, seen, {})
    assert rows["db"].wanted["needed"].max() == 16
    assert rows["db"].notes == ()


def test_a_shared_limit_is_kept_at_each_moment():
    limit = {"name": "vcpus", "limit": 40, "per_unit": {"web": 2, "db": 4}}
    config, seen = shop(tier("web", needs=["db"]), tier("db"), ratio=1.0, limits=[limit])
    rows = coordinate(config, seen, {})
    for when in AHEAD:
        used = sum(
            cost * int(w.loc[(w["start"] <= when) & (when < w["end"]), "needed"].iloc[0])
            for cost, w in ((2, rows["web"].wanted), (4, rows["db"].wanted))
        )
        assert used <= 40
    assert any("limit vcpus (40) leaves web" in note for note in rows["web"].notes)


def test_minimums_beyond_a_limit_are_refused():
    limit = {"name": "vcpus", "limit": 5, "per_unit": {"web": 2, "db": 4}}
    config, seen = shop(tier("web"), tier("db"), limits=[limit])
    with pytest.raises(InputError, match="the minimums of its tiers take 6"):
        coordinate(config, seen, {})


POOL = {"tier": "db", "connections": {"per_unit": 1, "limit_per_unit": 9}}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([tier("web", needs=["db"]), tier("db", needs=["web"])], "need each other in a circle"),
        ([tier("web", needs=["dbb"]), tier("db")], "web needs 'dbb', which is no tier"),
        ([tier("web", needs=[{"tier": "db", "ratio": 0}]), tier("db")], "ratio"),
        ([tier("web", needs=[{"tier": "db", "rate": 2}]), tier("db")], "unknown key"),
        ([tier("web", value=0), tier("db")], "value"),
        ([tier("web", value=float("inf")), tier("db")], "value"),
        ([tier("web", utilization=10**400)], "utilization: a number of that size"),
        ([tier("web", needs=["db", {"tier": "db"}]), tier("db")], "web needs 'db' twice"),
        ([*(tier(name, needs=[POOL]) for name in ("web", "jobs")), tier("db")],
         "web and jobs together may use 180% of the connections of db"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_graph_is_told(rows, said):
    with pytest.raises(ConfigError, match=said):
        service(*rows)


def test_a_limit_on_a_tier_that_is_not_there_is_told():
    with pytest.raises(ConfigError, match="limit 'vcpus' counts 'wb', which is no tier"):
        service(tier("web"), limits=[{"name": "vcpus", "limit": 9, "per_unit": {"wb": 1}}])


def test_behind_a_cache_that_grows_more_is_needed_until_it_is_warm():
    rate = {"namespace": "AWS/ElastiCache", "metric": "CacheHitRate", "stat": "Average"}
    edge = {"tier": "db", "hit_rate": rate}
    rows = {}
    for name, more in (("warm", {}), ("cold", {"warm_up": "5m"})):
        config, seen = shop(tier("web", needs=[{**edge, **more}]), tier("db"), ratio=0.1)
        hits = pd.DataFrame({"timestamp": PAST, "value": 90.0})
        rows[name] = coordinate(config, seen, {("web", "db"): hits})["db"]
    assert rows["warm"].wanted["needed"].max() == np.ceil(1000 * 1.1 * 0.1 / 70)
    assert rows["cold"].wanted["needed"].max() > rows["warm"].wanted["needed"].max()
    assert "web grows cold by" in rows["cold"].notes[0]


def test_a_warm_up_without_a_cache_is_told():
    with pytest.raises(ConfigError, match="warm_up is of a cache, but no hit_rate"):
        service(tier("web", needs=[{"tier": "db", "warm_up": "5m"}]), tier("db"))
