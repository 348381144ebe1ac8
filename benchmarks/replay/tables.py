"""Tables of the replay benchmark, on the terminal and in the docs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from speed import GOAL_SCENARIOS, WEEKS8, growth, met

from foresail.replay.measures import LIMITS, against, frontier, reach

PAGE = Path(__file__).resolve().parent / "page.md"
PEERS = ("reactive", "aws-predictive", "human schedule", "static")
KINDS = {  # what each policy's line says beside its name
    "static": "the historic maximum times 0.5 to 2",
    "reactive": "target tracking at 0.3 to 0.8",
    "aws-predictive": "AWS's rules on an MSTL forecast, and target tracking",
    "aws-predictive, day and week": "the same rules on means of the hour of day and of week",
    "aws-predictive, foresail's forecast": "the same rules on foresail's median",
    "human schedule": "hour of day, weekday or weekend, 8 days' maxima or 0.9-quantiles; reactive",
    "foresail-schedule": "planned floors alone",
    "foresail-hybrid": "a floor (planned, the week's peak or none), target tracking, patience",
    "foresail": "a promised limit, settings chosen each day on the past only",
    "oracle": "demand known, no boot",
    "least possible": "the oracle, with the dearest periods knowingly left short",
}
LEAST = "least possible"
PROMISE, KEPT, KEPT_SHARE = "foresail", 1.5, 10 / 12
PROMISED = (
    "promised", "came to, mean", "came to, worst", "kept on",
    "cost over the oracle, geometric mean",
)  # fmt: skip
CHEAPER, REACH_1, REACH_HALF = 0.8, 1.0, 10 / 12


def percent(limit: float) -> str:
    """Write a limit as tables do."""
    return f"<= {limit:.1%}".replace(".0%", " %").replace("%", " %").replace("  ", " ")


def cell(ratio: float, share: float) -> str:
    """Median cost and share of traces."""
    return f"{ratio:.2f} ({share:.0%})" if np.isfinite(ratio) else "- (0%)"


def policies_table(front: pd.DataFrame) -> pd.DataFrame:
    """Median cost over the oracle and share of traces, by policy and limit."""
    told = reach(front)
    told["cell"] = [cell(r, s) for r, s in zip(told["cost_ratio"], told["share"], strict=True)]
    table = told.pivot(index="policy", columns="limit", values="cell")[list(LIMITS)]
    return table.rename(columns=percent).loc[pd.unique(front["policy"])]


def ratios_table(front: pd.DataFrame, ours: str) -> pd.DataFrame:
    """Our cost over each other policy's, and on how many traces both reach the limit."""
    return _ratios(against(front, ours), front)


def least_table(front: pd.DataFrame, ours: str) -> pd.DataFrame:
    """Compare the least possible cost with each peer's, on the traces that count for ours."""
    if LEAST not in set(front["policy"]):
        return pd.DataFrame()
    told = against(front, LEAST, ours)
    return _ratios(told[told["policy"].isin(PEERS)], front)


def _ratios(told: pd.DataFrame, front: pd.DataFrame) -> pd.DataFrame:
    told = told.copy()
    told["cell"] = [
        f"{r:.2f} ({n})" if n else "-" for r, n in zip(told["ratio"], told["both"], strict=True)
    ]
    table = told.pivot(index="policy", columns="limit", values="cell")[list(LIMITS)]
    order = [name for name in pd.unique(front["policy"]) if name in table.index]
    return table.rename(columns=percent).loc[order]


def traces_table(front: pd.DataFrame, ours: str) -> pd.DataFrame:
    """Our cost by trace beside the best peer's, chosen with hindsight; bold where ours loses."""
    peers = front[front["policy"].isin(PEERS)]
    columns = {}
    for limit in LIMITS:
        mine = front[(front["policy"] == ours) & (front["limit"] == limit)].set_index("series")
        at = peers[peers["limit"] == limit]
        best = at.loc[at["cost_ratio"].fillna(np.inf).groupby(at["series"]).idxmin()]
        best = best.set_index("series")
        least = front[(front["policy"] == LEAST) & (front["limit"] == limit)].set_index("series")
        columns[percent(limit)] = {
            name: _versus(mine.loc[name, "cost_ratio"], best.loc[name])
            + (f" / {least.loc[name, 'cost_ratio']:.2f}" if name in least.index else "")
            for name in mine.index
        }
    return pd.DataFrame(columns)


def _versus(mine: float, best: pd.Series) -> str:
    theirs = best["cost_ratio"]
    lost = np.isfinite(theirs) and not mine <= theirs
    own = f"{mine:.2f}" if np.isfinite(mine) else "none"
    other = f"{theirs:.2f} {best['policy']}" if np.isfinite(theirs) else "none"
    return f"{'**' if lost else ''}{own}{'**' if lost else ''} / {other}"


