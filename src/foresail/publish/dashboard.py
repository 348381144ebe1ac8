"""The body of a service's dashboard: a pure function of configuration, plans and alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foresail.errors import InputError
from foresail.pipeline.keeping import signal
from foresail.pipeline.tiers import Tier, capacities
from foresail.publish.maths import Demand, Query, band_query, demands, metric_query, own_metric
from foresail.publish.names import FLOOR, NAMESPACE, NEEDED, TRUST, dashboard_name, of_tier
from foresail.store.forecasts import StoredForecast

# AWS: a grid of 24 columns; at most 500 metrics a widget, 500 widgets and 2500 metrics in all.
WIDTH, HEIGHT, TEXT_HEIGHT = 12, 6, 4
MOST_METRICS, MOST_OF_ALL, MOST_WIDGETS = 500, 2500, 500
SLO = 0.8  # utilisation above which a period counts as under capacity
BANDS = ((0.1, "#aec7e8"), (0.5, "#1f77b4"), (0.9, "#ff9896"), (0.95, "#d62728"))
Widget = dict[str, Any]


def dashboard_body(
    tiers: Sequence[Tier],
    forecasts: Mapping[str, StoredForecast],
    alarms: Sequence[str] = (),
) -> dict[str, Any]:
    """Lay out a service's dashboard.

    Parameters
    ----------
    tiers
        Tiers of one service, in the order of the rows.
    forecasts
        Latest stored forecast by ``service/tier``, as far as there are any.
    alarms
        ARNs of foresail's alarms of the service.

    Returns
    -------
    dict
        What PutDashboard takes as JSON: the last plans in words, the alarms, and for each tier its
        demand with the published band, its units, utilisation and time under capacity.

    Raises
    ------
    InputError
        When it would be more than CloudWatch shows.
    """
    region = tiers[0].region
    head = [_text(tiers, forecasts), *_alarms(alarms)]
    top = TEXT_HEIGHT
    widgets = head
    for tier in tiers:
        graphs = _graphs(tier, region)
        for place, graph in enumerate(graphs):
            across, down = place % 2, place // 2
            at = {"x": WIDTH * across, "y": top + HEIGHT * down, "width": WIDTH, "height": HEIGHT}
            widgets.append({"type": "metric", **at, "properties": graph})
        top += HEIGHT * -(-len(graphs) // 2)
    _check(tiers[0].service.name, widgets)
    return {"start": "-PT24H", "periodOverride": "inherit", "widgets": widgets}


def _text(tiers: Sequence[Tier], forecasts: Mapping[str, StoredForecast]) -> Widget:
    name = tiers[0].service.name
    lines = [f"## {name}: capacity ahead of demand", "", *(_last_plan(t, forecasts) for t in tiers)]
    at = {"x": 0, "y": 0, "width": WIDTH, "height": TEXT_HEIGHT}
    return {"type": "text", **at, "properties": {"markdown": "\n".join(lines)}}


def _last_plan(tier: Tier, forecasts: Mapping[str, StoredForecast]) -> str:
    found = forecasts.get(tier.name)
    if found is None:
        return f"- **{tier.tier.name}**: no plan yet"
    facts = found.facts
    return (
        f"- **{tier.tier.name}** ({facts.resource}): plan {facts.plan_id} of "
        f"{facts.made:%Y-%m-%d %H:%M} UTC; up to {facts.recommended_capacity} units until "
        f"{found.end:%Y-%m-%d %H:%M}; trust {facts.confidence:.2f}; {facts.pattern}, "
        f"urgency {facts.urgency}"
    )


def _alarms(arns: Sequence[str]) -> list[Widget]:
    if not arns:
        return []
    at = {"x": WIDTH, "y": 0, "width": WIDTH, "height": TEXT_HEIGHT}
    shown = {"title": "Alarms", "alarms": sorted(arns)}
    return [{"type": "alarm", **at, "properties": shown}]


def _graphs(tier: Tier, region: str) -> list[dict[str, Any]]:
    """Graphs of one tier."""
    shown = {demand.signal: demand for demand in demands(tier)}
    period = int(tier.tier.period.total_seconds())
    names = sorted({signal(tier, series) for series in capacities(tier)})
    graphs = [_demand_graph(tier, name, shown.get(name)) for name in names]
    graphs.append(_units_graph(tier, period))
    if shown and own_metric(tier, "units") is not None:
        told = list(shown.values())
        graphs += [_busy_graph(tier, told, period), _under_graph(tier, told, period)]
    common = {"region": region, "view": "timeSeries", "period": period}
    return [{**graph, **common} for graph in graphs]


def _demand_graph(tier: Tier, name: str, demand: Demand | None) -> dict[str, Any]:
    """Demand where CloudWatch can compute it, and the quantiles published ahead of it."""
    rows: list[list[Any]] = []
    if demand is not None:
        rows += [*_hidden(demand.queries), _maths("d", demand.expression, "demand", "#2ca02c")]
    for place, (quantile, colour) in enumerate(BANDS):
        query = band_query(tier, name, f"b{place}", quantile)
        rows.append(_row(query, label=f"q{quantile:g} of the forecast", color=colour))
    return {"title": f"{tier.tier.name}: {name}, against its forecast", "metrics": rows}


def _units_graph(tier: Tier, period: int) -> dict[str, Any]:
    rows = [
        _row(_of_tier(tier, FLOOR, "f", period), label="planned floor", color="#d62728"),
        _row(_of_tier(tier, NEEDED, "n", period), label="needed by the plan", color="#ff9896"),
        *_in_service(tier, period, label="in service", color="#1f77b4"),
        _row(
            _of_tier(tier, TRUST, "t", period),
            label="trust in the forecast", color="#7f7f7f", yAxis="right",
        ),
    ]  # fmt: skip
    return {
        "title": f"{tier.tier.name}: units",
        "metrics": rows,
        "yAxis": {"right": {"min": 0, "max": 1}},
    }


def _busy_graph(tier: Tier, shown: Sequence[Demand], period: int) -> dict[str, Any]:
    """Utilisation, from demand and the units in service; what is planned for, and the SLO."""
    rows = [*_all_hidden(tier, shown, period), _maths("busy", _busy(shown), "utilisation")]
    lines = [
        {"label": "planned for", "value": tier.tier.utilization},
        {"label": "SLO", "value": SLO},
    ]
    title = f"{tier.tier.name}: utilisation"
    return {"title": title, "metrics": rows, "annotations": {"horizontal": lines}}


def _under_graph(tier: Tier, shown: Sequence[Demand], period: int) -> dict[str, Any]:
    """Periods in which the units in service were too few for demand."""
    under = f"IF({_busy(shown)} > {SLO:g}, {period // 60}, 0)"
    rows = [*_all_hidden(tier, shown, period), _maths("under", under, "minutes under capacity")]
    return {"title": f"{tier.tier.name}: under-capacity minutes", "metrics": rows}


def _busy(shown: Sequence[Demand]) -> str:
    parts = [f"({demand.expression}) / {demand.unit_capacity:g} / units" for demand in shown]
    return parts[0] if len(parts) == 1 else f"MAX([{', '.join(parts)}])"


def _all_hidden(tier: Tier, shown: Sequence[Demand], period: int) -> list[list[Any]]:
    queries = [query for demand in shown for query in demand.queries]
    return [*_hidden(queries), *_in_service(tier, period, visible=False)]


def _in_service(tier: Tier, period: int, **look: Any) -> list[list[Any]]:
    own = own_metric(tier, "units")
    if own is None:
        return []
    query = metric_query("units", own.namespace, own.metric, own.dimensions, own.stat, period)
    return [_row(query, **look)]


def _of_tier(tier: Tier, metric: str, letter: str, period: int) -> Query:
    named = of_tier(tier.service.name, tier.tier.name)
    return metric_query(letter, NAMESPACE, metric, named, "Average", period)


def _hidden(queries: Sequence[Query]) -> list[list[Any]]:
    return [_row(query, visible=False) for query in queries]


def _row(query: Query, **look: Any) -> list[Any]:
    """Write a metric as a dashboard does: a list, its dimensions flat, the rest in a mapping."""
    stat = query["MetricStat"]
    metric = stat["Metric"]
    flat = [text for one in metric["Dimensions"] for text in (one["Name"], one["Value"])]
    rest = {"id": query["Id"], "stat": stat["Stat"], "period": stat["Period"], **look}
    return [metric["Namespace"], metric["MetricName"], *flat, rest]


def _maths(letter: str, expression: str, label: str, colour: str | None = None) -> list[Any]:
    look = {"color": colour} if colour else {}
    return [{"id": letter, "expression": expression, "label": label, **look}]


def _check(service: str, widgets: Sequence[Widget]) -> None:
    counts = [len(widget["properties"].get("metrics", ())) for widget in widgets]
    fits = max(counts) <= MOST_METRICS and sum(counts) <= MOST_OF_ALL
    if not fits or len(widgets) > MOST_WIDGETS:
        raise InputError(
            f"dashboard {dashboard_name(service)}: {len(widgets)} widgets with {sum(counts)} "
            f"metrics; CloudWatch shows {MOST_WIDGETS} and {MOST_OF_ALL}, {MOST_METRICS} a widget",
            cure="split the service in two in foresail.yaml",
        )
