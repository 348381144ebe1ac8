"""What a person sees in the terminal: change sets, runs, drift (rich)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from foresail.changes.changeset import Change, ChangeSet, Operation
from foresail.changes.guardrails import CURE
from foresail.changes.planfile import TierPlan
from foresail.policies.items import Item

_SIGNS: dict[Operation, tuple[str, str]] = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "delete": ("-", "red"),
    "keep": (" ", "dim"),
}
SHOWN = 24  # rows of a change set before the middle is folded


def print_plan(
    console: Console, plan: TierPlan, now: datetime, zone: ZoneInfo, *, full: bool = False
) -> None:
    """Print a tier's change set the way a reviewer reads it: why, what, warnings, refusals."""
    changes = plan.changes(now)
    live = plan.live
    console.print(
        Text.assemble(
            (f"{plan.service}/{plan.tier}", "bold"),
            f" -> {live.type_name} {live.name}  (now: {live.sizes()})",
        )
    )
    console.print(_basis(plan), style="dim")
    for note in plan.about.get("notes", ()):
        console.print(f"  {note}", style="dim", highlight=False)
    if changes.pending:
        console.print(change_table(changes, zone, full=full))
    console.print(summary(changes), style="bold")
    for warning in changes.warnings:
        console.print(Text(f"warning: {warning}", style="yellow"))
    for refusal in plan.refused:
        console.print(Text(f"refused: {refusal}", style="bold red"))
    if plan.refused:
        console.print(f"  -> {CURE}", highlight=False)


def print_done(console: Console, text: str) -> None:
    """Print a step that was done."""
    console.print(Text.assemble(("done", "green"), f"  {text}"))


def _basis(plan: TierPlan) -> str:
    about = plan.about
    if not about["model"]:
        return "  no forecast: what stands, with overrides put on it"
    return (
        f"  forecast: {about['model']}; trust {float(about['trust']):.2f} "
        f"({about['trust_reasons']}); q{about['quantile']:g} planned, "
        f"ready {float(about['lead_time_minutes']):g} min ahead"
        + (f" ({about['lead_reason']})" if about.get("lead_reason") else "")
        + (f" ({about['quantile_reason']})" if about.get("quantile_reason") else "")
    )


def change_table(changes: ChangeSet, zone: ZoneInfo, *, full: bool = False) -> Table:
    """Lay out the changes that would write something, in the order they run."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("", f"starts ({zone.key})", "sets", "why"):
        table.add_column(heading, no_wrap=heading != "why")
    rows = list(changes.pending)
    folded = 0 if full else max(len(rows) - SHOWN, 0)
    head = rows if not folded else rows[: SHOWN // 2]
    for change in head:
        table.add_row(*_row(change, zone))
    if folded:
        table.add_row("", f"... {folded} more (--full) ...", "", "", style="dim")
        for change in rows[-SHOWN // 2 :]:
            table.add_row(*_row(change, zone))
    return table


def _row(change: Change, zone: ZoneInfo) -> tuple[Text, str, str, str]:
    sign, style = _SIGNS[change.operation]
    item = change.after or change.before
    assert item is not None
    return Text(sign, style=style), _when(item, zone), _sizes(change), change.reason


def _when(item: Item, zone: ZoneInfo) -> str:
    return f"{item.start.astimezone(zone):%a %d %b %H:%M}" if item.start else item.when()


def _sizes(change: Change) -> str:
    before = change.before.sizes() if change.before else ""
    after = change.after.sizes() if change.after else ""
    return f"{before} -> {after}" if before and after else after or before


def summary(changes: ChangeSet) -> str:
    """Count the changes in one line."""
    if not changes.pending:
        return f"No changes: {changes.target} stands as planned."
    return (
        f"{changes.target}: {changes.count('create')} to create, {changes.count('update')} to "
        f"update, {changes.count('delete')} to delete, {changes.count('keep')} unchanged"
    )


def drift_lines(changes: Sequence[Change]) -> list[str]:
    """Say each drift in words: what is missing, changed or strange."""
    words = {"create": "missing", "update": "changed by somebody", "delete": "not in the plan"}
    return [
        f"{words[c.operation]}: {c.name} ({_sizes(c)})" for c in changes if c.operation in words
    ]
