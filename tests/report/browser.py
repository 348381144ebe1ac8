"""Debian's Chromium, headless: the page's DOM after its scripts ran, and what it complained of."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--enable-logging=stderr",
    "--virtual-time-budget=8000",
]


@dataclass(frozen=True)
class Seen:
    """What the browser made of a page."""

    dom: str
    console: list[str]


def browser() -> str:
    """Path of a browser; without one the test is skipped, saying so, and fails under CI."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no chromium here: CI must test the report in a browser")
        pytest.skip("no chromium here: the report was not tested in a browser")
    return found


def look(page: Path, folder: Path, *, size: str = "1280,2400", extra: tuple[str, ...] = ()) -> Seen:
    """Open a page in a fresh profile, and give its DOM and console lines."""
    command = [
        browser(),
        *FLAGS,
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={size}",
        *extra,
        f"--screenshot={folder / 'page.png'}",
        "--dump-dom",
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    lines = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return Seen(done.stdout, lines)
