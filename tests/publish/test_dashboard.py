"""A service's dashboard: its structure, CloudWatch's limits, and what is written of it."""

from __future__ import annotations

import json
import re

import pytest

from foresail.errors import InputError
from foresail.pipeline.tiers import tiers
from foresail.publish.alarms import alarm_writes, write_alarms
from foresail.publish.dashboard import dashboard_body
from foresail.publish.dashboards import dashboard_writes, write_dashboards
from foresail.sandbox import Sandbox
from publish.sample import METRIC, NOW, config, forecast, store, tier

BAND = {0.1: "0.1", 0.5: "0.5", 0.9: "0.9", 0.95: "0.95"}


def body(made, **options):
    return dashboard_body(tiers(made), options.pop("forecasts", {}), **options)


def by_title(shown):
    return {w["properties"].get("title", w["type"]): w for w in shown["widgets"]}


def test_what_stands_where(tmp_path):
    alarm = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:foresail-shop/web/above-forecast"
    made = config(tmp_path, tiers=[tier(), tier("api")])
    shown = body(made, forecasts={"shop/web": forecast()}, alarms=[alarm])
    layout = [(w["type"], w["x"], w["y"], w["width"], w["height"]) for w in shown["widgets"]]
    assert layout == [
        ("text", 0, 0, 12, 4), ("alarm", 12, 0, 12, 4),
        ("metric", 0, 4, 12, 6), ("metric", 12, 4, 12, 6),
        ("metric", 0, 10, 12, 6), ("metric", 12, 10, 12, 6),
        ("metric", 0, 16, 12, 6), ("metric", 12, 16, 12, 6),
        ("metric", 0, 22, 12, 6), ("metric", 12, 22, 12, 6),
    ]  # fmt: skip
    titles = by_title(shown)
    assert list(titles) == [
        "text", "Alarms",
        "web: RequestCount, against its forecast", "web: units",
        "web: utilisation", "web: under-capacity minutes",
        "api: RequestCount, against its forecast", "api: units",
        "api: utilisation", "api: under-capacity minutes",
    ]  # fmt: skip
    assert titles["Alarms"]["properties"]["alarms"] == [alarm]
    words = titles["text"]["properties"]["markdown"]
    assert "plan p1 of 2026-11-24 12:02 UTC; up to 82 units until 2026-11-26 12:00" in words
    assert "**api**: no plan yet" in words
    assert json.loads(json.dumps(shown)) == shown


def test_demand_is_drawn_in_the_unit_of_its_band(tmp_path):
    graph = by_title(body(config(tmp_path)))["web: RequestCount, against its forecast"]
    hidden, demand, *band = graph["properties"]["metrics"]
    assert hidden[:4] == ["AWS/ApplicationELB", "RequestCount", "LoadBalancer",
                          METRIC["dimensions"]["LoadBalancer"]]  # fmt: skip
    assert hidden[4] == {"id": "m0", "stat": "Sum", "period": 300, "visible": False}
    assert demand[0]["expression"] == "FILL(m0, 0) / PERIOD(m0)"
    assert [row[:10] for row in band] == [
        ["Foresail", "ForecastDemand", "Service", "shop", "Tier", "web",
         "Signal", "RequestCount", "Quantile", text]
        for text in BAND.values()
    ]  # fmt: skip


def test_units_utilisation_and_shortage_come_from_the_groups_own_metrics(tmp_path):
    titles = by_title(body(config(tmp_path)))
    units = titles["web: units"]["properties"]
    assert [row[1] for row in units["metrics"]] == [
        "PlannedFloor", "NeededUnits", "GroupInServiceInstances", "ForecastTrust",
    ]  # fmt: skip
    assert units["metrics"][-1][-1]["yAxis"] == "right"
    busy = titles["web: utilisation"]["properties"]
    assert busy["metrics"][-1][0]["expression"] == "(FILL(m0, 0) / PERIOD(m0)) / 100 / units"
    assert [line["value"] for line in busy["annotations"]["horizontal"]] == [0.7, 0.8]
    under = titles["web: under-capacity minutes"]["properties"]["metrics"][-1][0]["expression"]
    assert under == "IF((FILL(m0, 0) / PERIOD(m0)) / 100 / units > 0.8, 5, 0)"


def test_ids_are_unique_in_each_widget_and_expressions_know_theirs(tmp_path):
    two = [METRIC, {**METRIC, "metric": "Logins", "unit_capacity": "10 logins/s"}]
    for widget in body(config(tmp_path, tiers=[tier(demand=two)]))["widgets"]:
        rows = [row[-1] for row in widget["properties"].get("metrics", [])]
        ids = [row["id"] for row in rows]
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(r"[a-z]\w*", one) for one in ids)
        for row in rows:
            used = set(re.findall(r"\b[a-z]\w*", row.get("expression", "")))
            assert used <= set(ids)


def test_without_a_count_of_units_there_is_no_utilisation(tmp_path):
    target = {"type": "aurora-replicas", "name": "cluster:orders"}
    made = config(tmp_path, tiers=[tier(target=target, max=15)])
    assert set(by_title(body(made))) == {
        "text", "web: RequestCount, against its forecast", "web: units",
    }  # fmt: skip


def test_more_than_cloudwatch_shows_is_refused(tmp_path):
    many = [{**tier(f"t{n}"), "target": {"type": "ec2-auto-scaling-group", "name": f"g{n}"}}
            for n in range(150)]  # fmt: skip
    with pytest.raises(InputError, match=r"dashboard foresail-shop: 601 widgets") as caught:
        body(config(tmp_path, tiers=many))
    assert "split the service" in caught.value.cure


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        yield running


def run(sandbox, made, **options):
    writes = dashboard_writes(made, sandbox.aws, **options)
    write_dashboards(sandbox.aws, writes)
    return {write.name: write.operation for write in writes}


def test_written_where_it_differs_and_deleted_where_owned(sandbox, tmp_path):
    client = sandbox.client("cloudwatch")
    client.put_dashboard(DashboardName="theirs", DashboardBody='{"widgets": []}')
    made = config(tmp_path)
    assert run(sandbox, made) == {"foresail-shop": "create"}
    assert run(sandbox, made) == {"foresail-shop": "keep"}
    store(made, forecast())
    write_alarms(sandbox.aws, alarm_writes(made, sandbox.aws))
    assert run(sandbox, made) == {"foresail-shop": "update"}
    text = client.get_dashboard(DashboardName="foresail-shop")["DashboardBody"]
    titles = by_title(json.loads(text))
    assert len(titles["Alarms"]["properties"]["alarms"]) == 2
    assert "plan p1" in titles["text"]["properties"]["markdown"]
    client.put_dashboard(DashboardName="foresail-shop", DashboardBody='{"widgets": []}')
    assert run(sandbox, made) == {"foresail-shop": "update"}  # edited by hand
    assert run(sandbox, made, delete=True) == {"foresail-shop": "delete"}
    assert run(sandbox, made, delete=True) == {}
    names = [one["DashboardName"] for one in client.list_dashboards()["DashboardEntries"]]
    assert names == ["theirs"]


def test_two_services_of_one_dashboard_name_are_refused(sandbox, tmp_path):
    other = tier(target={"type": "ec2-auto-scaling-group", "name": "other"})
    pair = [{"name": "shop.eu", "tiers": [tier()]}, {"name": "shop-eu", "tiers": [other]}]
    with pytest.raises(InputError, match="would share the dashboard foresail-shop-eu"):
        run(sandbox, config(tmp_path, services=pair))
