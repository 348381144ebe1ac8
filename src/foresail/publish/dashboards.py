"""Write a service's dashboard where it differs; one that foresail does not own is never read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors, code_of
from foresail.errors import AwsError
from foresail.pipeline.tiers import tiers
from foresail.publish.alarms import live_alarms
from foresail.publish.dashboard import dashboard_body
from foresail.publish.names import check_dashboard_names, dashboard_name
from foresail.publish.writes import Write, compare, pending
from foresail.store.forecasts import StoredForecast
from foresail.store.opening import open_store

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config

IAM_READ = ("cloudwatch:GetDashboard",)  # and the alarms, as `alarms` reads them
IAM_WRITE = ("cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards")
KIND = "dashboard"
_NOT_FOUND = ("ResourceNotFound", "DashboardNotFoundError")
Body = dict[str, Any]


def wanted_dashboards(config: Config, aws: Aws, service: str | None = None) -> dict[str, Body]:
    """Bodies of the dashboards by name, with the alarms of foresail that stand."""
    names = [one.name for one in config.services if service in (None, one.name)]
    return {dashboard_name(name): _body(config, aws, name) for name in names}


def _body(config: Config, aws: Aws, service: str) -> Body:
    chosen = tiers(config, service)
    store = open_store(config, aws).forecasts
    found: dict[str, StoredForecast] = {}
    for tier in chosen:
        stored = store.read(tier.service.name, tier.tier.name)
        if stored is not None:
            found[tier.name] = stored
    alarms = live_alarms(aws.client("cloudwatch"), [service])
    arns = [alarm["AlarmArn"] for alarm in alarms.values()]
    return dashboard_body(chosen, found, arns)


def dashboard_writes(
    config: Config, aws: Aws, service: str | None = None, *, delete: bool = False
) -> list[Write]:
    """Hold the wanted dashboards against those of their names; with `delete`, none is wanted."""
    check_dashboard_names(one.name for one in config.services)
    client = aws.client("cloudwatch")
    names = [one.name for one in config.services if service in (None, one.name)]
    live = {}
    for name in map(dashboard_name, names):
        body = live_dashboard(client, name)
        if body is not None:
            live[name] = body
    return compare(KIND, live, {} if delete else wanted_dashboards(config, aws, service))


def live_dashboard(client: Any, name: str) -> Body | None:
    """Body of a dashboard as it stands; None where there is none."""
    try:
        with aws_errors("cloudwatch:GetDashboard", name):
            text = client.get_dashboard(DashboardName=name)["DashboardBody"]
    except AwsError as error:
        if code_of(error) in _NOT_FOUND:
            return None
        raise
    try:
        return dict(json.loads(text))
    except ValueError:  # written over by hand; it is put right
        return {}


def write_dashboards(aws: Aws, writes: Iterable[Write]) -> None:
    """Create, replace and delete dashboards.

    Raises
    ------
    AwsError
        When CloudWatch refuses one, or took it with messages: naming what it said.
    """
    listed = pending(writes)
    if not listed:
        return
    client = aws.client("cloudwatch")
    for write in listed:
        if write.operation != "delete":
            _put(client, write)
        else:
            with aws_errors("cloudwatch:DeleteDashboards", write.name):
                client.delete_dashboards(DashboardNames=[write.name])


def _put(client: Any, write: Write) -> None:
    body = json.dumps(write.wanted, sort_keys=True)
    with aws_errors("cloudwatch:PutDashboard", write.name):
        answer = client.put_dashboard(DashboardName=write.name, DashboardBody=body)
    said = [
        f"{m['DataPath']}: {m['Message']}" for m in answer.get("DashboardValidationMessages", [])
    ]
    if said:
        raise AwsError(
            f"dashboard {write.name} was written, but CloudWatch cannot show all of it: {said[0]}",
            cure="report this with the dashboard's source",
        )
