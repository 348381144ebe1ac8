"""The short form: the same figures, and names that stay text."""

from __future__ import annotations

import re
from dataclasses import replace

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
    assert "0 (no changes)" in text
