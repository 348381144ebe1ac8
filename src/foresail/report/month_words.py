"""The words of a month's report: its verdict, and what each number means."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from foresail.report.sections import signed
from foresail.score.capacity import ACTUAL, REACTIVE, STATIC
from foresail.score.month import Month, TierMonth
from foresail.score.summary import PEAK, PolicyRow, Summary

MOST_BAD = 30  # windows that a report lists
MEANINGS = (
    ("window", "A span of time that is scored as a whole, once, after it has ended and CloudWatch "
     "has settled. It is bad where the forecast erred far too much, covered far too little, or "
     "capacity was short where reactive scaling alone would not have been."),
    ("actual", "What was in service: the group's own metric. Units that were still launching are "
     "not in it, for any of the policies."),
    ("reactive alone", "Target tracking at the planned utilisation, without any plan, replayed on "
     "the demand that came, with the tier's lead time as boot time."),
    ("static at its peak", "As many units throughout as the busiest period of the month needed."),
    ("static at max", "The tier's configured maximum throughout."),
    ("oracle", "The least units that keep the SLO in each period, with demand known beforehand and "
     "no boot time: nobody can be cheaper without being short."),
    ("under capacity", "Time with demand above the SLO's share of what units in service serve."),
    ("unserved", "Demand above that share, over all demand. It was served slowly, or not at all."),
    ("waste", "Unit-hours in service beyond the oracle's in the same period, at the tier's price."),
    ("utilised", "Demand over what the units in service serve at 100 %."),
    ("MASE", "Mean absolute error of the median forecast over that of repeating the day before, in "
     "the history: below 1 is better than that. Mean over the windows."),
    ("scaled pinball", "Loss of the planned quantile, 2 x sum of pinball over sum of demand: lower "
     "is better; it is zero for a forecast that is right to the last request."),
    ("covered", "Share of demand at or below a quantile: 90 % for q0.9 of an honest forecast."),
    ("scaling velocity", "Time from a rise of the planned floor until that many units were in "
     "service, to the whole period; of rises that units had yet to follow."),
)  # fmt: skip


def title(month: Month) -> str:
    """Heading: ``storefront, November 2026``."""
    return f"{month.service}, {month.since.astimezone(ZoneInfo(month.timezone)):%B %Y}"


def verdict(month: Month) -> str:
    """Say in one sentence what the plans did against reactive scaling alone."""
    pairs = [(one.summary.policy(ACTUAL), one.summary.policy(REACTIVE)) for one in month.tiers]
    known = [(ours, alone) for ours, alone in pairs if ours is not None and alone is not None]
    if not known:
        return "Units in service are not known: forecasts are scored, capacity is not."
    short, before = (round(sum(pair[at].short_minutes for pair in known)) for at in (0, 1))
    change = cost_change([ours for ours, _ in known], [alone for _, alone in known])
    return (
        f"Against reactive scaling alone: {signed(change)} cost, {short:,} instead of "
        f"{before:,} minutes under capacity."
    )


def cost_change(ours: list[PolicyRow], others: list[PolicyRow]) -> float:
    """Compare costs as a share: in dollars where all are known, else in unit-hours."""
    mine, theirs = (_cost(rows) for rows in (ours, others))
    if mine is not None and theirs:
        return float(mine / theirs) - 1
    hours = sum(row.unit_hours for row in others)
    return sum(row.unit_hours for row in ours) / hours - 1 if hours else 0.0


def _cost(rows: list[PolicyRow]) -> Decimal | None:
    known = [row.dollars for row in rows if row.dollars is not None]
    return sum(known, Decimal(0)) if len(known) == len(rows) else None


def cost(dollars: Decimal | None, unit_hours: float | None) -> str:
    """Write a cost: dollars, or unit-hours where there is no price."""
    if dollars is not None:
        return f"${dollars:,.2f}"
    return "not known" if unit_hours is None else f"{unit_hours:,.0f} unit-hours"


def savings(summary: Summary) -> list[tuple[str, str]]:
    """Say what was saved against each benchmark, and how short that would have been."""
    ours = summary.policy(ACTUAL)
    rows = []
    for name in (REACTIVE, PEAK, STATIC):
        other = summary.policy(name)
        if ours is None or other is None:
            continue
        hours = other.unit_hours - ours.unit_hours
        saved = None
        if other.dollars is not None and ours.dollars is not None:
            saved = other.dollars - ours.dollars
        more = "less" if hours >= 0 else "more"
        said = cost(None if saved is None else abs(saved), abs(hours))
        rows.append(
            (name, f"{said} {more}; it would have been short for {other.short_minutes:,.0f} min")
        )
    return rows


def velocity(summary: Summary) -> str:
    """Say how fast units followed the floor."""
    found = summary.velocity
    if not found.rises:
        return "no rise of the floor that units had yet to follow"
    if found.median is None or found.p90 is None:
        return f"none of {found.rises} rises was followed while it held"
    late = f"; {found.missed} never came in time" if found.missed else ""
    return f"{found.median:g} min (median), {found.p90:g} min (p90) of {found.rises} rises{late}"


def work_cost(summary: Summary) -> str:
    """Say what a unit of work cost."""
    if summary.work_cost is None:
        return "not known: give the tier a price"
    return f"${summary.work_cost} a {summary.work_unit}"


def bad_windows(tier: TierMonth) -> list[tuple[datetime, str]]:
    """Give start and reasons of the last windows that were bad."""
    bad = [(one.window.start, "; ".join(one.bad)) for one in tier.scores if one.bad]
    return bad[-MOST_BAD:]


def number(value: float | None, form: str) -> str:
    """Write a number that may be unknown."""
    return "not known" if value is None else format(value, form)


def lead(hours: float | None) -> str:
    """Name a group of lead times."""
    return "longer ahead" if hours is None else f"up to {hours:g} h ahead"
