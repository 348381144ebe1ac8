"""The table of what is covered: each page, command and test that it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import typer

from foresail.cli import app

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "coverage.md"
NOT_YET = "*not yet*"
STEPS = ("demand detection", "proactive policies", "coordination", "monitoring and analytics",
         "provisioning speed", "tuning")  # fmt: skip
SERVICES = (
    "EC2 Auto Scaling", "AWS Auto Scaling", "Application Auto Scaling", "CloudWatch", "Lambda",
    "DynamoDB", "RDS and Aurora", "ElastiCache", "Kinesis", "SageMaker endpoints", "Step Functions",
    "EventBridge", "Elastic Load Balancing", "API Gateway", "Systems Manager",
)  # fmt: skip


def rows():
    """Cells of each line of the tables, headings left out."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [one for one in cells if not set(one[-1]) <= {"-"} and one[-1] != "proved by"]


ROWS = rows()
each = pytest.mark.parametrize("row", ROWS, ids=[row[-3][:40] for row in ROWS])


@cache
def functions(path):
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def anchors(page):
    """Anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


@each
def test_each_point_is_shown_and_proved_or_said_to_be_missing(row):
    shown, proved = row[-2:]
    missing = shown.startswith(f"{NOT_YET}: ")
    assert missing == (proved == NOT_YET)
    if not missing:
        assert re.search(r"\]\(|`foresail ", shown)
        assert re.search(r"`tests/\S+`", proved)


@each
def test_each_page_and_command_is_there(row):
    for link in re.findall(r"\]\(([^)]+)\)", row[-2]):
        page, _, anchor = link.partition("#")
        assert (PAGE.parent / page).is_file(), link
        assert not anchor or anchor in anchors(PAGE.parent / page), link
    known = typer.main.get_command(app).commands
    for command in re.findall(r"`foresail ([a-z-]+)", row[-2]):
        assert command in known


@each
def test_each_test_is_there(row):
    for named in re.findall(r"`(tests/[^`]+)`", row[-1]):
        path, _, function = named.partition("::")
        assert (ROOT / path).is_file(), named
        assert not function or function in functions(path), named


def test_every_step_and_service_of_the_guidance_has_its_rows():
    steps = [row[0] for row in ROWS if len(row) == 4 and row[0]]
    assert steps == [f"{n} {name}" for n, name in enumerate(STEPS, 1)]
    named = {row[0] for row in ROWS if len(row) == 3}
    assert set(SERVICES) <= named
    missing = {row[0] for row in ROWS if row[-1] == NOT_YET}
    assert not missing & set(SERVICES)
