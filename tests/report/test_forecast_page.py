"""The page of forecasts: its numbers are the frames', names are only text, drawn in a browser."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.report.forecast_page import forecast_page
from report.browser import look
from report.test_html import HOSTILE, Page

NOW = pd.Timestamp("2026-03-16T06:00Z")
LEVELS = {"q0.05": -1.64, "q0.1": -1.28, "q0.5": 0.0, "q0.9": 1.28, "q0.95": 1.64, "q0.99": 2.33}


def frames(names, period="1h", days=20):
    pasts, aheads = [], []
    for at, name in enumerate(names):
        for start, end, kind in ((NOW - pd.Timedelta(days=days), NOW, pasts),
                                 (NOW, NOW + pd.Timedelta("48h"), aheads)):  # fmt: skip
            times = pd.date_range(start, end, freq=period, inclusive="left")
            hour = np.asarray(times.hour + times.minute / 60)
            wave = 100 * (at + 1) * (1 + 0.6 * np.sin((hour - 9) * np.pi / 12))
            noise = np.random.default_rng(at).normal(0, 8 * (at + 1), len(times))
            frame = pd.DataFrame({"series": name, "timestamp": times})
            if kind is pasts:
                kind.append(frame.assign(value=np.maximum(wave + noise, 0)))
            else:
                grown = 12 * (at + 1) * (1 + np.arange(len(times)) / len(times))
                kind.append(frame.assign(**{q: wave + z * grown for q, z in LEVELS.items()}))
    return pd.concat(pasts, ignore_index=True), pd.concat(aheads, ignore_index=True)


def details(names):
    count = len(names)
    urgency = np.resize(["low", "critical", "medium", "high"], count)
    return pd.DataFrame(
        {
            "series": names,
            "model": "60% profile + 40% mstl",
            "trust": np.linspace(0.9, 0.2, count),
            "trust_reasons": "typical error 9% of demand, +34% against yesterday's values",
            "pattern": np.resize(["seasonal", "steady_increase", "spike"], count),
            "flags": np.resize(["", "trending_up, noisy"], count),
            "urgency": urgency,
            "urgency_reason": "q0.9 is above the 125 served in 3 h, and peaks at 300",
        }
    )


NAMES = ["storefront", "checkout", "search", "images", "a-" + "very-" * 12 + "long-name"]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    past, ahead = frames(NAMES)
    target = tmp_path_factory.mktemp("page") / "new" / "forecast.html"
    options = {"unit": "requests/s", "timezone": "America/New_York"}
    return forecast_page(past, ahead, details(NAMES), target, **options)


@pytest.fixture(scope="module")
def page(path):
    return Page(path.read_text(encoding="utf-8"))


def test_every_series_is_drawn_and_listed_the_most_urgent_first(page):
    order = ["checkout", "images", "search", "storefront", NAMES[4]]
    options = [attrs["value"] for tag, attrs in page.tags if tag == "option"]
    assert options == ["0", "1", "2", "3", "4"]
    assert [row["series"] for row in page.json("details")] == order
    assert [attrs["data-name"] for tag, attrs in page.tags if "data-name" in attrs] == order
    assert len(page.json("pages")["figures"]) == 5
    for text in ("steady increase", "trending up, noisy", "60% profile", "peaks at 300"):
        assert text in page.text


def test_figures_hold_two_weeks_and_the_whole_fan(page):
    past, ahead = frames(NAMES)
    figure = page.json("pages")["figures"][0]
    by_name = {trace["name"]: trace for trace in figure["traces"]}
    assert {"q0.05 to q0.95", "q0.1 to q0.9", "q0.05 to q0.99", "median", "q0.99"} <= set(by_name)
    mine = ahead[ahead["series"] == "checkout"]
    assert by_name["median"]["y"] == pytest.approx(mine["q0.5"].to_list(), rel=1e-4)
    assert max(y for y in by_name["q0.1 to q0.9"]["y"] if y) == pytest.approx(
        mine["q0.9"].max(), rel=1e-4
    )
    recent = past[(past["series"] == "checkout") & (past["timestamp"] >= NOW - pd.Timedelta("14D"))]
    assert by_name["history"]["y"] == pytest.approx(recent["value"].to_list(), rel=1e-4)
    assert all(view["top"] >= mine["q0.99"].max() for view in figure["views"])


def test_fine_history_is_thinned(tmp_path):
    past, ahead = frames(["web"], period="5min")
    page = Page(forecast_page(past, ahead, None, tmp_path / "p.html").read_text("utf-8"))
    traces = page.json("pages")["figures"][0]["traces"]
    assert any("hourly mean" in trace["name"] for trace in traces)
    assert max(len(trace["y"]) for trace in traces) < 2000


def test_only_fifty_are_drawn_and_the_rest_is_listed(tmp_path):
    names = [f"service-{at:03d}" for at in range(60)]
    past, ahead = frames(names, period="6h")
    page = Page(forecast_page(past, ahead, details(names), tmp_path / "p.html").read_text("utf-8"))
    assert len(page.json("pages")["figures"]) == 50
    assert sum("data-name" in attrs for _, attrs in page.tags) == 60
    assert "the 50 most urgent are drawn" in page.text
    listed = [attrs.get("data-at") for _, attrs in page.tags if attrs.get("data-at")]
    assert listed == [str(at) for at in range(50)]


def test_hostile_names_are_text(tmp_path):
    past, ahead = frames([HOSTILE])
    told = details([HOSTILE]).assign(
        **dict.fromkeys(("model", "trust_reasons", "pattern", "flags", "urgency_reason"), HOSTILE)
    )
    target = forecast_page(past, ahead, told, tmp_path / "p.html", title=HOSTILE, unit=HOSTILE)
    seen = Page(target.read_text("utf-8"))
    assert [tag for tag, _ in seen.tags if tag == "img"] == []
    assert all(not key.startswith("on") for _, attrs in seen.tags for key in attrs)
    assert seen.text.count(HOSTILE) >= 7
    assert seen.json("details")[0]["series"] == HOSTILE


def test_little_known_is_enough(tmp_path):
    past, ahead = frames(["web", "api"])
    told = pd.DataFrame({"series": ["api"], "trust": [np.nan], "reasons": [["short", "gaps"]]})
    ahead = ahead[["series", "timestamp", "q0.9"]]
    seen = Page(forecast_page(past.iloc[:0], ahead, told, tmp_path / "p.html").read_text("utf-8"))
    assert "short, gaps" in seen.text
    assert "nan" not in seen.text.lower().split()
    assert seen.json("details")[0]["series"] == "web"


def test_unusable_input_is_said(tmp_path):
    past, ahead = frames(["web"])
    with pytest.raises(InputError, match="no forecast"):
        forecast_page(past, ahead.iloc[:0], None, tmp_path / "p.html")
    with pytest.raises(InputError, match="Mars"):
        forecast_page(past, ahead, None, tmp_path / "p.html", timezone="Mars/Olympus")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        forecast_page(past, ahead, None, tmp_path / "file" / "p.html")


def test_it_is_drawn_in_a_browser_without_complaints(path, tmp_path):
    seen = look(path, tmp_path, size="1280,1500")
    assert re.search(r'id="plot-series"[^>]*><div class="plot-container', seen.dom)
    assert 'data-drawn="yes"' in seen.dom
    assert "2 days + forecast" in seen.dom
    assert seen.console == []


def test_search_and_table_choose_the_series(path, tmp_path):
    probe = """<script>
      const search = document.getElementById("search");
      search.value = "SEAR"; search.dispatchEvent(new Event("input"));
      const list = document.getElementById("pick");
      const left = [...document.querySelectorAll("tr[data-name]")].filter((r) => !r.hidden).length;
      document.title = [list.options.length, list.selectedOptions[0].text, left].join("|");
      search.value = ""; search.dispatchEvent(new Event("input"));
      document.querySelector('button[data-at="3"]').click();
      document.title += "|" + list.selectedOptions[0].text + "|" + list.options.length;
    </script></body>"""
    tried = tmp_path / "tried.html"
    tried.write_text(path.read_text("utf-8").replace("</body>", probe), encoding="utf-8")
    seen = look(tried, tmp_path)
    assert re.search(r"<title>(.*?)</title>", seen.dom)[1] == "1|search|1|storefront|5"
    assert seen.console == []


@pytest.mark.parametrize("dark", [False, True])
def test_phone_and_dark(path, tmp_path, dark):
    frame = tmp_path / "phone.html"
    probe = (
        "onload=()=>{const d=document.querySelector('iframe').contentDocument;"
        "document.title='wide '+d.documentElement.scrollWidth+' '+d.documentElement.dataset.theme}"
    )
    frame.write_text(
        f"<iframe src='{path.as_uri()}' style='width:390px;height:2600px;border:0'></iframe>"
        f"<script>{probe}</script>"
    )
    extra = ("--allow-file-access-from-files",)
    extra += ("--blink-settings=preferredColorScheme=0",) if dark else ()
    seen = look(frame, tmp_path, size="500,2700", extra=extra)
    found = re.search(r"<title>wide (\d+) (\w+)", seen.dom)
    assert int(found[1]) <= 390
    assert found[2] == ("dark" if dark else "light")
    assert seen.console == []
