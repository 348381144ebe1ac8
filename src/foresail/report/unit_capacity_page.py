"""A page for what one unit serves: the periods, the fit with its band, the SLO, and the doubts."""

from __future__ import annotations

import math
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foresail.demand.load_fit import Estimate
from foresail.demand.loads import Array
from foresail.demand.unit_capacity import UnitCapacity
from foresail.report.sections import card
from foresail.report.series import rounded
from foresail.report.shell import shell, write_whole
from foresail.report.traces import Figure, Trace, area, base_layout, line_trace, stroke

MOST_POINTS = 3000  # of one kind that are drawn
_GRID = 80
_HEADINGS = {"load": "Utilisation by demand per unit", "latency": "Latency by demand per unit"}


def unit_capacity_page(
    made: UnitCapacity, path: Path | str, *, title: str, unit: str = "requests/s"
) -> Path:
    """Write one self-contained page about an estimate.

    Parameters
    ----------
    made
        The estimate, with its periods and fits.
    path
        Where to write; folders are made.
    title
        Heading.
    unit
        What demand is counted in, per time.

    Raises
    ------
    InputError
        When plotly is not installed or the folder cannot be written.
    """
    figures = {}
    if made.loads.utilization is not None and len(made.loads):
        figures["load"] = _load_figure(made, unit)
    if made.loads.latency is not None and made.latency_slo is not None and len(made.loads):
        figures["latency"] = _latency_figure(made, unit)
    panels = "".join(_panel(name, made) for name in figures)
    main = f"{_hero(made, title)}\n{_cards(made, unit)}\n{panels}\n{_words(made)}\n"
    data = {"estimate": made.to_dict(), "charts": figures}
    return write_whole(path, shell(title, main, "UTC", data))


# Figures.


def _load_figure(made: UnitCapacity, unit: str) -> Figure:
    loads = made.loads
    assert loads.utilization is not None
    older = np.zeros(len(loads), dtype=bool)
    if made.regime is not None:
        older = np.asarray(loads.times < made.regime.at)
    kinds = (
        ("before the change", older, "reactive"),
        ("saturated: left out", loads.saturated & ~older, "danger"),
        ("periods", ~older & ~loads.saturated, "history"),
    )
    traces = [
        _dots(loads.load, loads.utilization, chosen, name, role)
        for name, chosen, role in kinds
        if chosen.any()
    ]
    found = [found for found in (made.at_full, made.at_slo) if found is not None]
    right = max([float(loads.load.max()), *(one.value * 1.05 for one in found)])
    if made.fit is not None:
        grid = np.linspace(0, right, _GRID)
        low, high = made.fit.band(grid)
        traces.append(_ribbon(grid, low, high, "95 % band of the fit"))
        line = {"x": rounded(grid), "y": rounded(made.fit.at(grid))}
        shape = "curve" if made.fit.curved else "line"
        traces.append(_line(line, f"robust {shape}"))
    top = max(1.05, float(loads.utilization.max()) * 1.02)
    made_layout = _layout(right, top, made.slo, f"SLO {made.slo:.0%}", unit, made.at_slo)
    made_layout["yaxis"] |= {"tickformat": ".0%"}
    return {"traces": traces, "layout": made_layout, "percent": True}


def _latency_figure(made: UnitCapacity, unit: str) -> Figure:
    loads, fit = made.loads, made.latency_fit
    assert loads.latency is not None
    assert made.latency_slo is not None
    since = np.ones(len(loads), dtype=bool)
    if made.regime is not None:
        since = np.asarray(loads.times >= made.regime.at)
    milli = loads.latency * 1000
    traces = [_dots(loads.load, milli, since, "periods", "history")]
    top = max(float(np.quantile(milli[since], 0.995)), made.latency_slo * 1000) * 1.1
    if fit is not None:
        traces.append(_ribbon(fit.load, fit.low * 1000, fit.high * 1000, "95 % band"))
        points = {"x": rounded(fit.load), "y": rounded(fit.latency * 1000)}
        traces.append(_line(points, f"{made.latency_quantile:.0%} quantile"))
    right = float(loads.load[since].max()) * 1.02
    text = f"SLO {made.latency_slo * 1000:g} ms"
    layout = _layout(right, top, made.latency_slo * 1000, text, unit, made.at_latency)
    layout["yaxis"] |= {"ticksuffix": " ms"}
    return {"traces": traces, "layout": layout}


def _dots(x: Array, y: Array, chosen: NDArray[np.bool_], name: str, role: str) -> Trace:
    """Draw periods as dots, every n-th where there are very many."""
    at = np.flatnonzero(chosen)
    at = at[:: max(math.ceil(len(at) / MOST_POINTS), 1)]
    mark = {"color": f"var:{role}", "size": 4, "opacity": 0.45}
    points = {"type": "scatter", "mode": "markers", "x": rounded(x[at]), "y": rounded(y[at])}
    return points | {"name": name, "marker": mark, "role": role, "kind": "dot", "rank": 3}


