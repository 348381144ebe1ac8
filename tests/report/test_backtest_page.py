"""The backtest's page: numbers equal scores.json, names are only text, drawn in a browser."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode
from datetime import UTC, datetime

import numpy as np
import pytest

from backtest.sample import small
from foresail.backtest.summary import summary
from foresail.errors import InputError
from foresail.report.backtest_charts import ALL, Detail, figures
from foresail.report.backtest_files import write_backtest
from foresail.report.backtest_words import amount, dollars
from foresail.report.series import Axis
from foresail.report.times import axis_at
from report.browser import look
from report.test_html import HOSTILE, Page

MADE = datetime(2026, 3, 20, tzinfo=UTC)
PLOTS = ("demand", "capacity", "frontier", "calibration", "heat")


def written(done, folder, kind="html"):
    return write_backtest(done, summary(done, MADE, "0"), folder, kind)


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    done = small()
    return done, written(done, tmp_path_factory.mktemp("one") / "new")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    names = ("web", "api", HOSTILE)
    done = small(names, policies=("reactive", "foresail"))
    return done, written(done, tmp_path_factory.mktemp("fleet"))


@pytest.fixture(scope="module")
def page(one):
    return Page(one[1].read_text("utf-8"))


def test_numbers_on_the_page_equal_scores_json(one, page):
    told = json.loads((one[1].parent / "scores.json").read_text("utf-8"))
    assert page.json("scores") == told
    [series] = told["series"]
    assert [attrs["data-policy"] for _, attrs in page.tags if "data-policy" in attrs] == [
        row["policy"] for row in series["policies"]
    ]
    for row in series["policies"]:
        assert dollars(row["cost"]) in page.text
        assert f"{row['under_capacity_minutes']:,} min" in page.text
        assert f"{row['cost_ratio']:.2f}×" in page.text
        assert row["verdict"] in page.text
    for row in series["promises"]:
        assert f"{row['outcome']:.2%}" in page.text
    for row in series["next_plan"]:
        assert row["reason"] in page.text
        assert dollars(row["cost"]) in page.text
    assert told["price"]["source"] in page.text
    assert dollars(told["saved"]["cost"].removeprefix("-")) in page.text


def test_scores_csv_holds_every_setting(one):
    lines = (one[1].parent / "scores.csv").read_text("utf-8").splitlines()
    head = lines[0].split(",")
    assert head[:3] == ["series", "policy", "setting"]
    assert {"under_capacity", "unserved", "unit_hours", "cost", "cost_ratio", "chosen"} <= set(head)
    assert len(lines) - 1 == len(one[0].first.scores)
    assert sum(line.endswith(",True") for line in lines) == len(one[0].knobs)


def test_nothing_is_fetched(page):
    for tag, attrs in page.tags:
        assert tag not in {"iframe", "img", "object", "embed"}
        assert not (attrs.get("src") or "").startswith(("http", "//"))
        assert tag != "link" or attrs["href"] == "data:,"


def test_lowest_and_highest_survive_the_thinning(one):
    done = one[0]
    axis = axis_at("UTC", done.first.times[-1])
    thin = figures(done.first, done, axis, Detail(100, close=True))
    whole = figures(done.first, done, axis, Detail(10_000, close=True))

    def drawn(found, name, text):
        [trace] = [t for t in found[name]["traces"] if t["name"] == text]
        return np.array([np.nan if v is None else v for v in trace["y"]], dtype=float)

    for name, text in (("demand", "demand"), ("capacity", "in service, foresail")):
        few, all_ = drawn(thin, name, text), drawn(whole, name, text)
        assert len(few) <= len(all_) / 4
        assert np.nanmax(few) == np.nanmax(all_)
        assert np.nanmin(few) == np.nanmin(all_)
    labels = [view["label"] for view in thin["demand"]["views"]]
    assert labels == [ALL, "Last 2 weeks", "Worst days", "Last 3 days"]
    assert len(whole["demand"]["views"]) == 1
    for view in thin["capacity"]["views"][1:]:
        assert len(view["traces"]) == len(thin["capacity"]["traces"])


def test_the_lane_marks_exactly_the_time_under_capacity(one):
    done = one[0]
    axis = Axis(axis_at("UTC", done.first.times[-1]).zone, done.first.times[-1])
    found = figures(done.first, done, axis, Detail(10_000, close=False))["capacity"]
    [lane] = [t for t in found["traces"] if t["name"] == "under capacity, reactive"]
    minutes = [int(note.split()[0]) for note in lane["text"] if note][::2]
    late = done.first.courses["reactive"].late.sum() * 15
    assert sum(minutes) == late > 0


def test_the_calendar_holds_all_time_under_capacity(one):
    done = one[0]
    axis = axis_at("UTC", done.first.times[-1])
    found = figures(done.first, done, axis, Detail(1000, close=True))["heat"]
    told = [view["label"] for view in found["views"]]
    assert told == [
        "Under capacity, foresail", "Under capacity, reactive", "Utilisation, foresail"
    ]  # fmt: skip
    cells = [v for row in found["views"][1]["traces"][0]["z"] for v in row if v is not None]
    assert sum(cells) == done.first.courses["reactive"].late.sum() * 15


def test_hostile_names_are_text(fleet):
    text = fleet[1].read_text("utf-8")
    seen = Page(text)
    assert [tag for tag, _ in seen.tags if tag == "img"] == []
    assert all(not key.startswith("on") for _, attrs in seen.tags for key in attrs)
    assert HOSTILE in seen.text
    for at in range(3):
        detail = json.loads(gzip.decompress(b64decode(seen.json(f"detail-{at}"))))
        inside = Page(detail["html"])
        assert [tag for tag, _ in inside.tags if tag in {"img", "script"}] == []
        assert all(not key.startswith("on") for _, attrs in inside.tags for key in attrs)
    assert HOSTILE in [row["series"] for row in seen.json("scores")["series"]]


def test_markdown_holds_the_table(one, fleet, tmp_path):
    text = written(one[0], tmp_path, "md").read_text("utf-8")
    told = json.loads((tmp_path / "scores.json").read_text("utf-8"))
    for row in told["series"][0]["policies"]:
        assert f"| {row['policy']} | " in text
        assert dollars(row["cost"]) in text
    assert "own rate, passed by the user" in text
    assert "<details>" in text
    many = written(fleet[0], tmp_path, "md").read_text("utf-8")
    assert re.search(r"(?<!\\)<img", many) is None
    assert "| web |" in many


def test_an_unwritable_folder_is_told(one, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        written(one[0], tmp_path / "file")


def test_amounts_are_short():
    told = [amount(v) for v in (38_834.5, 0.12345, 999.96, 1_234_567.0, float("nan"))]
    assert told == ["38,830", "0.1235", "1000", "1,235,000", ""]
    assert dollars("-3") == "−$3.00"


def test_it_is_drawn_in_a_browser_without_complaints(one, tmp_path):
    seen = look(one[1], tmp_path, size="1280,4600")
    for name in PLOTS:
        assert re.search(rf'id="plot-{name}"[^>]*><div class="plot-container', seen.dom), name
    assert 'data-drawn="yes"' in seen.dom
    assert "<canvas" not in seen.dom
    assert seen.console == []


def test_what_the_browser_shows_equals_scores_json(one, tmp_path):
    probe = """<script>
      const rows = [...document.querySelectorAll("tr[data-policy]")];
      document.title = JSON.stringify(rows.map((row) =>
        [row.dataset.policy, ...[...row.cells].slice(1, 6).map((cell) => cell.innerText)]));
    </script></body>"""
    tried = tmp_path / "tried.html"
    tried.write_text(one[1].read_text("utf-8").replace("</body>", probe), encoding="utf-8")
    shown = json.loads(re.search(r"<title>(.*?)</title>", look(tried, tmp_path).dom)[1])
    told = json.loads((one[1].parent / "scores.json").read_text("utf-8"))
    assert shown == [
        [
            row["policy"],
            f"{row['cost_ratio']:.2f}×",
            dollars(row["cost"]),
            f"{row['unit_hours']:,.0f}",
            f"{row['under_capacity_minutes']:,} min",
            f"{row['unserved']:.2%}",
        ]
        for row in told["series"][0]["policies"]
    ]


def test_the_fleet_sorts_searches_and_shows_what_is_picked(fleet, tmp_path):
    probe = """<script>
      const names = () => [...document.querySelectorAll("#fleet tbody tr")]
        .filter((row) => !row.hidden).map((row) => row.dataset.name.slice(0, 3)).join(",");
      const heads = document.querySelectorAll("#fleet thead button");
      const out = [];
      heads[0].click(); heads[0].click(); out.push(names());
      heads[3].click(); out.push(names()); heads[3].click(); out.push(names());
      const search = document.getElementById("search");
      search.value = "AP"; search.dispatchEvent(new Event("input")); out.push(names());
      document.querySelector("#fleet tbody tr:not([hidden]) button").click();
      search.value = "none"; search.dispatchEvent(new Event("input"));
      out.push(document.getElementById("none").hidden);
      const detail = document.getElementById("detail");
      const named = () => document.querySelector(".named").textContent;
      new MutationObserver(() => { document.title = [...out, named()].join("|"); })
        .observe(detail, { attributes: true });
    </script></body>"""
    tried = tmp_path / "tried.html"
    tried.write_text(fleet[1].read_text("utf-8").replace("</body>", probe), encoding="utf-8")
    seen = look(tried, tmp_path, size="1280,3000")
    told = json.loads((fleet[1].parent / "scores.json").read_text("utf-8"))["series"]
    cost = {
        s["series"][:3]: float(next(p["cost"] for p in s["policies"] if p["policy"] == "foresail"))
        for s in told
    }
    dear = sorted(cost, key=cost.__getitem__, reverse=True)
    title = re.search(r"<title>(.*?)</title>", seen.dom)[1].replace("&lt;", "<")
    wanted = [",".join(sorted(cost)), ",".join(dear), ",".join(dear[::-1]), "api"]
    assert title == "|".join([*wanted, "false", "api"])
    assert re.search(r'id="plot-frontier"[^>]*><div class="plot-container', seen.dom)
    assert seen.console == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("which", ["one", "fleet"])
def test_phone_and_dark(request, tmp_path, which, dark):
    path = request.getfixturevalue(which)[1]
    frame = tmp_path / "phone.html"
    probe = (
        "onload=()=>{const d=document.querySelector('iframe').contentDocument;"
        "document.title='wide '+d.documentElement.scrollWidth+' '+d.documentElement.dataset.theme}"
    )
    frame.write_text(
        f"<iframe src='{path.as_uri()}' style='width:390px;height:7000px;border:0'></iframe>"
        f"<script>{probe}</script>"
    )
    extra = ("--allow-file-access-from-files",)
    extra += ("--blink-settings=preferredColorScheme=0",) if dark else ()
    seen = look(frame, tmp_path, size="500,7000", extra=extra)
    found = re.search(r"<title>wide (\d+) (\w+)", seen.dom)
    assert int(found[1]) <= 390
    assert found[2] == ("dark" if dark else "light")
    assert seen.console == []