def promise_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Compare what was promised with what came; a promise counts as kept up to 1.5 times."""
    of = scores[scores["policy"] == PROMISE].astype({"setting": float})
    rows = []
    for limit, made in of.groupby("setting", sort=False):
        late, cost = made["under_capacity"], np.exp(np.log(made["cost_ratio"]).mean())
        rows.append(
            {
                "promised": percent(float(limit)),
                "came to, mean": f"{late.mean():.2%}",
                "came to, worst": f"{late.max():.2%}",
                "kept on": f"{(late <= KEPT * limit).mean():.0%}",
                "cost over the oracle, geometric mean": f"{cost:.2f}",
            }
        )
    return pd.DataFrame(rows, columns=list(PROMISED)).set_index("promised")


def kept_promises(scores: pd.DataFrame, limit: float) -> float:
    """Share of traces on which a promised limit came to 1.5 times as much or less."""
    of = scores[(scores["policy"] == PROMISE) & (scores["setting"] == f"{limit:g}")]
    return float((of["under_capacity"] <= KEPT * limit).mean())


def goals_table(
    scores: pd.DataFrame, front: pd.DataFrame, ours: str, grid: pd.DataFrame
) -> pd.DataFrame:
    """List the goals, what was measured, and whether it is met."""
    kept = kept_promises(scores, 0.01)
    told = reach(front).set_index(["policy", "limit"])["share"]
    rows = [
        ("every trace reaches 1 %", f"{told[ours, 0.01]:.0%}", told[ours, 0.01] >= REACH_1, ""),
        ("10 of 12 reach 0.5 %", f"{told[ours, 0.005]:.0%}", told[ours, 0.005] >= REACH_HALF, ""),
        ("a promised 1 % comes to 1.5 % or less on 10 of 12", f"{kept:.0%}",
         kept >= KEPT_SHARE, ""),
    ]  # fmt: skip
    ratios = against(front, ours)
    compared = set(ratios.loc[ratios["both"] > 0, "policy"])
    rows += [_cheaper(front, ours, peer) for peer in PEERS if peer in compared]
    if len(grid):
        seconds, fast = met(grid)
        rows.append(("8 weeks, 200 scenarios under 2 s", f"{seconds:.2f} s", fast, ""))
    marked = [
        (goal, value, "yes" if good else "**no**", least) for goal, value, good, least in rows
    ]
    columns = ["goal", "measured", "met", LEAST]
    return pd.DataFrame(marked, columns=columns).set_index("goal")


def _cheaper(front: pd.DataFrame, ours: str, peer: str) -> tuple[str, str, bool, str]:
    """Goal against one peer: ours at its worst limit, and the least that anything could come to."""
    goal = f"20 % cheaper than {peer} at every limit"
    worst, limit = _worst(against(front, ours), peer)
    if LEAST not in set(front["policy"]):
        return goal, f"{worst:.2f} at {percent(limit)}", worst <= CHEAPER, ""
    least, where = _worst(against(front, LEAST, ours), peer)
    told = f"{least:.2f} at {percent(where)}"
    told += "" if least <= CHEAPER else ": no policy can meet it"
    return goal, f"{worst:.2f} at {percent(limit)}", worst <= CHEAPER, told


def _worst(ratios: pd.DataFrame, peer: str) -> tuple[float, float]:
    """Highest ratio to a peer, and at which limit."""
    mine = ratios[(ratios["policy"] == peer) & (ratios["both"] > 0)]
    row = mine.loc[mine["ratio"].idxmax()]
    return float(row["ratio"]), float(row["limit"])


def speed_text(grid: pd.DataFrame) -> str:
    """Say how fast the simulator is."""
    if not len(grid):
        return "Not measured in this run."
    grown, (seconds, _) = growth(grid), met(grid)
    shown = grid.copy()
    shown["s"], shown["CPU s"] = (
        shown["s"].map("{:.2f}".format),
        shown["CPU s"].map("{:.2f}".format),
    )
    shown["per second"] = shown["per second"].map("{:,.0f}".format)
    rate = WEEKS8 * GOAL_SCENARIOS / seconds / 1e6
    return (
        f"{rate:.1f} million scenario-steps a second at 8 weeks and {GOAL_SCENARIOS} scenarios;"
        f" time grows as steps^{grown['steps']:.2f} and scenarios^{grown['scenarios']:.2f}."
        f" Best of three runs, one thread.\n\n{markdown(shown.set_index('steps'))}"
    )


def markdown(table: pd.DataFrame) -> str:
    """Write a table in Markdown."""
    if table.empty:
        return "Not in this run."
    name = table.index.name or ""
    lines = [
        f"| {' | '.join([name, *map(str, table.columns)])} |",
        "|---" * (table.shape[1] + 1) + "|",
    ]
    lines += [
        f"| {' | '.join([str(at), *map(str, row)])} |"
        for at, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return "\n".join(lines)


def print_tables(scores: pd.DataFrame, ours: str) -> None:
    """Print the policies' table and, where ours is there, the ratios."""
    front = frontier(scores)
    print(policies_table(front).to_string())
    if ours in set(scores["policy"]):
        print(f"\n{ours}'s cost over theirs, where both reach the limit (traces):")
        print(ratios_table(front, ours).to_string())
    if PROMISE in set(scores["policy"]):
        print(f"\n{PROMISE}, promised and kept:")
        print(promise_table(scores).to_string())


def page(scores: pd.DataFrame, ours: str, grid: pd.DataFrame, machine: str, seconds: float) -> str:
    """Fill the docs page."""
    front = frontier(scores)
    table = policies_table(front)
    table.index = [f"{name}: {KINDS.get(name, '')}" for name in table.index]
    table.index.name = "policy"
    series = list(pd.unique(scores["series"]))
    each = scores.groupby("policy", sort=False)["setting"].nunique()
    filled = {
        "each": ", ".join(f"{name} {count}" for name, count in each.items()),
        "count": str(len(series)),
        "traces": ", ".join(series),
        "table": markdown(table),
        "ours": ours,
        "ratios": markdown(ratios_table(front, ours)),
        "least": markdown(least_table(front, ours)),
        "by_trace": markdown(traces_table(front, ours)),
        "promises": markdown(promise_table(scores)),
        "goals": markdown(goals_table(scores, front, ours, grid)),
        "speed": speed_text(grid),
        "machine": machine,
        "seconds": f"{seconds:.0f}",
        "settings": str(len(scores) // len(series)),
    }
    text = PAGE.read_text()
    for key, value in filled.items():
        text = text.replace("{{" + key + "}}", value)
    return text
