"""Run the demo: every step through boto3 on the embedded AWS, then the report."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from foresail.aws import Aws
from foresail.changes.planfile import PlanFile
from foresail.config import Config, load_config
from foresail.demo.account import seed_account
from foresail.demo.scenario import GROUP, PLAYED, TWIN, Scenario, config_text, from_trace, shop
from foresail.demo.scoring import PRICE_NOTE, PolicyLog, scores
from foresail.errors import InputError
from foresail.operations import apply_all
from foresail.pipeline import Planned, plan_all
from foresail.sandbox import Sandbox
from foresail.terminal import print_done, print_plan

if TYPE_CHECKING:
    from rich.console import Console

CHUNK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demo made."""

    report: Path
    plan: PlanFile
    scores: pd.DataFrame


def run_demo(console: Console, *, trace: Path | None, output: Path) -> Outcome:
    """Pull, forecast, plan, apply, verify and play two days, on an embedded AWS.

    Parameters
    ----------
    console
        Where progress and the closing table go.
    trace
        A demand file to play instead of the demo's shop.
    output
        Folder for foresail.yaml, plan.json and report.html; made when missing.
    """
    scenario = from_trace(trace) if trace else shop()
    config = _prepare(scenario, output)
    with Sandbox(start=scenario.now) as sandbox:
        with _step(
            console, f"embedded AWS at {sandbox.endpoint_url}, seeded with {scenario.title}"
        ):
            seed_account(sandbox, scenario)
        aws = Aws(region=config.region, endpoint_url=sandbox.endpoint_url, sandbox=True)
        plan, [planned] = _plan(console, config, aws, scenario.now)
        plan.write(output / "plan.json")
        print_plan(console, plan.tiers[0], plan.created, ZoneInfo(scenario.timezone))
        with _step(console, "apply, read back and verify"):
            [applied] = apply_all(config, plan, aws, lambda: sandbox.clock.now)
        _play(console, sandbox, scenario.end)
        played = [
            PolicyLog("foresail + reactive", sandbox.log(GROUP)),
            PolicyLog("reactive alone", sandbox.log(TWIN)),
        ]
    table = scores(scenario, played)
    report = _report(output, scenario, planned, applied, played, table)
    _close(console, table, report, output)
    return Outcome(report, plan, table)


def _prepare(scenario: Scenario, output: Path) -> Config:
    """Make the output folder and its foresail.yaml; the store of an earlier demo goes."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(output / ".foresail", ignore_errors=True)
        file = output / "foresail.yaml"
        file.write_text(config_text(scenario), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{output}: cannot be written ({error.strerror})", cure="choose another --output"
        ) from error
    return load_config(file)


def _plan(
    console: Console, config: Config, aws: Aws, now: datetime
) -> tuple[PlanFile, list[Planned]]:
    with _step(console, "pull two weeks of history, forecast 48 h with quantiles, plan"):
        return plan_all(config, aws, now)


@contextmanager
def _step(console: Console, text: str) -> Iterator[None]:
    with console.status(text):
        yield
    print_done(console, text)


def _play(console: Console, sandbox: Sandbox, end: datetime) -> None:
    columns = (TextColumn("      {task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("playing the next two days", total=PLAYED / CHUNK)
        while sandbox.clock.now < end:
            sandbox.advance(min(sandbox.clock.now + CHUNK, end))
            progress.advance(task)
    print_done(console, "played the next two days, minute by minute")


def _report(
    output: Path,
    scenario: Scenario,
    planned: Planned,
    applied: dict[str, Any],
    played: list[PolicyLog],
    table: pd.DataFrame,
) -> Path:
    from foresail.demo.reporting import report_data
    from foresail.report.html import write

    data = report_data(scenario, planned, applied, played, table, PRICE_NOTE)
    return write(data, output / "report.html")


def _close(console: Console, table: pd.DataFrame, report: Path, output: Path) -> None:
    shown = Table(title="the two days played", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("policy", "unit-hours", "cost", "x oracle", "under-capacity", "unserved"):
        shown.add_column(heading, justify="left" if heading == "policy" else "right")
    for row in table.to_dict("records"):
        shown.add_row(
            row["policy"],
            f"{row['unit_hours']:.0f}",
            f"${row['cost_usd']:.2f}",
            f"{row['cost_ratio']:.2f}",
            f"{row['under_capacity_minutes']} min",
            f"{row['unserved_share']:.2%}",
        )
    console.print()
    console.print(shown)
    console.print(f"\n{_verdict(table)}", highlight=False)
    console.print(f"report: {report}", highlight=False, soft_wrap=True)
    console.print(
        "next, on your own account: put your group, metric and sizes into a copy, then\n"
        f"  cp {output / 'foresail.yaml'} foresail.yaml\n"
        f"  {_program()} plan --out plan.json    (reads only)\n"
        f"  {_program()} apply plan.json",
        highlight=False,
        soft_wrap=True,
    )


def _program() -> str:
    """How foresail was called, so that the next command can be pasted."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "foresail" else "foresail"


def _verdict(table: pd.DataFrame) -> str:
    ours, alone = table.iloc[0], table.iloc[1]
    change = ours["unit_hours"] / alone["unit_hours"] - 1
    short, before = ours["under_capacity_minutes"], alone["under_capacity_minutes"]
    minutes = f"{short} instead of {before}" if short or before else "no"
    return (
        f"against reactive scaling alone: {change:+.1%} cost, {minutes} under-capacity minutes"
        f"{'' if short or before else ' either way'}"
    )
