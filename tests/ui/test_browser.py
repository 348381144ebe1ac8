"""The page in a real browser: drawn without a script, no complaints, hostile names are text."""

from __future__ import annotations

import threading
import time

import pytest
import uvicorn

from foresail.ui.app import application, source
from publish.sample import NOW
from report.browser import look
from ui.sample import Nowhere, busy, came, hostile_config


class Address(str):
    """An address, where a file is expected."""

    __slots__ = ()

    def as_uri(self):
        return str(self)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    made = hostile_config(tmp_path_factory.mktemp("ui"))
    store = busy(made)
    came(made, store)
    app = application(source(made, Nowhere(), store, lambda: NOW), ("127.0.0.1",))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.mark.parametrize("path", ["/", "/services/shop", "/services/mail", "/nowhere"])
def test_nothing_is_complained_of_and_nothing_runs(served, path, tmp_path):
    seen = look(Address(served + path), tmp_path)
    assert seen.console == []
    assert "<script" not in seen.dom and "<img" not in seen.dom
    assert "onerror=alert(1)&gt;" in seen.dom or path != "/services/shop"


def test_charts_are_drawn_in_both_themes(served, tmp_path):
    light = look(Address(f"{served}/services/shop"), tmp_path, size="1200,1600")
    assert light.dom.count('<svg viewBox="0 0 1040 230"') == 2
    first = (tmp_path / "page.png").read_bytes()
    dark = ("--blink-settings=preferredColorScheme=0",)
    look(Address(f"{served}/services/shop"), tmp_path, size="1200,1600", extra=dark)
    assert (tmp_path / "page.png").read_bytes() != first
