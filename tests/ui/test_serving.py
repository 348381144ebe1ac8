"""Who the page is served to: this machine, unless something else is said on purpose."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
import yaml
from typer.testing import CliRunner

from foresail.cli import app
from foresail.errors import InputError
from foresail.ui.serving import check_host, is_loopback, served_names
from publish.sample import config, tier
from ui.sample import planned


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_this_machine_needs_no_word_for_it(host):
    check_host(host, allowed=False)
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "example.com", ""])
def test_other_machines_are_refused_and_the_reason_is_said(host):
    with pytest.raises(InputError, match="no login") as refused:
        check_host(host, allowed=False)
    assert "--allow-remote" in refused.value.cure
    check_host(host, allowed=True)


def test_names_that_are_served():
    assert set(served_names("10.0.0.7", ("plans.example",))) == {
        "localhost", "127.0.0.1", "::1", "10.0.0.7", "plans.example"
    }  # fmt: skip


def test_the_command_refuses_before_it_reads_anything():
    done = CliRunner().invoke(app, ["ui", "--host", "0.0.0.0"])
    assert isinstance(done.exception, InputError)
    assert "no login" in done.exception.message


def test_the_command_serves_until_it_is_stopped(tmp_path):
    made = config(tmp_path)
    planned(made)
    services = [{"name": "shop", "tiers": [tier()]}]
    text = yaml.safe_dump({"store": str(made.store), "services": services})
    (tmp_path / "foresail.yaml").write_text(text)
    port = free_port()
    command = [sys.executable, "-m", "foresail.cli", "ui", "--port", str(port)]
    server = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        said = server.stdout.readline()
        url = re.search(r"http://\S+", said)[0]
        page = ask(url)
        assert b"shop" in page.read() and "server" not in page.headers
        taken = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert taken.returncode == 2 and "choose another port" in taken.stderr
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=20) in (0, 130)


def ask(url):
    for _ in range(100):
        try:
            return urllib.request.urlopen(url, timeout=5)
        except OSError:
            time.sleep(0.1)
    raise AssertionError("nobody answered")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
