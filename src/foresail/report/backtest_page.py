"""The page of a backtest: money and risk of each policy, for one series or a fleet of them."""

from __future__ import annotations

from typing import Any

from foresail.backtest.job import Backtest
from foresail.report.backtest_sections import (
    aside_section,
    cards,
    hero,
    notes_section,
    policies_section,
    promises_section,
    steps_section,
)
from foresail.report.shell import shell
from foresail.report.times import axis_at


def backtest_page(done: Backtest, told: dict[str, Any]) -> str:
    """Build one self-contained page.

    Parameters
    ----------
    done, told
        A backtest and its summary.
    """
    axis = axis_at(done.job.timezone, done.first.times[-1])
    one, data = done.first, told["series"][0]
    main = (
        hero(done, told, axis.zone),
        cards(done, told),
        policies_section(data["policies"], told, "scores"),
        promises_section(data, "0"),
        steps_section(one, axis.zone, "0"),
        aside_section(one, axis.zone, "0"),
        notes_section(data["notes"], "0"),
    )
    return shell("Backtest", "\n".join(main), axis.label, {"scores": told, "charts": {}})
