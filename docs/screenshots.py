"""Take docs/images/backtest.png: a backtest of the demo's demand, photographed by Chromium.

python docs/screenshots.py
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--virtual-time-budget=8000",
]  # fmt: skip
SIZE = "1280,2880"


def main() -> None:
    """Run the backtest, and photograph its report."""
    browser = next((path for name in NAMES if (path := shutil.which(name))), None)
    if browser is None:
        raise SystemExit(f"no browser here: install one of {', '.join(NAMES)}")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        words = ["data/shop.csv.gz", "--output", str(out), "--timezone", "America/New_York"]
        command = [sys.executable, "-m", "foresail.cli", "backtest", *words]
        subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603
        target = ROOT / "docs" / "images" / "backtest.png"
        page = (out / "report.html").as_uri()
        profile = f"--user-data-dir={out / 'profile'}"
        shot = [f"--screenshot={target}", f"--window-size={SIZE}", page]
        command = [browser, *FLAGS, profile, *shot]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603


if __name__ == "__main__":
    main()
