"""What is told of each call of AWS, on real requests to the sandbox."""

from __future__ import annotations

import http.server
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from foresail.aws import Aws, aws_errors
from foresail.calls import counted_calls
from foresail.errors import AwsError
from foresail.logs import bind_run, carried

SECRET = "do-not-log-me"


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers SQS's calls: as the server's list says, then well; notes the user agents."""

    def do_POST(self):
        self.server.agents.append(self.headers["User-Agent"])
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.server.next.pop(0) if self.server.next else (200, {"QueueUrls": []})
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"x-amzn-RequestId": "id-1", "Content-Length": len(text)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.agents, server.next = [], []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.aws = Aws(
        "eu-west-1", endpoint_url=f"http://127.0.0.1:{server.server_port}", sandbox=True
    )
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def told(caplog):
    """Facts of the lines that were logged of calls."""
    caplog.set_level(logging.DEBUG, logger="foresail")
    return lambda: [one.foresail for one in caplog.records if one.name == "foresail.calls"]


THROTTLED = (400, {"__type": "com.amazonaws.sqs#ThrottlingException", "message": "slow down"})


def test_each_attempt_is_a_line_without_what_was_asked(endpoint, told, caplog):
    endpoint.next = [THROTTLED]
    with bind_run("run-9"):
        endpoint.aws.client("sqs").list_queues(QueueNamePrefix=SECRET)
    first, second = told()
    assert first.pop("milliseconds") >= 0
    assert first == {
        "event": "aws.call", "logger": "foresail.calls", "run": "run-9",
        "service": "sqs", "operation": "ListQueues", "region": "eu-west-1",
        "attempt": 1, "request_id": "id-1", "outcome": "ThrottlingException",
    }  # fmt: skip
    assert (second["attempt"], second["outcome"]) == (2, "ok")
    assert SECRET not in caplog.text


def test_the_run_id_goes_to_aws_with_each_attempt(endpoint):
    endpoint.next = [THROTTLED]
    client = endpoint.aws.client("sqs")
    for name in ("run-1", "run-2"):
        with bind_run(name):
            client.list_queues()
    named = [agent.rsplit("md/foresail-run#")[1] for agent in endpoint.agents]
    assert named == ["run-1", "run-1", "run-2"]
    assert all("foresail" in agent for agent in endpoint.agents)


def test_requests_are_counted_for_whoever_asks(endpoint):
    client = endpoint.aws.client("sqs")
    endpoint.next = [THROTTLED]
    with counted_calls() as outer:
        client.list_queues()
        with counted_calls() as inner, ThreadPoolExecutor(4) as pool:
            list(pool.map(carried(lambda _: client.list_queues()), range(20)))
    client.list_queues()
    assert (inner.total, inner.throttled, inner.failed) == (20, 0, 0)
    assert (outer.total, outer.throttled, outer.failed) == (22, 1, 1)


def test_a_refusal_and_a_torn_connection_are_told_too(endpoint, told):
    endpoint.next = [(403, {"__type": "x#AccessDeniedException", "message": "no"})]
    with pytest.raises(AwsError), aws_errors("sqs:ListQueues", "x"):
        endpoint.aws.client("sqs").list_queues()
    assert [one["outcome"] for one in told()] == ["AccessDeniedException"]
    gone = Aws("eu-west-1", endpoint_url="http://127.0.0.1:1", sandbox=True).client("sqs")
    with counted_calls() as made, pytest.raises(AwsError), aws_errors("sqs:ListQueues", "x"):
        gone.list_queues()
    assert made.failed == made.total == 5
    assert told()[-1]["outcome"] == "EndpointConnectionError"
