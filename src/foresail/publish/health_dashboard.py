"""The dashboard of foresail's own health: graphs that find every service by themselves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from foresail.publish.alarms import live_by_prefix
from foresail.publish.dashboard import HEIGHT, TEXT_HEIGHT, WIDTH, Widget
from foresail.publish.dashboards import live_dashboard
from foresail.publish.health import DRIFT, NAMESPACE, PLAN_AGE, RUNS, SHORTFALL, UNMET
from foresail.publish.health_alarms import MOST_SHORTFALL, MOST_UNMET, PREFIX
from foresail.publish.names import OWNED
from foresail.publish.writes import Write, compare

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config

KIND = "dashboard"
NAME = f"{OWNED}_health"  # no service's own: their names begin with a letter or digit
PERIOD = 3600
MOST_ALARMS = 100  # AWS: of an alarm widget
# Title, metric and statistic of what is drawn for each service, and the line it should not cross.
_GRAPHS = (
    ("age of the plan, minutes", PLAN_AGE, "Maximum", None),
    ("under-capacity minutes of the last window", UNMET, "Maximum", MOST_UNMET),
    (
        "demand above the planned quantile, too much",
        SHORTFALL,
        "Maximum",
        MOST_SHORTFALL,
    ),
    ("trust in the forecast", "ForecastTrust", "Minimum", None),
    ("drift that was found", DRIFT, "Maximum", None),
    ("seconds of a run", "RunSeconds", "Maximum", None),
    ("requests to AWS", "AwsCalls", "Sum", None),
    ("requests that AWS throttled", "AwsCallsThrottled", "Sum", None),
)


def health_dashboard_body(
    region: str, stale_after_minutes: float, alarms: Sequence[str] = ()
) -> dict[str, Any]:
    """Lay out the dashboard.

    Parameters
    ----------
    region
        Whose metrics it shows.
    stale_after_minutes
        Age from which a plan is stale.
    alarms
        ARNs of the health alarms; the first hundred are shown.

    Returns
    -------
    dict
        What PutDashboard takes as JSON.
    """
    graphs = [_outcomes(), _whole(), *(_each(*one) for one in _GRAPHS)]
    graphs[2]["annotations"] = _line(stale_after_minutes)
    placed = [_placed(number, graph, region) for number, graph in enumerate(graphs)]
    return {"start": "-P7D", "periodOverride": "inherit", "widgets": [*_head(alarms), *placed]}


def _head(alarms: Sequence[str]) -> list[Widget]:
    said = (
        "## foresail: its own health\n\nEach line is a service. What each alarm means and what to "
        "do: docs/operations.md. Nothing here for hours: foresail does not run."
    )
    at = {"y": 0, "width": WIDTH, "height": TEXT_HEIGHT}
    text = {"type": "text", "x": 0, **at, "properties": {"markdown": said}}
    if not alarms:
        return [text]
    shown = {"title": "Alarms", "alarms": sorted(alarms)[:MOST_ALARMS]}
    return [text, {"type": "alarm", "x": WIDTH, **at, "properties": shown}]


def _placed(number: int, graph: dict[str, Any], region: str) -> Widget:
    across, down = number % 2, number // 2
    at = {"x": WIDTH * across, "y": TEXT_HEIGHT + HEIGHT * down, "width": WIDTH, "height": HEIGHT}
    common = {"region": region, "view": "timeSeries", "period": PERIOD}
    return {"type": "metric", **at, "properties": {**common, **graph}}


def _each(title: str, metric: str, statistic: str, limit: float | None) -> dict[str, Any]:
    """One line for each service, whichever there are."""
    search = (
        f"SEARCH('{{\"{NAMESPACE}\",Service}} MetricName=\"{metric}\"', '{statistic}', {PERIOD})"
    )
    row = [{"expression": search, "id": "each", "label": "${PROP('Dim.Service')}"}]
    graph: dict[str, Any] = {"title": title, "metrics": [row]}
    return graph if limit is None else {**graph, "annotations": _line(limit)}


def _outcomes() -> dict[str, Any]:
    search = f"SEARCH('{{\"{NAMESPACE}\",Service,Outcome}} MetricName=\"{RUNS}\"', 'Sum', {PERIOD})"
    label = "${PROP('Dim.Service')} ${PROP('Dim.Outcome')}"
    row = [{"expression": search, "id": "outcomes", "label": label}]
    return {"title": "how runs ended", "metrics": [row], "stacked": True}


def _whole() -> dict[str, Any]:
    names = ("Services", "ServicesFailed", "ServicesWaiting")
    return {
        "title": "services in each run",
        "metrics": [[NAMESPACE, name, {"stat": "Maximum"}] for name in names],
    }


def _line(value: float) -> dict[str, Any]:
    return {"horizontal": [{"label": "alarm", "value": value}]}


def health_dashboard_writes(config: Config, aws: Aws, *, delete: bool = False) -> list[Write]:
    """Hold the wanted dashboard against the one that stands."""
    client = aws.client("cloudwatch")
    live = live_dashboard(client, NAME)
    found = {} if live is None else {NAME: live}
    return compare(KIND, found, {} if delete else {NAME: _wanted(config, client)})


def _wanted(config: Config, client: Any) -> dict[str, Any]:
    arns = [alarm["AlarmArn"] for alarm in live_by_prefix(client, PREFIX).values()]
    minutes = config.publish.alarms.stale_after.total_seconds() / 60
    body = health_dashboard_body(config.region, minutes, arns)
    return dict(json.loads(json.dumps(body)))
