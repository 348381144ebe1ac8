"""The page: its numbers are the data's, names are only text, and nothing is fetched."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.report.html import render, write
from report.sample import NOW, sample

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&$title${x}"


class Page(HTMLParser):
    """Elements, attributes and visible text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self.words: list[str] = []
        self._in: str | None = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._in = dict(attrs).get("id") or tag

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self._in = None

    def handle_data(self, data):
        if self._in:
            self.scripts[self._in] = self.scripts.get(self._in, "") + data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def json(self, name: str):
        return json.loads(self.scripts[name])


@pytest.fixture(scope="module")
def data():
    return sample()


@pytest.fixture(scope="module")
def page(data):
    return Page(render(data))


def test_numbers_in_the_page_equal_the_data(data, page):
    assert page.json("scores")["scores"] == data.scores.to_dict("records")
    for row in data.scores.to_dict("records"):
        assert f"${row['cost_usd']:,.2f}" in page.text
        assert f"{row['under_capacity_minutes']:,} min" in page.text
        assert f"{row['cost_ratio']:.2f}×" in page.text


def test_cards_compare_with_reactive(data, page):
    ours, twin = data.scores.iloc[0], data.scores.iloc[1]
    share = ours["unit_hours"] / twin["unit_hours"] - 1
    found = page.json("scores")["against_reactive"]
    assert found["cost_change"] == pytest.approx(share)
    assert found["minutes"] == ours["under_capacity_minutes"]
    assert f"{abs(share):.1%} {'less' if share < 0 else 'more'} cost than reactive" in page.text
    assert f"{share:+.1%}".replace("-", "−") in page.text


def test_every_action_is_listed_with_its_reason_and_local_time(data, page):
    for row in data.actions.to_dict("records"):
        assert row["name"] in page.text
        assert row["reason"] in page.text
    first = data.actions["time"].min()
    there = first.tz_convert(data.timezone)
    assert f"{there:%H:%M} {first:%H:%M} UTC" in page.text
    assert page.json("scores")["actions"] == {"create": 22, "update": 3, "delete": 1}


def test_calibration_counts_what_happened_under_each_quantile(data, page):
    both = data.forecast.merge(data.actual, on="timestamp")
    rows = {row["quantile"]: row["share"] for row in page.json("scores")["calibration"]}
    assert set(rows) == {0.1, 0.5, 0.9, 0.95}
    assert rows[0.9] == pytest.approx((both["value"] <= both["q0.9"]).mean())


def test_nothing_is_fetched(page):
    links = [
        attrs[key]
        for tag, attrs in page.tags
        for key in ("src", "href", "action", "data", "poster", "srcset")
        if attrs.get(key)
    ]
    assert [link for link in links if not link.startswith(("data:", "#"))] == []
    assert not re.search(r"@import|url\(\s*['\"]?http", page.scripts["style"])
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'")


def test_hostile_names_are_text(data):
    actions = data.actions.assign(name=HOSTILE, reason=HOSTILE, operation=HOSTILE, before=HOSTILE)
    evil = replace(
        data,
        **dict.fromkeys(
            ("title", "subtitle", "service", "tier", "target", "region", "unit", "price_note"),
            HOSTILE,
        ),
        actions=actions,
        others=[HOSTILE],
        notes=[HOSTILE],
        scores=data.scores.assign(policy=[HOSTILE, "reactive " + HOSTILE, "a", "b"]),
        model=data.model | {"model": HOSTILE, "trust_reasons": HOSTILE},
    )
    seen = Page(render(evil))
    assert [tag for tag, _ in seen.tags if tag == "img"] == []
    assert all(not key.startswith("on") for _, attrs in seen.tags for key in attrs)
    assert seen.text.count(HOSTILE) > len(actions)
    assert seen.json("scores")["service"] == HOSTILE


def test_plan_alone_has_no_outcome(data):
    nothing = data.scores.iloc[:0]
    plan = replace(data, played=None, reactive=None, actual=None, scores=nothing)
    plan = replace(plan, model={k: v for k, v in data.model.items() if k != "verified"})
    seen = Page(render(plan))
    assert set(seen.json("charts")) == {"demand", "capacity"}
    assert "nothing was written" in seen.text
    assert "reactive" not in seen.text.lower()


def test_empty_change_set_and_unknown_figures_say_so(data):
    model = {"trust": float("nan"), "skill": None, "verified": False}
    seen = Page(render(replace(data, actions=data.actions.iloc[:0], model=model, others=[])))
    assert "No changes: what is live is what is wanted." in seen.text
    assert "what AWS holds differs" in seen.text
    assert "nan" not in seen.text.lower().split()
    assert seen.json("scores")["model"]["trust"] is None


def test_more_cost_and_more_risk_are_said_plainly(data):
    scores = data.scores.copy()
    scores.loc[0, ["unit_hours", "under_capacity_minutes"]] = [1e4, 1234]
    seen = Page(render(replace(data, scores=scores)))
    assert "more cost than reactive" in seen.text
    assert "1,234 instead of" in seen.text
    assert sum(attrs.get("class") == "card bad" for _, attrs in seen.tags) == 2


def test_write_is_whole_and_leaves_nothing_behind(data, tmp_path):
    path = write(data, tmp_path / "new" / "report.html")
    write(data, path)
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert path.stat().st_size < 5_500_000


def test_write_to_an_impossible_place_names_it(data, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write(data, tmp_path / "file" / "report.html")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"timezone": "../etc"}, "unknown"),
        ({"generated_at": NOW.replace(tzinfo=None)}, "no time zone"),
    ],
)
def test_unusable_times_are_refused(data, changes, message):
    with pytest.raises(InputError, match=message):
        render(replace(data, **changes))


def test_clock_change_in_the_plots_is_said(data):
    later = pd.Timestamp("2026-03-08 12:00", tz="UTC") - pd.Timestamp(NOW)
    forecast = data.forecast.assign(timestamp=data.forecast["timestamp"] + later)
    assert "though clocks change" in Page(render(replace(data, forecast=forecast))).text
    assert "though clocks change" not in Page(render(data)).text
