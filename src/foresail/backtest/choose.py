"""Settings chosen on past days by the user's wish, and verdicts on what came of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from foresail.backtest.job import ORACLE, PROMISES, Promise, Wish, setting_text
from foresail.backtest.roster import promises_of
from foresail.errors import InputError
from foresail.replay.policies import Policy
from foresail.replay.risk import Choice, Record, for_budget, for_limit, for_prices

_ROUNDING = 1e-9


def choose(policy: Policy, record: Record, wish: Wish, unit_price: float) -> Choice:
    """Choose a policy's setting on the past days of a record; the oracle has but one.

    Raises
    ------
    InputError
        When no setting of the policy costs as little as the budget.
    """
    if policy.name == ORACLE:
        return _only(record)
    if wish.shortage_price is not None:
        return for_prices(record, unit_price, wish.shortage_price)
    if wish.budget is not None:
        return for_budget(record, wish.budget)
    promised = promises_of(policy)
    if promised:
        return _promised(policy, record, wish.limit, promised)
    return for_limit(record, wish.limit)


def within_reach(policy: Policy, record: Record, wish: Wish, unit_price: float) -> Choice:
    """Choose as `choose` does, but take a peer's cheapest setting where the budget is too small."""
    try:
        return choose(policy, record, wish, unit_price)
    except InputError as error:
        cheapest = int(np.argmin(record.weights @ record.unit_hours))
        alone = replace(
            record,
            late=record.late[:, [cheapest]],
            unserved=record.unserved[:, [cheapest]],
            unit_hours=record.unit_hours[:, [cheapest]],
            settings=(record.settings[cheapest],),
        )
        return replace(_only(alone), index=cheapest, met=False, why=error.message)


def _promised(policy: Policy, record: Record, limit: float, promised: list[float]) -> Choice:
    """Take the setting that promises the limit, or the nearest stricter one."""
    inside = [at for at, one in enumerate(promised) if one <= limit + _ROUNDING]
    at = max(inside, key=promised.__getitem__) if inside else int(np.argmin(promised))
    cost = float((record.weights @ record.unit_hours)[at])
    why = f"promises {promised[at]:.3%}; its own settings are chosen each day on the days before"
    return Choice(at, policy.settings[at], promised[at], cost, bool(inside), why)


def _only(record: Record) -> Choice:
    weight = record.weights
    late, cost = float((weight @ record.late)[0]), float((weight @ record.unit_hours)[0])
    return Choice(0, record.settings[0], late, cost, True, "its only setting")


def promise_table(policy: Policy, record: Record, scores: pd.DataFrame) -> list[Promise]:
    """Compare what was promised on past days with what came out, for each limit.

    `scores` holds the policy's settings in the order of the record.
    """
    promised = promises_of(policy)
    found = []
    for limit in PROMISES if not promised else sorted(promised, reverse=True):
        choice = (
            _promised(policy, record, limit, promised) if promised else for_limit(record, limit)
        )
        row = scores.iloc[choice.index]
        found.append(
            Promise(
                limit,
                setting_text(choice.setting),
                choice.late,
                float(row["under_capacity"]),
                float(row["late_low"]),
                float(row["late_high"]),
                float(row["cost_ratio"]),
            )
        )
    return found


def verdict(late: float, best: float, wish: Wish, hours_a_day: float) -> tuple[str, bool]:
    """Say whether a policy kept what was wished for, and by how much it did not.

    Parameters
    ----------
    late, best
        Share of time under capacity that came out, and the least of any setting in hindsight.
    wish
        The limit that counts, or the budget.
    hours_a_day
        Unit-hours that the chosen setting took.
    """
    if wish.shortage_price is not None:
        return "chosen by the price of shortage", True
    if wish.budget is not None:
        over = hours_a_day / wish.budget - 1
        return (
            ("within the budget", True)
            if over <= _ROUNDING
            else (f"{over:.1%} over the budget", False)
        )
    if late <= wish.limit + _ROUNDING:
        return "kept", True
    beyond = f"{100 * (late - wish.limit):.2f} points over"
    if best > wish.limit + _ROUNDING:
        return f"cannot: its best setting comes to {best:.2%}; this one is {beyond}", False
    return f"missed: {beyond}", False
