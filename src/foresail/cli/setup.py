"""Commands around a configuration: is all in order for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from foresail.cli.common import (
    CONFIG,
    ConfigOption,
    JsonOption,
    ServiceOption,
    clock,
    connect,
    console,
    load,
    print_json,
)

if TYPE_CHECKING:
    from foresail.config import Config
    from foresail.discovery.checks.finding import Finding

app = typer.Typer()
_STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red", "not checked": "dim"}
_WIDTH = max(map(len, _STYLES))


@app.command()
def doctor(
    config: ConfigOption = CONFIG, service: ServiceOption = None, as_json: JsonOption = False
) -> None:
    """Check credentials, permissions, quotas, history and boot times. Writes nothing to AWS.

    Exit code 1: something would stop plan or apply. Without a configuration the account alone is
    checked.
    """
    from foresail.discovery.checks.all import examine

    loaded = _configuration(config)
    found: list[Finding] = []
    for finding in examine(loaded, _account(loaded), clock(), service):
        found.append(finding)
        if not as_json:
            _tell(finding)
    problems = sum(finding.level == "problem" for finding in found)
    if as_json:
        print_json({"ok": not problems, "findings": [finding.to_json() for finding in found]})
    else:
        _close(found, problems, configured=loaded is not None)
    if problems:
        raise typer.Exit(1)


def _configuration(path: Path) -> Config | None:
    """Read the configuration; None where nobody named one and there is none."""
    return None if path == CONFIG and not path.exists() else load(path)


def _account(config: Config | None) -> Any:
    from foresail.aws import Aws

    return Aws() if config is None else connect(config)


def _tell(finding: Finding) -> None:
    from rich.text import Text

    screen = console()
    level = (f"{finding.level:<{_WIDTH}}", _STYLES[finding.level])
    screen.print(Text.assemble(level, f"  {finding.about}: {finding.text}"), soft_wrap=True)
    if finding.cure:
        screen.print(Text(f"{'':<{_WIDTH}}  -> {finding.cure}"), soft_wrap=True)


def _close(found: list[Finding], problems: int, *, configured: bool) -> None:
    warnings = sum(finding.level == "warning" for finding in found)
    typer.echo(f"{problems} problems, {warnings} warnings, {len(found)} checks")
    if not configured:
        typer.echo(f"no {CONFIG}: only the account was checked; foresail init writes one")
