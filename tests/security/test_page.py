"""SECURITY.md names tests: each is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_each_test_that_is_named_is_there(path, name):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_danger_has_a_test():
    table = PAGE[PAGE.index("| danger |") :].split("\n\n")[0].splitlines()[2:]
    assert len(table) > 15
    assert all("::" in row.rsplit("|", 2)[1] for row in table)
    assert len(NAMED) >= len(table)
