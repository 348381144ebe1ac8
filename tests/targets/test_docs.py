"""The pages of docs/targets: each type is named, each example can be read and its tiers planned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from foresail.config import parse_config
from foresail.pipeline import tiers
from foresail.pipeline.tiers import open_tier
from foresail.targets.registry import target_classes
from foresail.targets.unplannable import REASONS
from foresail.yamls import parse_yaml

DOCS = Path(__file__).parents[2] / "docs" / "targets"
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("*.md"))}
PARTS = ("**Scaled", "**Demand:**", "**Limits of AWS:**", "**IAM:**", "**Not done:**")
EXAMPLES = {name: re.findall(r"```yaml\n(.*?)```", text, re.S) for name, text in PAGES.items()}


class NoAws:
    """An account that nothing is asked of."""

    def client(self, service):
        return service


def test_every_type_is_named_in_the_index_and_on_a_page():
    for name in target_classes():
        assert f"`{name}`" in PAGES["README"]
        assert any(f"`{name}`" in text for page, text in PAGES.items() if page != "README"), name
    for name in REASONS:
        assert f"`{name}`" in PAGES["README"]


def test_every_page_is_in_the_index():
    assert set(re.findall(r"\]\(([a-z0-9-]+)\.md\)", PAGES["README"])) == set(PAGES) - {"README"}


@pytest.mark.parametrize("page", sorted(set(PAGES) - {"README"}))
def test_examples_can_be_read_and_their_targets_opened(page):
    assert EXAMPLES[page]
    for text in EXAMPLES[page]:
        config = parse_config(parse_yaml(text, page), source=page)
        assert [open_tier(tier, NoAws()) for tier in tiers(config)]


@pytest.mark.parametrize("page", sorted(set(PAGES) - {"README", "scheduler"}))
def test_each_page_says_what_it_does_and_what_not(page):
    said = PAGES[page].replace("| scaled |", "**Scaled").replace("type | name", "**Scaled")
    missing = [part for part in PARTS if part not in said]
    assert missing in ([], ["**Demand:**"] if page == "application-auto-scaling" else [])
