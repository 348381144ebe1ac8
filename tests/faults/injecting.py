"""Make AWS fail: what the network or the endpoint would do, on the way of a client's requests."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from types import SimpleNamespace

from botocore import endpoint
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError

SERVICES = ("autoscaling", "cloudwatch")


class _Raw(io.BytesIO):
    def stream(self, **_):
        yield self.read()


def answer(request, status, body, **headers):
    """Answer a request in the place of the endpoint."""
    return AWSResponse(request.url, status, headers, _Raw(body))


def refusal(code, message="no", status=400):
    """Refuse requests with a code, in the protocol of the service."""

    def refuse(request):
        if "X-Amz-Target" in request.headers:
            body = json.dumps({"__type": code, "message": message})
        else:
            error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
            body = f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"
        return answer(request, status, body.encode())

    return refuse


def broken(request):
    """Answer 500, without a word."""
    return answer(request, 500, b"")


def hanging(request):
    """Accept the request and never answer."""
    raise ReadTimeoutError(endpoint_url=request.url)


def unreachable(request):
    """Let nobody connect."""
    raise ConnectTimeoutError(endpoint_url=request.url)


def torn(request):
    """Tear the connection before the request arrives."""
    raise ConnectionClosedError(endpoint_url=request.url)


def torn_after(request):
    """Tear the connection after AWS has done what was asked."""
    from botocore.httpsession import URLLib3Session

    URLLib3Session().send(request)
    raise ConnectionClosedError(endpoint_url=request.url)


throttled = refusal("Throttling", "Rate exceeded")
expired = refusal("ExpiredToken", "The security token included in the request is expired")
FAULTS = {
    "throttled": throttled,
    "500": broken,
    "timeout": hanging,
    "torn": torn,
    "torn after": torn_after,
}


class Network:
    """The way of an account's requests; `fault` decides of each what becomes of it.

    Parameters
    ----------
    aws
        The account.
    """

    def __init__(self, aws, services=SERVICES):
        self.calls, self.attempts, self.names = 0, 0, []
        self.fault = None
        for service in services:
            events = aws.client(service).meta.events
            events.register_first("before-call", self._called, unique_id="faults-call")
            events.register_first("before-send", self._sent, unique_id="faults-send")

    def _called(self, model, **_):
        self.calls += 1
        self.attempts = 0
        self.names.append(model.name)

    def _sent(self, request, **_):
        self.attempts += 1
        return None if self.fault is None else self.fault(self, request)

    @contextmanager
    def failing(self, fault):
        """Let requests fail for a while; calls are counted from here."""
        self.calls, self.names, self.fault = 0, [], fault
        try:
            yield self
        finally:
            self.fault = None


def at_call(number, fault):
    """Fail every attempt of one call."""
    return lambda network, request: fault(request) if network.calls == number else None


def first_attempts(count, fault):
    """Fail the first attempts of every call."""
    return lambda network, request: fault(request) if network.attempts <= count else None


def virtual_waits(monkeypatch):
    """Let waits between attempts pass at once; gives what tells how many seconds passed."""
    passed = SimpleNamespace(seconds=0.0)

    def sleep(seconds):
        passed.seconds += seconds

    monkeypatch.setattr(endpoint, "time", SimpleNamespace(sleep=sleep))
    return passed
