"""Tables of the forecasting benchmark, on the terminal and in the docs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from protocol import FLOOR, LEVELS, summarise

REPEATED = "cluster_cpu_alibaba_1"
LABELS = {
    "foresail": "foresail",
    "mstl": "statsforecast MSTL (AutoETS trend)",
    "hgb": "scikit-learn quantile HGB, lags + calendar",
    "seasonal_naive_week": "seasonal naive, week",
    "seasonal_naive_day": "seasonal naive, day",
    "auto_ces": "statsforecast AutoCES",
    "prophet": "Prophet",
    "holt_winters": "Holt-Winters (predictive-horizontal-pod-autoscaler)",
    "auto_ets": "statsforecast AutoETS",
}
SHORT = {
    "mstl": "MSTL",
    "hgb": "HGB",
    "seasonal_naive_week": "week-naive",
    "seasonal_naive_day": "day-naive",
    "auto_ces": "AutoCES",
    "prophet": "Prophet",
    "holt_winters": "Holt-Winters",
    "auto_ets": "AutoETS",
}
MEASURES = ("MASE", *(f"WQL {level:g}" for level in LEVELS))
COVERAGES = tuple(f"coverage {level:g}" for level in LEVELS)
Scores = dict[str, pd.DataFrame]


def per_series(table: pd.DataFrame) -> dict[str, float]:
    """Give the seconds per series of a model over all its traces."""
    series = table["series"].sum()
    return {
        "s per series": table["wall_s"].sum() / series,
        "CPU s per series": table["cpu_s"].sum() / series,
        "s per series, one call": table["batch_s"].sum(min_count=len(table)) / series,
        "CPU s per series, one call": table["batch_cpu_s"].sum(min_count=len(table)) / series,
    }


def summary(scores: Scores, leave_out: str = "") -> pd.DataFrame:
    """Summarise each model over the traces, best pinball loss at 0.9 first."""
    rows = {}
    for model, table in scores.items():
        kept = table.drop(index=leave_out, errors="ignore")
        if len(kept):
            means = summarise(kept[[*MEASURES, *COVERAGES, "failed"]])
            rows[model] = {**means, **per_series(kept)}
    made = pd.DataFrame(rows).T
    return made.sort_values("WQL 0.9") if len(made) else made


def print_summary(scores: Scores, variant: str) -> None:
    """Print the summary, with and without the trace that repeats itself, and the traces."""
    for model, table in scores.items():
        print(f"\n{model}")
        print(table[[*MEASURES, *COVERAGES, "failed"]].round(3).to_string())
    print(f"\nall {len(next(iter(scores.values())))} traces, day-naive's quantiles: {variant}")
    print(summary(scores).round(4).to_string())
    traces = next(iter(scores.values())).index
    if REPEATED in traces and len(traces) > 1:
        print(f"\nwithout {REPEATED}")
        print(summary(scores, REPEATED).round(4).to_string())


def markdown(table: pd.DataFrame, formats: dict[str, Callable[[float], str]]) -> str:
    """Write a frame as a Markdown table; text stays as it is."""
    lines = [
        "| " + " | ".join(["", *table.columns]) + " |",
        "|" + "---|" * (len(table.columns) + 1),
    ]
    for name, row in table.iterrows():
        cells = [
            value if isinstance(value, str) else formats.get(column, "{:.3f}".format)(value)
            for column, value in row.items()
        ]
        lines.append("| " + " | ".join([str(name), *cells]) + " |")
    return "\n".join(lines)


def _seconds(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.4f}"


def summary_table(scores: Scores, leave_out: str = "") -> str:
    """Write the summary as the docs show it."""
    table = summary(scores, leave_out).rename(index=LABELS)
    table = table.rename(columns={"failed": "failures"})
    formats = {name: _seconds for name in table.columns if "per series" in name}
    formats |= dict.fromkeys(COVERAGES, "{:.2f}".format)
    formats["failures"] = "{:.0f}".format
    return markdown(table, formats)


def best_peer(scores: Scores, trace: str, measure: str) -> tuple[str, float]:
    """Give the peer that does best on a trace by a measure, and its ratio."""
    peers = {model: table.loc[trace, measure] for model, table in scores.items()}
    peers.pop("foresail", None)
    name = min(peers, key=lambda model: peers[model])
    return name, float(peers[name])


def trace_table(scores: Scores) -> str:
    """Write foresail beside the best of all peers on each trace; bold where it loses."""
    ours, rows = scores["foresail"], {}
    for trace in ours.index:
        row: dict[str, object] = {"series": f"{ours.loc[trace, 'series']:.0f}"}
        for measure in ("MASE", "WQL 0.9", "WQL 0.95"):
            name, theirs = best_peer(scores, trace, measure)
            mine = float(ours.loc[trace, measure])
            row[measure] = f"**{mine:.3f}**" if mine > theirs else f"{mine:.3f}"
            row[f"best peer's {measure}"] = f"{theirs:.3f} ({SHORT[name]})"
        row |= {name: f"{ours.loc[trace, name]:.2f}" for name in COVERAGES[1:3]}
        rows[trace] = row
    return markdown(pd.DataFrame(rows).T, {})


def loss_table(scores: Scores) -> str:
    """Count, for each peer, the traces on which foresail is worse than it."""
    ours, rows = scores["foresail"], {}
    for model, table in scores.items():
        if model == "foresail":
            continue
        row = {}
        for measure in MEASURES:
            worse = [t for t in ours.index if ours.loc[t, measure] > table.loc[t, measure]]
            row[measure] = f"{len(worse)} of {len(ours)}"
            if measure == "WQL 0.9":
                named = ", ".join(worse) or "none"
        rows[LABELS[model]] = {**row, "where (WQL 0.9)": named}
    return markdown(pd.DataFrame(rows).T, {})


def speed_checks(table: pd.DataFrame) -> list[tuple[str, bool, str]]:
    """Compare foresail's time per series with MSTL's: judged by CPU time, both told."""
    if "mstl" not in table.index:
        return []
    ours, theirs = table.loc["foresail"], table.loc["mstl"]
    checks = []
    for what, kind in (("one call per series", ""), ("one call for all", ", one call")):
        cpu = theirs["CPU s per series"] / ours[f"CPU s per series{kind}"]
        wall = theirs["s per series"] / ours[f"s per series{kind}"]
        told = f"{cpu:.1f} times by CPU time, {wall:.1f} by the clock"
        checks.append((f"10 times MSTL's speed, {what}", bool(cpu >= 10), told))
    return checks


def spread(scores: Scores) -> str:
    """Say how far foresail's means move when any one trace is left out."""
    traces = scores["foresail"].index
    if len(traces) < 2:
        return ""
    told = []
    for measure in ("WQL 0.9", "MASE"):
        kept = {t: scores["foresail"][measure].drop(t) for t in traces}
        means = {t: float(np.exp(np.log(column).mean())) for t, column in kept.items()}
        low, high = min(means, key=lambda t: means[t]), max(means, key=lambda t: means[t])
        told.append(
            f"{measure} is {means[low]:.3f} without {low} and {means[high]:.3f} without {high}"
        )
    return f"How much one trace weighs for foresail: {'; '.join(told)}."


