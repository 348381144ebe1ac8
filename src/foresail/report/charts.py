"""The report's figures (plotly), in colours that work on light and dark."""

from __future__ import annotations

from typing import Any

import pandas as pd

from foresail.report.data import ReportData

BLUE, AMBER, GREY, RED, GREEN = "#2f7ed8", "#e08a1e", "#8a94a6", "#d64545", "#2a9d6f"
BAND = "rgba(47,126,216,0.18)"
HISTORY_SHOWN = pd.Timedelta(days=7)


def figures(data: ReportData) -> dict[str, Any]:
    """Draw every figure, by the name of its place in the page."""
    made = {"demand": _demand(data), "capacity": _capacity(data)}
    if data.played is not None:
        made["utilization"] = _utilization(data)
    return made


def _figure(title: str) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.update_layout(
        height=360,
        margin={"l": 56, "r": 16, "t": 12, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "system-ui, sans-serif", "size": 12, "color": GREY},
        legend={"orientation": "h", "y": -0.16},
        hovermode="x unified",
        template="none",
        yaxis={"title": title, "gridcolor": "rgba(138,148,166,0.25)", "rangemode": "tozero"},
        xaxis={"gridcolor": "rgba(138,148,166,0.15)"},
    )
    return figure


def _line(figure: Any, x: Any, y: Any, name: str, colour: str, **options: Any) -> None:
    line = {"color": colour, "width": options.pop("width", 1.6), **options.pop("line", {})}
    figure.add_scatter(x=x, y=y, name=name, mode="lines", line=line, **options)


def local(data: ReportData, times: Any) -> list[str]:
    """Local wall-clock times, for axes."""
    index = pd.DatetimeIndex(times).tz_convert(data.timezone)
    return list(index.strftime("%Y-%m-%d %H:%M"))


def _demand(data: ReportData) -> Any:
    """Draw the last week, thinned to half-hour means, and the forecast band with what came."""
    figure = _figure(data.unit)
    recent = data.history[
        data.history["timestamp"] >= data.history["timestamp"].max() - HISTORY_SHOWN
    ]
    thinned = recent.set_index("timestamp")["value"].resample("30min").mean().dropna()
    _line(figure, local(data, thinned.index), thinned.round(2), "history (30 min mean)", GREY)
    ahead = local(data, data.forecast["timestamp"])
    columns = [c for c in data.forecast.columns if c.startswith("q")]
    low, high = columns[0], columns[-1]
    _line(figure, ahead, data.forecast[low].round(2), f"forecast {low}", BLUE)
    _line(
        figure, ahead, data.forecast[high].round(2), f"up to {high}", BLUE,
        width=0.5, fill="tonexty", fillcolor=BAND,
    )  # fmt: skip
    if data.quantile not in (low, high):
        line = {"dash": "dot"}
        planned = data.forecast[data.quantile].round(2)
        _line(figure, ahead, planned, f"planned for: {data.quantile}", BLUE, line=line)
    if data.actual is not None:
        times = local(data, data.actual["timestamp"])
        _line(figure, times, data.actual["value"].round(2), "what came", AMBER, width=1.2)
    return figure


def _capacity(data: ReportData) -> Any:
    """Draw the planned floor against what was in service, and each minute that fell short."""
    figure = _figure("units")
    step = {"shape": "hv"}
    planned = local(data, data.steps["start"])
    _line(figure, planned, data.steps["capacity"], "planned floor", BLUE, line=step, width=2.2)
    if data.played is not None:
        _line(
            figure, local(data, data.played["timestamp"]), data.played["in_service"],
            "in service with foresail", GREEN, line=step,
        )  # fmt: skip
        _short(figure, data, data.played, "foresail short", RED)
    if data.reactive is not None:
        _line(
            figure, local(data, data.reactive["timestamp"]), data.reactive["in_service"],
            "in service, reactive alone", GREY, line={**step, "dash": "dot"},
        )  # fmt: skip
    return figure


def _short(figure: Any, data: ReportData, log: pd.DataFrame, name: str, colour: str) -> None:
    short = log[log["utilization"] > data.slo * (1 + 1e-9)]
    figure.add_scatter(
        x=local(data, short["timestamp"]) if len(short) else [],
        y=short["in_service"],
        name=name,
        mode="markers",
        marker={"color": colour, "size": 5},
    )


def _utilization(data: ReportData) -> Any:
    """Draw utilisation minute by minute against the SLO."""
    figure = _figure("utilisation")
    logs = ((data.reactive, "reactive alone", GREY), (data.played, "with foresail", GREEN))
    for log, name, colour in logs:
        if log is not None:
            busy = log["utilization"].clip(upper=1.5).round(3)
            _line(figure, local(data, log["timestamp"]), busy, name, colour, width=1.1)
    figure.add_hline(y=data.slo, line={"color": RED, "dash": "dash", "width": 1})
    figure.update_yaxes(tickformat=".0%")
    return figure
