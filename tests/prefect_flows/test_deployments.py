"""Deployments: a flow each, a schedule for each time zone; prefect.yaml is what the demo needs."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import load_flow_from_entrypoint

from flows.deployments import CRONS, deployments, text_of
from foresail.config import load_config, parse_config
from foresail.demo.scenario import config_text, shop
from prefect_flows.sample import service

ROOT = Path(__file__).parents[2]


def test_the_file_in_the_repository_is_what_the_demo_needs():
    demo = parse_config(yaml.safe_load(config_text(shop())), source="demo")
    assert (ROOT / "prefect.yaml").read_text() == text_of(demo, Path("foresail.yaml"))


@pytest.mark.parametrize("name", CRONS)
def test_each_deployment_is_a_flow_that_takes_the_configuration(name, written):
    config = load_config(written(service("web", timezone="Asia/Tokyo")))
    rows = deployments(config, Path("x.yaml"))["deployments"]
    [mine] = [row for row in rows if row["entrypoint"] == f"flows.{name}.{name}"]
    flow = load_flow_from_entrypoint(mine["entrypoint"])
    assert isinstance(flow, Flow)
    assert flow.name == name.replace("_", "-")
    taken = set(flow.parameters.properties)
    given = [mine["parameters"], *(one["parameters"] for one in mine["schedules"])]
    assert {key for one in given for key in one} <= taken


def test_a_zone_has_its_own_schedule_in_its_own_time(written):
    here = (service("web", "a", timezone="Asia/Tokyo"), service("base", "b", timezone="UTC"))
    rows = deployments(load_config(written(*here)), Path("x.yaml"))["deployments"]
    schedules = {row["entrypoint"].split(".")[1]: row["schedules"] for row in rows}
    assert all((schedules[name] == []) == (cron is None) for name, cron in CRONS.items())
    for made in filter(None, schedules.values()):
        assert [one["parameters"]["timezone"] for one in made] == ["Asia/Tokyo", "UTC"]
        assert [one["timezone"] for one in made] == ["Asia/Tokyo", "UTC"]
        assert all(CronSchedule(cron=one["cron"], timezone=one["timezone"]) for one in made)


def test_every_file_of_a_flow_is_deployed():
    helpers = {"__init__", "approving", "deployments", "limits", "reading", "serve", "told", "work"}
    files = {path.stem for path in (ROOT / "flows").glob("*.py")} - helpers
    assert files == set(CRONS)