def goals(scores: Scores) -> str:
    """Say which goals hold, on all traces and without the one that repeats itself."""
    lines = []
    for name, leave_out in (("all traces", ""), (f"without {REPEATED}", REPEATED)):
        table = summary(scores, leave_out)
        ours = table.loc["foresail"]
        gaps = {f"{level:g}": ours[f"coverage {level:g}"] - level for level in LEVELS}
        far = {level: gap for level, gap in gaps.items() if abs(gap) > 0.02}
        checks = [
            ("WQL 0.9 <= 0.68", ours["WQL 0.9"] <= 0.68, f"{ours['WQL 0.9']:.3f}"),
            ("MASE <= 0.70", ours["MASE"] <= 0.70, f"{ours['MASE']:.3f}"),
            (
                "coverage within 0.02",
                not far,
                ", ".join(f"q{level} off by {gap:+.3f}" for level, gap in far.items()) or "all",
            ),
        ]
        checks += speed_checks(table)
        lines += [
            f"| {name} | {goal} | {told} | {'yes' if met else '**no**'} |"
            for goal, met, told in checks
        ]
    return "\n".join(["| traces | goal | measured | met |", "|---|---|---|---|", *lines])


def scale_section(cache: Path) -> str:
    """Write the scale figures of the last make bench-forecast-scale, if there was one."""
    kept = cache / "scale.json"
    if not kept.exists():
        return "Not measured yet: `make bench-forecast-scale`."
    told = json.loads(kept.read_text())
    rows = {
        f"{row['series']:,} series": {
            "call, s": f"{row['call_s']:.2f}",
            "whole process, s": f"{row['process_s']:.2f}",
            "peak memory, GiB": f"{row['peak_gib']:.2f}",
        }
        for row in told["runs"]
    }
    return (
        f"{told['what']} {told['cores']} cores, foresail {told['version']}; time grows as"
        f" n^{told['exponent']:.2f} (least squares over the logarithms).\n\n"
        + markdown(pd.DataFrame(rows).T, {})
        + f"\n\nGoal, 10,000 series under 60 s and 4 GB: {'met' if told['met'] else '**not met**'}."
    )


def _facts(cache: Path, environment: str) -> str:
    kept = cache / f"versions-{environment}.txt"
    return kept.read_text().strip().replace("\n", ", ") if kept.exists() else "unknown"


def write_docs(
    scores: Scores, variant: str, machine: dict[str, object], cache: Path, folder: Path
) -> None:
    """Write docs/benchmarks/forecast.md, and what the plot needs.

    Parameters
    ----------
    scores
        One frame per model, one row per trace; foresail and all peers.
    variant
        Which quantiles the day-naive has.
    machine
        What `run.machine` tells.
    cache
        Where versions and scale figures lie; summary.json is written there.
    folder
        Where the page goes.
    """
    if "foresail" not in scores or len(scores) < 2:
        raise SystemExit("--docs needs foresail and at least one peer among --models")
    folder.mkdir(parents=True, exist_ok=True)
    traces = scores["foresail"].index
    plain = summary(scores)
    (cache / "summary.json").write_text(plain.rename(index=LABELS).to_json(orient="index"))
    text = (Path(__file__).parent / "page.md").read_text()
    load = f"load average {machine['load']} at the end"
    values = {
        "goals": goals(scores),
        "summary": summary_table(scores),
        "without": summary_table(scores, REPEATED),
        "repeated": REPEATED,
        "spread": spread(scores),
        "traces": trace_table(scores),
        "losses": loss_table(scores),
        "scale": scale_section(cache),
        "count": str(len(traces)),
        "series": f"{scores['foresail']['series'].sum():.0f}",
        "names": ", ".join(traces),
        "variant": variant,
        "floor": f"{FLOOR:g}",
        "machine": f"{machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']},"
        f" Python {machine['python']}, {load}",
        "ours": _facts(cache, "foresail"),
        "peers": _facts(cache, "peers"),
    }
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    (folder / "forecast.md").write_text(text)
