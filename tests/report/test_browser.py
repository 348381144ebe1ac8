"""The page in a real browser: plots drawn, no complaints, light and dark, on a phone."""

from __future__ import annotations

import re

import pytest

from foresail.report.html import write
from report.browser import look
from report.sample import sample

PLOTS = ("demand", "capacity", "utilization")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return write(sample(), tmp_path_factory.mktemp("report") / "report.html")


def test_plots_are_drawn_without_complaints(report, tmp_path):
    seen = look(report, tmp_path)
    for name in PLOTS:
        assert re.search(rf'id="plot-{name}"[^>]*><div class="plot-container', seen.dom)
    assert seen.dom.count('<svg class="main-svg"') >= len(PLOTS)
    assert 'data-drawn="yes"' in seen.dom
    assert seen.dom.count('class="scatterlayer mlayer"') >= len(PLOTS)
    assert seen.console == []


def test_a_complaint_would_be_heard(report, tmp_path):
    broken = tmp_path / "broken.html"
    text = report.read_text(encoding="utf-8").replace("drawAll().then", "nowhere().then")
    broken.write_text(text, encoding="utf-8")
    assert any("nowhere is not defined" in line for line in look(broken, tmp_path).console)


def test_dark_is_followed(report, tmp_path):
    seen = look(report, tmp_path, extra=("--blink-settings=preferredColorScheme=0",))
    assert 'data-theme="dark"' in seen.dom
    assert "rgb(92, 171, 245)" in seen.dom  # the plan's colour in the dark reached the plots


def test_phone_needs_no_sideways_scrolling(report, tmp_path):
    frame = tmp_path / "phone.html"
    probe = (
        "onload=()=>{const d=document.querySelector('iframe').contentDocument;"
        "document.title='wide '+d.documentElement.scrollWidth+' drawn '+d.documentElement"
        ".dataset.drawn}"
    )
    frame.write_text(
        f"<iframe src='{report.as_uri()}' style='width:390px;height:3000px;border:0'></iframe>"
        f"<script>{probe}</script>"
    )
    seen = look(frame, tmp_path, size="500,3100", extra=("--allow-file-access-from-files",))
    found = re.search(r"<title>wide (\d+)", seen.dom)
    assert found is not None
    assert int(found[1]) <= 390
    assert seen.console == []