def _ribbon(x: Array, low: Array, high: Array, name: str) -> Trace:
    points = {
        "x": rounded(np.r_[x, x[::-1], x[:1]]),
        "y": rounded(np.r_[high, low[::-1], high[:1]]),
    }
    return area(points, name, "band") | {"rank": 2}


def _line(points: dict[str, Any], name: str) -> Trace:
    return line_trace(points) | {
        "name": name,
        "line": stroke("forecast", 2),
        "role": "forecast",
        "rank": 1,
    }


def _layout(
    right: float, top: float, level: float, text: str, unit: str, found: Estimate | None
) -> Figure:
    """Numbers on both axes, the SLO across, and where it is met."""
    edge = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level}
    shapes: list[Figure] = [edge | {"line": {"color": "var:danger", "width": 1.2, "dash": "dash"}}]
    if found is not None and found.value <= right:
        at = found.value
        foot = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": at, "x1": at}
        shapes.append(foot | {"line": {"color": "var:plan", "width": 1.4, "dash": "dot"}})
    layout = base_layout(shapes)
    layout["xaxis"].pop("tickformatstops")
    name = {"text": f"{escape(unit)} per unit", "font": {"size": 12, "color": "var:muted"}}
    layout["xaxis"] |= {
        "type": "linear",
        "hoverformat": ",.4~g",
        "range": [0, right],
        "title": name,
    }
    layout["yaxis"] |= {"range": [0, top]}
    layout["hovermode"] = "closest"
    place = {"xref": "paper", "x": 0.01, "xanchor": "left", "y": level, "yanchor": "bottom"}
    font = {"color": "var:danger", "size": 11}
    layout["annotations"] = [place | {"text": text, "showarrow": False, "font": font}]
    return layout


# Text.


def _hero(made: UnitCapacity, title: str) -> str:
    loads = made.loads
    span = "no periods with units in service"
    if len(loads):
        span = f"{loads.times[0]:%Y-%m-%d} to {loads.times[-1]:%Y-%m-%d}"
    return (
        '<section class="hero"><p class="where">'
        f"<span>{len(loads):,} periods</span><span>{span}</span></p>"
        f"<h1>{escape(title)}</h1></section>"
        '<noscript><p class="panel">The plots need JavaScript; the text works without.</p>'
        "</noscript>"
    )


def _cards(made: UnitCapacity, unit: str) -> str:
    name = escape(unit)
    found = made.unit_capacity
    cards = [_value_card("unit_capacity", found, f"{name}; to write into foresail.yaml")]
    if made.at_slo is not None:
        cards.append(_value_card("At the SLO", made.at_slo, f"{name} on each unit"))
    if made.at_full is not None:
        cards.append(_value_card("At 100 %", made.at_full, f"{name} on each unit"))
    if made.idle is not None:
        cards.append(card("Idle load", f"{made.idle:.1%}", "busy without work"))
    if made.fit is not None:
        about = f"of the spread of utilisation; {made.fit.days} days"
        cards.append(card("Explained", f"{made.fit.explained:.1%}", about))
    return f'<section class="cards" aria-label="Key figures">{"".join(cards)}</section>'


def _value_card(label: str, found: Estimate | None, about: str) -> str:
    if found is None:
        return card(label, "not known", "the data cannot tell: see below", "bad")
    high = f"{found.high:,.4g}" if math.isfinite(found.high) else "no limit"
    limits = f"95&nbsp;%: {found.low:,.4g} to {high}. {about}"
    return card(label, f"{found.value:,.4g}", limits)


def _panel(name: str, made: UnitCapacity) -> str:
    across = "The dashed line is the SLO, the dotted one the demand per unit that meets it."
    captions = {
        "load": f"A dot is a period. {across}",
        "latency": f"A dot is a period; the line is the {made.latency_quantile:.0%} quantile, made "
        f"non-decreasing. {across}",
    }
    return (
        f'<section class="panel" aria-labelledby="h-{name}"><div class="head">'
        f'<h2 id="h-{name}">{_HEADINGS[name]}</h2><div class="views" id="views-{name}"></div></div>'
        f'<p class="caption">{captions[name]}</p><div class="legend" id="legend-{name}"></div>'
        f'<div class="plot" id="plot-{name}" role="img" aria-label="{_HEADINGS[name]}"></div>'
        "</section>"
    )


def _words(made: UnitCapacity) -> str:
    doubts = "".join(f"<li>{escape(verdict.text)}</li>" for verdict in made.verdicts)
    warnings = f'<ul class="warnings">{doubts}</ul>' if doubts else ""
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in made.reasons)
    return (
        '<section class="panel" aria-labelledby="h-why"><div class="head">'
        f'<h2 id="h-why">What the numbers rest on</h2></div>'
        f'<p class="caption">Periods and days are UTC.</p>{warnings}'
        f'<ul class="notes">{reasons}</ul></section>'
    )
