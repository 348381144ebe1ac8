"""The short form: the same figures, and names that stay text."""

from __future__ import annotations

import re
from dataclasses import replace
from zoneinfo import ZoneInfo

import pandas as pd

from foresail.report.changes import changes_section
from foresail.report.markdown import render_markdown
from report.sample import sample


def test_figures_and_actions_are_there():
    data = sample()
    text = render_markdown(data)
    for row in data.scores.to_dict("records"):
        assert f"| {row['policy']} | {row['cost_ratio']:.2f}x | ${row['cost_usd']:,.2f} |" in text
    assert len(re.findall(r"^\| \w{3} \d Mar 2026, ", text, re.MULTILINE)) == len(data.actions)
    assert "read back and verified" in text


def test_names_cannot_become_markup():
    evil = "a|b\n<script>x</script> [l](http://h) `c`"
    data = sample()
    text = render_markdown(
        replace(data, title=evil, others=[evil], actions=data.actions.assign(reason=evil))
    )
    assert "<script>" not in text
    assert r"a\|b \<script\>" in text
    assert "](http" not in text


def test_plan_alone_has_no_table_of_scores():
    data = replace(sample(), scores=sample().scores.iloc[:0], actions=sample().actions.iloc[:0])
    text = render_markdown(data)
    assert "cost over oracle" not in text
    assert "<details>" not in text
    assert "0 scheduled actions (no changes)" in text


def test_a_policy_has_no_time_and_comes_first():
    data = sample()
    policy = {
        "time": None,
        "name": "foresail-web-tracking",
        "operation": "create",
        "before": "",
        "after": "track ASGAverageCPUUtilization at 60",
        "reason": "policies in foresail.yaml",
    }
    changed = replace(data, actions=pd.concat([data.actions, pd.DataFrame([policy])]))
    text = render_markdown(changed)
    assert f"{len(data.actions)} scheduled actions, 1 policy or pool" in text
    table = text.split("| time | change |")[1]
    assert table.index("once written") < table.index("Mar 2026")
    page = changes_section(changed, ZoneInfo(changed.timezone))
    assert page.index("track ASGAverageCPUUtilization at 60") < page.index("UTC</small>")
    assert "scaling policies and warm pool" in page
