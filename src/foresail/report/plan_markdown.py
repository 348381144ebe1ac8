"""A plan's change sets as markdown: what would be written, as a diff."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from foresail.changes.changeset import Change
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.config import Config
from foresail.policies.items import Item
from foresail.report.markdown import as_text


def plan_markdown(plan: PlanFile, config: Config) -> str:
    """Render the change set of each tier that has one, times in the tier's zone.

    Parameters
    ----------
    plan
        A plan as it was made.
    config
        Names the zones; a tier that it no longer has is told in UTC.

    Returns
    -------
    str
        Empty when nothing would be written.
    """
    zones = {
        (one.name, tier.name): config.zone(one, tier)
        for one in config.services
        for tier in one.tiers
    }
    return "\n\n".join(
        _section(tier, plan, zones.get((tier.service, tier.tier), ZoneInfo("UTC")))
        for tier in plan.tiers
        if tier.changes(plan.created).pending
    )


def _section(tier: TierPlan, plan: PlanFile, zone: ZoneInfo) -> str:
    changes = tier.changes(plan.created)
    head = f"### {as_text(f'{tier.service}/{tier.tier}')}: {as_text(tier.live.name)}"
    counts = ", ".join(
        f"{changes.count(name)} to {name}" for name in ("create", "update", "delete")
    )
    lines = [line for change in changes.pending for line in _lines(change, zone)]
    warnings = [f"- {as_text(text)}" for text in (*changes.warnings, *tier.refused)]
    about = f"{counts}, {changes.count('keep')} unchanged; times in {zone.key}"
    return "\n".join([head, "", about, "", "```diff", *lines, "```", *warnings])


def _lines(change: Change, zone: ZoneInfo) -> Iterator[str]:
    """Tell what goes and what comes; a line neither begins with a fence nor holds another."""
    if change.before is not None:
        yield _one_line(f"- {_item(change.before, zone)}")
    if change.after is not None:
        yield _one_line(f"+ {_item(change.after, zone)}  {change.reason}")


def _item(item: Item, zone: ZoneInfo) -> str:
    when = f"{item.start.astimezone(zone):%a %d %b %H:%M}" if item.start else item.when()
    return f"{when}  {item.sizes()}"


def _one_line(text: str) -> str:
    return "".join(" " if one in "\r\n" else one for one in text).rstrip()
