"""The page of a backtest: money and risk of each policy, for one series or a fleet of them."""

from __future__ import annotations

import gzip
from base64 import b64encode
from html import escape
from typing import Any

from foresail.backtest.job import Backtest, Outcome
from foresail.report.backtest_charts import Detail, bucket_text, figures
from foresail.report.backtest_fleet import fleet_section, refused_section
from foresail.report.backtest_sections import (
    aside_section,
    calibration_caption,
    cards,
    demand_caption,
    hero,
    notes_section,
    plot_section,
    policies_section,
    promises_section,
    steps_section,
)
from foresail.report.findings import to_json
from foresail.report.series import Axis
from foresail.report.shell import shell
from foresail.report.times import axis_at

ALONE = Detail(points=1600, close=True)
FLEET_POINTS = 120_000  # of all series of a fleet together, so that the page stays light


def backtest_page(done: Backtest, told: dict[str, Any]) -> str:
    """Build one self-contained page.

    Parameters
    ----------
    done, told
        A backtest and its summary.

    Returns
    -------
    str
        HTML that works without a network, in light and dark, on a phone. Of a fleet the series
        that is picked is drawn, the worst one first.

    Raises
    ------
    InputError
        When plotly is not installed.
    """
    axis = axis_at(done.job.timezone, done.first.times[-1])
    head = [hero(told, axis.zone), cards(told)]
    if len(done.outcomes) > 1:
        return _fleet(done, told, axis, head)
    one, data = done.first, told["series"][0]
    main = [*head, *_sections(one, data, done, told, axis, ALONE), refused_section(told)]
    charts = figures(one, done, axis, ALONE)
    title = f"Backtest: {one.series}"
    return shell(title, "\n".join(main), axis.label, {"scores": told, "charts": charts}, "backtest")


def _fleet(done: Backtest, told: dict[str, Any], axis: Axis, head: list[str]) -> str:
    points = min(max(FLEET_POINTS // len(done.outcomes), 150), ALONE.points)
    few = Detail(points, close=False)
    main = [
        *head,
        policies_section(told["totals"], told, "totals"),
        fleet_section(told),
        refused_section(told),
        '<div id="detail"></div>',
    ]
    data: dict[str, Any] = {"scores": told, "charts": {}}
    for at, one in enumerate(done.outcomes):
        parts = _sections(one, told["series"][at], done, told, axis, few)
        name = f'<h2 class="named">{escape(one.series)}</h2>'
        detail = {"html": f"{name}{''.join(parts)}", "figures": figures(one, done, axis, few)}
        data[f"detail-{at}"] = packed(detail)
    title = f"Backtest of {len(done.outcomes)} series"
    return shell(title, "\n".join(main), axis.label, data, "backtest")


def packed(value: Any) -> str:
    """Pack what only the series that is picked needs: JSON, gzipped, as text."""
    return b64encode(gzip.compress(to_json(value).encode(), mtime=0)).decode()


def _sections(
    one: Outcome,
    data: dict[str, Any],
    done: Backtest,
    told: dict[str, Any],
    axis: Axis,
    detail: Detail,
) -> list[str]:
    """All about one series."""
    front = plot_section("frontier", "Cost against risk", FRONTIER)
    calibrated = plot_section(
        "calibration", "Did the forecast keep its word?", calibration_caption(one)
    )
    return [
        plot_section(
            "demand", "Demand and forecast", demand_caption(one, axis, bucket_text(one, detail))
        ),
        plot_section("capacity", "Capacity, planned and real", CAPACITY),
        policies_section(data["policies"], told, "scores"),
        f'<div class="duo">{front}{calibrated}</div>',
        promises_section(data),
        plot_section("heat", "When it was short", "Hours of the day by days."),
        steps_section(one, axis.zone),
        aside_section(one, axis.zone, few=len(done.outcomes) > 1),
        notes_section(data["notes"]),
    ]


FRONTIER = (
    "Cost over the oracle against time under capacity, on the scored days, at each policy's "
    "settings that none of its own beats. Rings: the setting chosen on the days before; their bars "
    "hold 90&nbsp;% of resampled days. Further down and left is better."
)
CAPACITY = (
    "In units. Grey: what the demand took. A line that dips into it is under capacity; the red "
    "marks below say when and for whom. Scores begin at the dotted line."
)
