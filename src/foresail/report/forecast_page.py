"""A page for forecasts: each series' last two weeks, its band ahead, and how far to trust it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from foresail.errors import InputError
from foresail.report.charts import MOST_POINTS, history_traces, moment
from foresail.report.findings import plain, quantile_columns
from foresail.report.sections import bar, card
from foresail.report.series import Axis, band, buckets, period_of, regular
from foresail.report.shell import shell, write_whole
from foresail.report.times import axis_at, local
from foresail.report.traces import Figure, Trace, area, base_layout, line_trace, stroke

PAST = pd.Timedelta("14D")
MOST_DRAWN = 50
MOST_LISTED = 1000
URGENCIES = ("critical", "high", "medium", "low")
LOW_TRUST = 0.5
FACTS = ("pattern", "trust", "urgency", "model", "reasons")
REASONS = ("trust_reasons", "reasons", "reason")


@dataclass(frozen=True)
class ForecastPage:
    """What a page of forecasts shows, its series in the order in which they are listed.

    ``history`` and ``forecast`` hold the rows of each drawn series; ``facts`` a row per series.
    """

    title: str
    unit: str
    axis: Axis
    names: list[str]
    drawn: list[str]
    history: dict[str, pd.DataFrame]
    forecast: dict[str, pd.DataFrame]
    facts: pd.DataFrame
    quantiles: list[str]


def forecast_page(
    history: pd.DataFrame,
    forecast: pd.DataFrame,
    details: pd.DataFrame | None,
    path: Path | str,
    *,
    title: str = "Demand ahead",
    unit: str = "",
    timezone: str = "UTC",
    made_at: datetime | None = None,
) -> Path:
    """Write one self-contained page of forecasts.

    Parameters
    ----------
    history
        series, timestamp, value; its last 14 days before each forecast are drawn.
    forecast
        series, timestamp (tz-aware) and quantile columns.
    details
        A row per series: series and any of pattern, flags, trust, urgency, model, trust_reasons
        (or reasons), urgency_reason. None where there is nothing to tell.
    path
        Where to write; folders are made.
    title, unit
        Heading, and what demand is counted in.
    timezone
        IANA zone in which times are shown.
    made_at
        When the forecast was made; its first timestamp when None.

    Returns
    -------
    Path
        The file: works without a network, in light and dark, on a phone. The 50 most urgent
        series are drawn (those first in the forecast where urgency is not known); the table lists
        up to 1,000.

    Raises
    ------
    InputError
        When the forecast has no rows or quantiles, the zone is unknown, plotly is not installed or
        the folder cannot be written.
    """
    page = _collect(history, forecast, details, title, unit, timezone, made_at)
    figures = [_figure(page, name) for name in page.drawn]
    data = {
        "details": _plain(page.facts),
        "charts": {},
        "pages": {"name": "series", "figures": figures},
    }
    return write_whole(path, shell(title, _main(page), page.axis.label, data))


def _collect(
    history: pd.DataFrame,
    forecast: pd.DataFrame,
    details: pd.DataFrame | None,
    title: str,
    unit: str,
    timezone: str,
    made_at: datetime | None,
) -> ForecastPage:
    quantiles = quantile_columns(forecast)
    if forecast.empty or not quantiles:
        raise InputError("there is no forecast to draw", cure="pass rows with q0.5, q0.9 ...")
    ahead = forecast.assign(series=forecast["series"].astype("str"))
    past = history.assign(series=history["series"].astype("str"))
    facts = _facts(list(dict.fromkeys(ahead["series"])), details)
    names = list(facts["series"])
    drawn = names[:MOST_DRAWN]
    made = pd.Timestamp(made_at) if made_at is not None else ahead["timestamp"].min()
    parts, known = _by_series(ahead, drawn), _by_series(past, drawn)
    recent = {
        name: _recent(known.get(name, past.iloc[:0]), parts[name]["timestamp"].iloc[0])
        for name in drawn
    }
    axis = axis_at(timezone, made)
    return ForecastPage(title, unit, axis, names, drawn, recent, parts, facts, quantiles)


def _by_series(frame: pd.DataFrame, names: list[str]) -> dict[str, pd.DataFrame]:
    chosen = frame[frame["series"].isin(names)]
    return {str(name): rows for name, rows in chosen.groupby("series", sort=False)}


def _facts(names: list[str], details: pd.DataFrame | None) -> pd.DataFrame:
    """One row per series of the forecast, the most urgent first."""
    frame = pd.DataFrame({"series": names})
    if details is not None and len(details):
        told = details.assign(series=details["series"].astype("str"))
        frame = frame.merge(told.drop_duplicates("series"), on="series", how="left")
    found = next((column for column in REASONS if column in frame), None)
    if found is not None:
        frame["reasons"] = frame[found]
    if "urgency" in frame:
        rank = {word: at for at, word in enumerate(URGENCIES)}
        place = frame["urgency"].map(rank).fillna(len(rank))
        frame = frame.iloc[place.argsort(kind="stable").to_numpy()]
    return frame.reset_index(drop=True)


def _recent(rows: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    """Keep what is drawn: two weeks up to the forecast, and what came after its start, if known."""
    return pd.DataFrame(rows[rows["timestamp"] >= start - PAST])


def _plain(facts: pd.DataFrame) -> list[dict[str, Any]]:
    columns = ["series", *(name for name in FACTS if name in facts)]
    rows = facts[columns].head(MOST_LISTED).to_dict("records")
    return [{str(key): plain(value) for key, value in row.items()} for row in rows]


# Figures.


def _figure(page: ForecastPage, name: str) -> Figure:
    """History and fan of one series, with its windows of time."""
    past, ahead, axis = page.history[name], page.forecast[name], page.axis
    traces = _fan(ahead, page.quantiles, axis)
    if len(past):
        width, thin = buckets(past, MOST_POINTS)
        traces = history_traces(thin, width, axis) + traces
    views = _views(past, ahead, page)
    layout = base_layout([moment(ahead["timestamp"].iloc[0], axis)])
    return {"traces": traces, "layout": layout, "views": views, "zoom": 0}


def _fan(ahead: pd.DataFrame, quantiles: list[str], axis: Axis) -> list[Trace]:
    """Nested bands, the widest first, and the median."""
    frame = ahead.set_index("timestamp")
    traces = [
        area(band(frame[low], frame[high], axis), f"{low} to {high}", "band") | {"rank": 3}
        for low, high in _pairs(quantiles)
    ]
    middle = "q0.5" if "q0.5" in quantiles else quantiles[0]
    text = {"name": "median" if middle == "q0.5" else middle, "rank": 1}
    line = line_trace(regular(ahead, middle, axis)) | {"line": stroke("forecast", 1.8)}
    highest = quantiles[-1]
    if highest == middle:
        return [*traces, line | text | {"role": "forecast"}]
    edge = line_trace(regular(ahead, highest, axis)) | {"line": stroke("forecast", 1.2, "dot")}
    return [
        *traces,
        edge | {"name": highest, "role": "forecast", "rank": 2},
        line | text | {"role": "forecast"},
    ]


def _pairs(quantiles: list[str]) -> list[tuple[str, str]]:
    """Lower and upper limit of each band: each upper quantile with its mirror, or the lowest."""
    below = [name for name in quantiles if float(name[1:]) < 0.5]
    above = [name for name in reversed(quantiles) if float(name[1:]) > 0.5]
    pairs = []
    for name in above:
        mirror = [low for low in below if abs(float(low[1:]) + float(name[1:]) - 1) < 1e-9]
        low = (mirror or below[:1] or ["q0.5"])[0]
        pairs.append((low if low in quantiles else quantiles[0], name))
    return [(low, high) for low, high in pairs if low != high]


def _views(past: pd.DataFrame, ahead: pd.DataFrame, page: ForecastPage) -> list[dict[str, Any]]:
    start = ahead["timestamp"].iloc[0]
    end = ahead["timestamp"].iloc[-1] + period_of(ahead["timestamp"])
    first = past["timestamp"].min() if len(past) else start
    spans = [("2 weeks + forecast", first)]
    for label, days in (("2 days + forecast", 2), ("Forecast", 0)):
        begin = start - pd.Timedelta(days=days)
        if begin > first:
            spans.append((label, begin))
    tops = [ahead[name].max() for name in page.quantiles]
    return [
        {
            "label": label,
            "range": [page.axis.at(begin), page.axis.at(end)],
            "top": _top([*tops, past.loc[past["timestamp"] >= begin, "value"].max()]),
        }
        for label, begin in spans
    ]


def _top(values: list[Any]) -> float:
    known = [float(value) for value in values if math.isfinite(value)]
    return float(f"{max([*known, 1e-9]) * 1.08:.4g}")


# Text.


def _main(page: ForecastPage) -> str:
    return f"{_hero(page)}\n{_cards(page)}\n{_panel(page)}\n{_table(page)}\n"


def _hero(page: ForecastPage) -> str:
    start = page.axis.origin
    return (
        '<section class="hero"><p class="where">'
        f"<span>{len(page.names):,} series</span>"
        f"<span>forecast of {escape(local(start, page.axis.zone))}</span></p>"
        f"<h1>{escape(page.title)}</h1></section>"
        '<noscript><p class="panel">The plots need JavaScript; the table below works without.</p>'
        "</noscript>"
    )


def _cards(page: ForecastPage) -> str:
    ahead = page.forecast[page.drawn[0]]["timestamp"]
    span = ahead.iloc[-1] + period_of(ahead) - ahead.iloc[0]
    made = [card("Series", f"{len(page.names):,}", _drawn_text(page))]
    made.append(card("Ahead", _hours(span), f"quantiles {', '.join(page.quantiles)}"))
    facts = page.facts
    if "urgency" in facts:
        counts = {word: int((facts["urgency"] == word).sum()) for word in URGENCIES}
        pressing = counts["critical"] + counts["high"]
        text = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
        made.append(card("Pressing", f"{pressing:,}", text, "bad" if counts["critical"] else ""))
    if "trust" in facts:
        trust = pd.to_numeric(facts["trust"], errors="coerce")
        low = int((trust < LOW_TRUST).sum())
        about = f"series under {LOW_TRUST:g}; the median is {trust.median():.2f} of 1"
        made.append(card("Little trust", f"{low:,}", about if trust.notna().any() else "unknown"))
    return f'<section class="cards" aria-label="Key figures">{"".join(made)}</section>'


def _drawn_text(page: ForecastPage) -> str:
    if len(page.drawn) == len(page.names):
        return "all drawn below"
    order = "most urgent" if "urgency" in page.facts else "first"
    return f"the {len(page.drawn)} {order} are drawn"


def _hours(span: pd.Timedelta) -> str:
    hours = span / pd.Timedelta("1h")
    return f"{hours:.3g} <small>h</small>"


def _panel(page: ForecastPage) -> str:
    options = "".join(
        f'<option value="{at}">{escape(name)}</option>' for at, name in enumerate(page.drawn)
    )
    unit = f"In {escape(page.unit)}. " if page.unit else ""
    return (
        '<section class="panel" aria-label="Demand and forecast"><div class="head">'
        f'<div class="pick"><select id="pick" aria-label="Series">{options}</select>'
        '<input id="search" type="search" placeholder="Search series" aria-label="Search series">'
        '</div><div class="views" id="views-series"></div></div>'
        f'<p class="caption">{unit}The dotted upright line is the start of the forecast. '
        f"Times are {escape(page.axis.label)}.</p>"
        '<div class="legend" id="legend-series"></div>'
        '<div class="plot" id="plot-series" role="img" aria-label="Demand and forecast"></div>'
        "</section>"
    )


def _table(page: ForecastPage) -> str:
    columns = [name for name in FACTS if name in page.facts]
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("series", *columns))
    rows = [
        _row(at if at < len(page.drawn) else None, row, columns)
        for at, row in enumerate(page.facts.head(MOST_LISTED).to_dict("records"))
    ]
    more = len(page.facts) - len(rows)
    note = f'<p class="caption">{more:,} more are not listed.</p>' if more > 0 else ""
    return (
        '<section class="panel" aria-labelledby="h-list"><div class="head">'
        f'<h2 id="h-list">All series</h2></div>{note}<div class="scroll" tabindex="0">'
        f'<table class="series stack"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
        '<p class="empty" id="none" hidden>No series of this name.</p></div></section>'
    )


def _row(at: int | None, row: dict[Any, Any], columns: list[str]) -> str:
    name = escape(str(row["series"]))
    title = name if at is None else f'<button type="button" data-at="{at}">{name}</button>'
    cells = "".join(f'<td data-label="{c}"><div>{_cell(c, row)}</div></td>' for c in columns)
    return f'<tr data-name="{name}"><th scope="row">{title}</th>{cells}</tr>'


def _cell(column: str, row: dict[Any, Any]) -> str:
    value = row[column]
    if column == "trust":
        number = pd.to_numeric(value, errors="coerce")
        return bar(float(number), f"{number:.2f}", "trust") if pd.notna(number) else "n/a"
    text = _text(value)
    if column == "urgency" and text in URGENCIES:
        return f'<span class="badge {text}">{text}</span>{_small(row.get("urgency_reason"))}'
    if column == "pattern":
        return f"{escape(text.replace('_', ' '))}{_small(row.get('flags'))}"
    return escape(text)


def _small(value: Any) -> str:
    text = _text(value)
    return f"<br><small>{escape(text.replace('_', ' '))}</small>" if text else ""


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None or value is pd.NA or value != value else str(value)  # noqa: PLR0124
