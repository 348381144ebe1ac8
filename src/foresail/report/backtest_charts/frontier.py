"""The frontier: cost against time under capacity, and where each choice sits on it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foresail.backtest.job import ORACLE, REACTIVE, Backtest, Outcome
from foresail.report.series import rounded
from foresail.report.traces import Figure, Trace, base_layout, stroke

ROLES = {
    "static": "static",
    REACTIVE: "reactive",
    "aws-predictive": "aws",
    "human schedule": "human",
    "foresail-schedule": "schedule",
    "foresail-hybrid": "hybrid",
    ORACLE: "history",
}


def frontier(one: Outcome, done: Backtest) -> Figure:
    """Draw each policy's undominated settings: cost over the oracle against time under capacity."""
    least = _least(one)
    traces = []
    for name, knob in done.knobs.items():
        rows = _undominated(one.scores[one.scores["policy"] == name])
        role = role_of(name, done.ours)
        mine = name == done.ours
        x = np.maximum(rows["under_capacity"].to_numpy(), least)
        mark = {"color": f"var:{role}", "size": 7 if mine else 5}
        notes = [
            f"{name}, {knob} {s}: {u:.2%} ({low:.2%} to {high:.2%})"
            for s, u, low, high in zip(
                rows["setting"],
                rows["under_capacity"],
                rows["late_low"],
                rows["late_high"],
                strict=True,
            )
        ]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": rounded(x),
                "y": rounded(rows["cost_ratio"]),
                "text": notes,
                "hovertemplate": "%{text}, %{y:.2f}× the oracle<extra></extra>",
                "line": stroke(role, 2.2 if mine else 1.2),
                "marker": mark,
                "name": name,
                "role": role,
                "rank": 0 if mine else 1,
            }
        )
    traces += [_choice(one, name, done, least) for name in done.knobs if name != ORACLE]
    return {"traces": traces, "layout": _frontier_layout(one, done, least)}


def role_of(policy: str, ours: str) -> str:
    """Give the colour role of a policy."""
    return "plan" if policy == ours else ROLES.get(policy, "hybrid")


def _least(one: Outcome) -> float:
    """Half a period's share: stands for none on an axis that has no zero."""
    return 0.5 / max(len(one.times) - one.scored, 1)


def _undominated(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.sort_values(["cost_ratio", "under_capacity"])
    late = rows["under_capacity"].to_numpy()
    best = np.minimum.accumulate(late)
    keep = np.r_[True, late[1:] < best[:-1]]
    return rows[keep]


def _choice(one: Outcome, name: str, done: Backtest, least: float) -> Trace:
    """Ring the setting that was chosen; bars hold 90 % of resampled days."""
    row = one.scores[(one.scores["policy"] == name) & one.scores["chosen"]].iloc[0]
    role = role_of(name, done.ours)
    late, cost = max(float(row["under_capacity"]), least), float(row["cost_ratio"])
    bars = {
        "color": f"var:{role}",
        "thickness": 1.2,
        "width": 3,
        "type": "data",
        "symmetric": False,
    }
    size = 15 if name == done.ours else 10
    ring = {"color": f"var:{role}", "width": 2.2}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": rounded([late]),
        "y": rounded([cost]),
        "error_x": bars
        | {
            "array": rounded([max(float(row["late_high"]) - late, 0.0)]),
            "arrayminus": rounded([max(late - max(float(row["late_low"]), least), 0.0)]),
        },
        "error_y": bars
        | {
            "array": rounded([max(float(row["cost_high"]) - cost, 0.0)]),
            "arrayminus": rounded([max(cost - float(row["cost_low"]), 0.0)]),
        },
        "text": [
            f"chosen: {name} {row['setting']}<br>{row['under_capacity']:.2%} "
            f"({row['late_low']:.2%} to {row['late_high']:.2%})"
        ],
        "hovertemplate": "%{text}, %{y:.2f}× the oracle<extra></extra>",
        "marker": {"color": "var:card", "size": size, "symbol": "circle", "line": ring},
        "name": "chosen on the days before",
        "role": role,
        "quiet": name != done.ours,
        "kind": "ring",
        "rank": 9,
    }


def _frontier_layout(one: Outcome, done: Backtest, least: float) -> Figure:
    limit = done.job.wish.limit
    line = {"color": "var:danger", "width": 1.2, "dash": "dash"}
    edge = {"type": "line", "yref": "paper", "x0": limit, "x1": limit, "y0": 0, "y1": 1}
    layout = base_layout([edge | {"line": line}])
    highest = float(one.scores["under_capacity"].max())
    ticks = [t for t in (0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3) if t > least * 1.5]
    layout["xaxis"] = {
        **{k: v for k, v in layout["yaxis"].items() if k not in {"rangemode", "nticks"}},
        "type": "log",
        "tickangle": 0,
        "tickvals": [least, *ticks],
        "ticktext": ["none", *(f"{100 * t:g}%" for t in ticks)],
        "range": [
            float(np.log10(least * 0.8)),
            float(np.log10(max(min(highest, 0.3), 0.02) * 1.2)),
        ],
        "title": {"text": "time under capacity", "font": {"size": 12, "color": "var:muted"}},
        "showgrid": True,
    }
    costs = [1, 1.2, 1.5, 2, 3, 5, 10, 20, 50]
    tallest = float(one.scores["cost_ratio"].quantile(0.9))
    layout["yaxis"] |= {
        "type": "log",
        "tickvals": costs,
        "ticktext": [f"{c:g}×" for c in costs],
        "range": [float(np.log10(0.92)), float(np.log10(max(tallest, 1.6) * 1.1))],
    }
    layout["yaxis"].pop("rangemode")
    layout["hovermode"] = "closest"
    layout["margin"] = {"l": 44, "r": 12, "t": 10, "b": 48}
    layout["annotations"] = [
        {
            "x": float(np.log10(limit)), "y": 1, "yref": "paper", "yanchor": "top",
            "xanchor": "left", "xshift": 3, "text": f"{100 * limit:g} %", "showarrow": False,
            "font": {"color": "var:danger", "size": 11},
        }
    ]  # fmt: skip
    return layout
