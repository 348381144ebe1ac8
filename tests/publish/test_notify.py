"""Notices on their way: SNS to SQS in the sandbox, and a webhook that really listens."""

from __future__ import annotations

import http.server
import json
import logging
import os
import threading
from datetime import timedelta

import pytest

from foresail.aws import Aws
from foresail.publish.notices import Notice
from foresail.publish.notify import notify
from foresail.sandbox import Sandbox
from foresail.store.sqlite_records import SqliteRecords
from publish.sample import NOW, TOPIC, config

NOTICE = Notice("failed", "shop", "the run failed", ("no permission",), "error")
TOLD = {"topics": [TOPIC], "webhook": "env:HOOK"}


class Hook(http.server.BaseHTTPRequestHandler):
    """Answers as the server's list says, then 200; keeps what it was sent."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, self.headers["Content-Type"], json.loads(body)))
        status = self.server.next.pop(0) if self.server.next else 200
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def hook(monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.heard, server.next = [], []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HOOK", f"http://127.0.0.1:{server.server_port}/services/T0/SECRET")
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        yield running


@pytest.fixture
def topic(sandbox):
    """A topic; gives what a queue heard of it."""
    sns, sqs = sandbox.client("sns"), sandbox.client("sqs")
    assert sns.create_topic(Name="capacity")["TopicArn"] == TOPIC
    url = sqs.create_queue(QueueName="people")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:people"
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=arn)
    yield lambda: [
        json.loads(one["Body"])
        for one in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    ]
    sns.delete_topic(TopicArn=TOPIC)
    sqs.delete_queue(QueueUrl=url)


def test_people_hear_it_by_mail_and_in_the_chat(sandbox, topic, hook, tmp_path):
    assert notify(config(tmp_path, notify=TOLD), sandbox.aws, NOTICE) == []
    [mail] = topic()
    assert mail["Subject"] == "foresail: error: shop: the run failed"
    assert mail["Message"] == "shop: the run failed\n\nno permission"
    assert {k: v["Value"] for k, v in mail["MessageAttributes"].items()} == {
        "kind": "failed", "service": "shop", "severity": "error"
    }  # fmt: skip
    [(path, kind, body)] = hook.heard
    assert (path, kind) == ("/services/T0/SECRET", "application/json")
    assert body == {"text": "error: *shop: the run failed*\n• no permission"}


def test_kinds_that_nobody_asked_for_are_not_told(sandbox, hook, tmp_path):
    told = config(tmp_path, notify={"webhook": "env:HOOK", "kinds": ["drift"]})
    assert notify(told, sandbox.aws, NOTICE) == []
    assert notify(config(tmp_path), sandbox.aws, NOTICE) == []
    assert hook.heard == []


def test_the_same_notice_is_told_once_in_an_hour(sandbox, hook, tmp_path):
    now = [NOW]
    records = SqliteRecords(tmp_path / "r.sqlite", clock=lambda: now[0])
    told = config(tmp_path, notify={"webhook": "env:HOOK"})

    def tell(notice):
        assert notify(told, sandbox.aws, notice, records=records, now=now[0]) == []
        return len(hook.heard)

    other = Notice("failed", "shop", "the run failed", ("throttled",), "error")
    assert [tell(NOTICE), tell(NOTICE), tell(other)] == [1, 1, 2]
    now[0] = NOW + timedelta(minutes=61)
    assert tell(NOTICE) == 3


def test_what_was_not_taken_is_told_the_next_time(sandbox, hook, tmp_path):
    records = SqliteRecords(tmp_path / "r.sqlite", clock=lambda: NOW)
    told = config(tmp_path, notify={"webhook": "env:HOOK"})
    hook.next = [404]
    [warning] = notify(told, sandbox.aws, NOTICE, records=records, now=NOW)
    assert "HTTP 404" in warning
    assert notify(told, sandbox.aws, NOTICE, records=records, now=NOW) == []
    assert len(hook.heard) == 2


@pytest.mark.parametrize(
    ("answers", "times", "warns"),
    [([500, 503], 3, False), ([429], 2, False), ([500] * 3, 3, True), ([400], 1, True),
     ([302], 1, True)],
)  # fmt: skip
def test_the_webhook_is_asked_again_only_where_that_may_help(
    sandbox, hook, tmp_path, answers, times, warns
):
    hook.next = list(answers)
    waits = []
    told = config(tmp_path, notify={"webhook": "env:HOOK"})
    warnings = notify(told, sandbox.aws, NOTICE, wait=waits.append)
    assert bool(warnings) is warns
    assert [path for path, *_ in hook.heard] == ["/services/T0/SECRET"] * times
    assert len(waits) == times - 1


def test_the_address_is_in_no_warning_and_no_log(sandbox, monkeypatch, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("HOOK", "http://127.0.0.1:1/services/T0/SECRET")
    told = config(tmp_path, notify={"webhook": "env:HOOK"})
    [warning] = notify(told, sandbox.aws, NOTICE, wait=lambda _: None)
    assert "did not take the notice" in warning
    assert "SECRET" not in warning + caplog.text


@pytest.mark.parametrize(
    "address",
    [
        "", "http://hooks.example.com/x", "file:///etc/passwd", "https://", "ftp://127.0.0.1/",
        "https://user:pass@example.com/", "https://exa mple.com/", "https://h:99999/", "http://[::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_to_be_called_is_a_warning(sandbox, monkeypatch, tmp_path, address):
    monkeypatch.setenv("HOOK", address)
    told = config(tmp_path, notify={"webhook": "env:HOOK"})
    [warning] = notify(told, sandbox.aws, NOTICE)
    assert "->" in warning
    assert address == "https://" or not address or address not in warning


def test_a_webhook_in_parameter_store_has_to_be_encrypted(sandbox, hook, tmp_path, monkeypatch):
    ssm = sandbox.client("ssm")
    told = config(tmp_path, notify={"webhook": "ssm:/foresail/slack"})
    [missing] = notify(told, sandbox.aws, NOTICE)
    assert "no such parameter" in missing
    ssm.put_parameter(Name="/foresail/slack", Value=os.environ["HOOK"], Type="String")
    [plain] = notify(told, sandbox.aws, NOTICE)
    assert "SecureString" in plain and "SECRET" not in plain
    ssm.delete_parameter(Name="/foresail/slack")
    ssm.put_parameter(Name="/foresail/slack", Value=os.environ["HOOK"], Type="SecureString")
    assert notify(told, sandbox.aws, NOTICE) == []
    assert len(hook.heard) == 1


def test_one_place_that_fails_does_not_stop_the_others(sandbox, hook, tmp_path):
    [warning] = notify(config(tmp_path, notify=TOLD), sandbox.aws, NOTICE)
    assert TOPIC in warning
    assert len(hook.heard) == 1


def test_a_topic_is_told_where_it_lives(hook, tmp_path):
    asked = []

    class Account(Aws):
        def at(self, region=None, role=None):
            asked.append(region)
            return super().at(region, role)

    told = config(tmp_path, notify={"topics": [TOPIC.replace("us-east-1", "eu-west-1")]})
    aws = Account("us-east-1", endpoint_url="http://127.0.0.1:1", sandbox=True)
    [warning] = notify(told, aws, NOTICE)
    assert asked == ["eu-west-1"] and "cannot be reached" in warning
