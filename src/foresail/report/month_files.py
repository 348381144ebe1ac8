"""A month's report as files: a page, markdown for a ticket, JSON for a script."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

from foresail.report.markdown import as_text
from foresail.report.month_page import month_page
from foresail.report.month_words import (
    MEANINGS,
    bad_windows,
    cost,
    lead,
    number,
    savings,
    title,
    velocity,
    verdict,
    work_cost,
)
from foresail.report.shell import write_whole
from foresail.report.times import local
from foresail.score.month import Month, TierMonth


def write_month(month: Month, folder: Path | str) -> list[Path]:
    """Write ``SERVICE-2026-11`` as .html, .md and .json into a folder; each whole or not at all.

    Raises
    ------
    InputError
        When the folder cannot be written, or plotly is not installed.
    """
    base = Path(folder) / f"{month.service}-{month.month}"
    texts = {
        ".html": month_page(month),
        ".md": month_markdown(month),
        ".json": json.dumps(month.to_json(), indent=2) + "\n",
    }
    return [write_whole(base.with_name(base.name + end), text) for end, text in texts.items()]


def month_markdown(month: Month) -> str:
    """Write a month as markdown: the same numbers as the page's."""
    zone = ZoneInfo(month.timezone)
    span = f"{local(month.since, zone)} to {local(month.until, zone)} ({month.timezone})"
    parts = [f"# {as_text(title(month))}", as_text(span), f"**{as_text(verdict(month))}**"]
    parts += [_tier(tier, zone) for tier in month.tiers]
    if month.happenings:
        rows = [f"- {as_text(local(h.at, zone))}: {as_text(h.text)}" for h in month.happenings]
        parts.append("\n".join(["## What scores brought about", "", *rows]))
    meanings = [f"- **{name}**: {as_text(text)}" for name, text in MEANINGS]
    parts.append("\n".join(["## What the numbers are", "", *meanings]))
    return "\n\n".join(parts) + "\n"


def _tier(tier: TierMonth, zone: ZoneInfo) -> str:
    one = tier.summary
    head = (
        f"{one.windows} windows, {one.bad} bad; {one.plans} plans, written in {one.applied} "
        f"windows. MASE {number(one.mase, '.2f')}, scaled pinball {number(one.pinball, '.3f')},"
        f" q{one.quantile:g} covered {number(one.coverage, '.1%')}."
    )
    parts = [f"## {as_text(f'{one.service}/{one.tier}')}", as_text(head)]
    if one.policies:
        parts += [_policies(tier), "\n".join(_facts(tier))]
    bad = [f"- {as_text(local(at, zone))}: {as_text(text)}" for at, text in bad_windows(tier)]
    listed = ["\n".join(["Bad windows:", "", *bad])] if bad else []
    return "\n\n".join([*parts, _leads(tier), *listed])


def _policies(tier: TierMonth) -> str:
    rows = [
        f"| {row.policy} | {number(row.cost_ratio, '.2f')}x | {cost(row.dollars, row.unit_hours)} "
        f"| {row.unit_hours:,.0f} | {row.short_minutes:,.0f} min | {row.unserved_share:.2%} |"
        for row in tier.summary.policies
    ]
    head = "| policy | over oracle | cost | unit-hours | under capacity | unserved |"
    return "\n".join([head, "|---|--:|--:|--:|--:|--:|", *rows])


def _facts(tier: TierMonth) -> list[str]:
    one = tier.summary
    return [
        *(f"- against {name}: {as_text(text)}" for name, text in savings(one)),
        f"- waste: {as_text(cost(one.idle_dollars, one.idle_hours))}",
        f"- scaling velocity: {as_text(velocity(one))}",
        f"- utilised: {number(one.utilization, '.1%')}",
        f"- cost of work: {as_text(work_cost(one))}",
    ]


def _leads(tier: TierMonth) -> str:
    rows = [
        f"| {lead(one.hours)} | {one.periods:,} | {number(one.mase, '.2f')} "
        f"| {number(one.pinball, '.3f')} | {number(one.coverage, '.1%')} |"
        for one in tier.summary.by_lead
    ]
    head = (
        f"| forecast made | periods | MASE | scaled pinball | q{tier.summary.quantile:g} covered |"
    )
    return "\n".join([head, "|---|--:|--:|--:|--:|", *rows])
