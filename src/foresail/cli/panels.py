"""The panels of ``foresail --help``: which commands stand together, and in which order."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

PANELS = {
    "Try it": ("demo", "sandbox"),
    "Every day": ("plan", "apply", "status", "rollback", "run", "urgent"),
    "Decide": ("approve", "override", "freeze", "unfreeze", "history"),
    "Set up": ("init", "doctor", "targets", "iam", "config", "store", "import-plan"),
    "Look closer": (
        "ui",
        "score",
        "report",
        "pull",
        "signals",
        "provisioning",
        "strategy",
        "prewarm",
    ),
    "On files, without AWS": ("forecast", "explain", "anomalies", "unit-capacity", "backtest"),
    "Roll out and publish": ("rollout", "scaling-plan", "publish"),
}
_ORDER = [name for names in PANELS.values() for name in names]


class Arranged(TyperGroup):
    """Commands in their panels; one that has none stands first, under its own heading."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for panel, names in PANELS.items():
            for command in (self.commands[name] for name in names if name in self.commands):
                command.rich_help_panel = panel  # type: ignore[attr-defined]

    def list_commands(self, ctx: Any) -> list[str]:
        """Give the names of the commands in the order of the panels."""
        named = super().list_commands(ctx)
        return sorted(named, key=lambda name: _ORDER.index(name) if name in _ORDER else -1)
