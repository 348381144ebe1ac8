"""A month's report: the same numbers in page, markdown and JSON; names only text; in a browser."""

from __future__ import annotations

import json
import re

import pytest

from foresail.errors import InputError
from foresail.report.month_files import month_markdown, write_month
from foresail.report.month_page import month_page
from foresail.report.month_words import verdict
from report.browser import look
from report.month_sample import month
from report.test_html import HOSTILE, Page


@pytest.fixture(scope="module")
def made():
    return month()


@pytest.fixture(scope="module")
def files(made, tmp_path_factory):
    return write_month(made, tmp_path_factory.mktemp("month"))


def test_page_markdown_and_json_tell_the_same_numbers(made, files):
    page, markdown, data = (file.read_text(encoding="utf-8") for file in files)
    read = json.loads(data)
    actual = read["tiers"][0]["policies"][0]
    cost = f"${float(actual['dollars']):,.2f}"
    short = f"{actual['short_minutes']:,.0f} min"
    for text in (page, markdown):
        assert cost in text
        assert short in text
        assert verdict(made) in text.replace("\\", "")
    assert read["tiers"][0]["bad"] == 2
    assert read == json.loads(json.dumps(made.to_json()))
    assert 'id="month"' in page


def test_every_number_is_said_what_it_is(files):
    page, markdown, _ = (file.read_text(encoding="utf-8") for file in files)
    for name in ("MASE", "oracle", "waste", "reactive alone", "scaling velocity", "window"):
        assert f"<b>{name}</b>: " in page
        assert f"**{name}**: " in markdown


def test_a_tier_whose_units_nobody_counts_has_its_forecasts_scored(made):
    base = made.tiers[1].summary
    assert base.policies == ()
    assert base.idle_hours is None
    assert base.mase > 0
    assert month_page(made).count("What each policy would have cost") == 1


def test_names_are_only_text():
    hostile = month(service=HOSTILE, tier=HOSTILE, reason=HOSTILE)
    seen = Page(month_page(hostile))
    assert [tag for tag, _ in seen.tags if tag == "img"] == []
    assert all(not key.startswith("on") for _, attrs in seen.tags for key in attrs)
    assert seen.text.count(HOSTILE) >= 3
    assert seen.json("month")["service"] == HOSTILE
    assert re.search(r"(?<!\\)<img", month_markdown(hostile)) is None


def test_plots_are_drawn_without_complaints(files, tmp_path):
    seen = look(files[0], tmp_path)
    for name in ("units-0", "error-0", "error-1"):
        assert re.search(rf'id="plot-{name}"[^>]*><div class="plot-container', seen.dom)
    assert "plot-units-1" not in seen.dom
    assert seen.console == []


def test_a_folder_that_cannot_be_written_is_named(made, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_month(made, tmp_path / "file")
