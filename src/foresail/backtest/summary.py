"""A backtest in figures: what scores.json holds, what tables and pages show, and scores.csv."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal
from typing import Any

import pandas as pd

from foresail.backtest.job import ORACLE, REACTIVE, Backtest, Chosen, Outcome
from foresail.prices.price import CENT
from foresail.units import format_duration


def summary(done: Backtest, made: datetime, version: str) -> dict[str, Any]:
    """Lay a backtest out as plain data; money is text with two decimals.

    Parameters
    ----------
    done
        The backtest.
    made
        When it was made.
    version
        Of foresail.
    """
    rules, price = done.job.rules, done.job.price
    return {
        "foresail": version,
        "made": made.isoformat(timespec="seconds"),
        "policy": done.ours,
        "wish": str(done.job.wish),
        "limit": done.job.wish.limit,
        "rules": {
            "slo": rules.slo,
            "boot": format_duration(rules.boot),
            "minimum": rules.minimum,
            "maximum": rules.maximum,
            "warmup": format_duration(rules.warmup),
            "replan": format_duration(rules.replan),
            "timezone": done.job.timezone,
        },
        "price": {
            "amount": str(price.amount),
            "currency": price.currency,
            "source": price.source,
            "as_of": None if price.as_of is None else price.as_of.isoformat(),
        },
        "totals": totals(done),
        "saved": saved(done),
        "series": [_series(one, done) for one in done.outcomes],
        "refused": [{"series": name, "why": why} for name, why in done.refused],
    }


def totals(done: Backtest) -> list[dict[str, Any]]:
    """Sum up each policy over all series: cost, risk, and how many series kept the wish."""
    rows = []
    for name in done.knobs:
        of = [one.chosen[name] for one in done.outcomes]
        hours = sum(one.scores["unit_hours"] for one in of)
        least = sum(one.scores["oracle_hours"] for one in of)
        days = sum(one.days for one in done.outcomes)
        demand = sum(_demand(one) for one in done.outcomes)
        missed = sum(one.chosen[name].scores["unserved"] * _demand(one) for one in done.outcomes)
        minutes = sum(one.minutes for one in of)
        rows.append(
            {
                "policy": name,
                "unit_hours": hours,
                "cost": str(sum((cost_of(one, done) for one in of), Decimal("0.00"))),
                "shortage": _total([shortage_of(one, done) for one in of]),
                "cost_ratio": ratio(hours, least),
                "under_capacity_minutes": minutes,
                "under_capacity": ratio(minutes, days * 24 * 60),
                "unserved": ratio(missed, demand),
                "kept": sum(one.kept for one in of),
                "series": len(of),
            }
        )
    return rows


def saved(done: Backtest) -> dict[str, Any] | None:
    """Tell what our policy saves against reactive scaling; None where that was not played."""
    if REACTIVE not in done.knobs or done.ours == REACTIVE:
        return None
    rows = {row["policy"]: row for row in totals(done)}
    mine, theirs = rows[done.ours], rows[REACTIVE]
    return {
        "against": REACTIVE,
        "cost": str(Decimal(theirs["cost"]) - Decimal(mine["cost"])),
        "share": 1 - ratio(mine["unit_hours"], theirs["unit_hours"]),
        "minutes": theirs["under_capacity_minutes"] - mine["under_capacity_minutes"],
    }


def cost_of(one: Chosen, done: Backtest) -> Decimal:
    """Dollars of the unit-hours that a policy took."""
    return done.job.price.of(one.scores["unit_hours"])


def shortage_of(one: Chosen, done: Backtest) -> Decimal | None:
    """Dollars of the unit-hours that were missing; None where they have no price."""
    price = done.job.wish.shortage_price
    if price is None:
        return None
    return (Decimal(str(price)) * Decimal(str(round(one.missing, 6)))).quantize(CENT)


def ratio(above: float, below: float) -> float:
    """Quotient; NaN over nothing."""
    return above / below if below > 0 else math.nan


def chosen_rows(one: Outcome, done: Backtest) -> list[dict[str, Any]]:
    """One row per policy: the setting chosen for the wish, and what came of it."""
    return [_chosen(one.chosen[name], done) for name in one.chosen]


def _chosen(one: Chosen, done: Backtest) -> dict[str, Any]:
    scores = one.scores
    return {
        "policy": one.policy,
        "setting": one.setting,
        "why": one.choice.why,
        "expected": one.choice.late,
        "unit_hours": scores["unit_hours"],
        "cost": str(cost_of(one, done)),
        "shortage": _text(shortage_of(one, done)),
        "cost_ratio": scores["cost_ratio"],
        "under_capacity": scores["under_capacity"],
        "under_capacity_minutes": one.minutes,
        "under_capacity_interval": [one.low, one.high],
        "unserved": scores["unserved"],
        "lost": scores["lost"],
        "units_started": scores["units_started"],
        "best_in_hindsight": one.best,
        "kept": one.kept,
        "verdict": one.verdict,
    }


def _total(amounts: list[Decimal | None]) -> str | None:
    known = [amount for amount in amounts if amount is not None]
    return str(sum(known, Decimal("0.00"))) if known else None


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _series(one: Outcome, done: Backtest) -> dict[str, Any]:
    first = one.times[min(one.scored, len(one.times) - 1)]
    return {
        "series": one.series,
        "unit_capacity": one.scale,
        "period": format_duration(one.period.to_pytimedelta()),
        "scored": {
            "from": first.isoformat(),
            "to": (one.times[-1] + one.period).isoformat(),
            "days": one.days,
            "hindsight": one.hindsight,
        },
        "policies": chosen_rows(one, done),
        "promises": [
            {
                "limit": each.limit,
                "setting": each.setting,
                "expected": each.expected,
                "outcome": each.outcome,
                "interval": [each.low, each.high],
                "cost_ratio": each.cost_ratio,
            }
            for each in one.promises
        ],
        "calibration": one.calibration,
        "set_aside": len(one.aside),
        "next_plan": [
            {
                "start": row["start"].isoformat(),
                "end": row["end"].isoformat(),
                "capacity": int(row["capacity"]),
                "kind": row["kind"],
                "reason": row["reason"],
                "cost": str(row["cost"]),
            }
            for row in one.last.to_dict("records")
        ],
        "notes": one.notes,
    }


def scores_frame(done: Backtest) -> pd.DataFrame:
    """Give every setting of every policy on every series, with dollars; which were chosen."""
    frame = pd.concat([one.scores for one in done.outcomes], ignore_index=True)
    place = frame.columns.get_loc("unit_hours")
    cost = [str(done.job.price.of(hours)) for hours in frame["unit_hours"]]
    frame.insert(int(str(place)) + 1, "cost", cost)
    return frame


def _demand(one: Outcome) -> float:
    """Demand of the scored days, in unit-hours."""
    known = one.demand[one.scored :]
    return float(pd.Series(known).sum()) * (one.period / pd.Timedelta(hours=1))


def others(done: Backtest) -> list[str]:
    """Policies to compare ours with, without the oracle."""
    return [name for name in done.knobs if name not in {done.ours, ORACLE}]
