"""What is told of each call of AWS: a line, a span, a count; never what it was asked or answered.

Hooks on botocore's events, so that no caller has to think of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from foresail import tracing
from foresail.logs import get_logger, run_id

log = get_logger(__name__)
_SENT, _SPAN, _NAMED = "foresail_sent", "foresail_span", "foresail_named"
_THROTTLED = ("Throttl", "RequestLimitExceeded", "TooManyRequests", "SlowDown")
_counting: ContextVar[tuple[Calls, ...]] = ContextVar("foresail_calls", default=())


@dataclass(slots=True)
class Calls:
    """Requests that went to AWS, retries included, and how many of them it throttled."""

    total: int = 0
    throttled: int = 0
    failed: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def note(self, outcome: str) -> None:
        """Count a request by how it ended: ``ok``, a code of AWS, or an exception's name."""
        with self._lock:
            self.total += 1
            self.failed += outcome != "ok"
            self.throttled += outcome.startswith(_THROTTLED)


@contextmanager
def counted_calls() -> Iterator[Calls]:
    """Count the requests made within, in pools whose functions are `foresail.logs.carried` too."""
    made = Calls()
    token = _counting.set((*_counting.get(), made))
    try:
        yield made
    finally:
        _counting.reset(token)


def watch(session: Any) -> None:
    """Have each client of a botocore session log, trace and count its requests.

    The run id goes into the user agent, where CloudTrail keeps it beside the call.
    """
    hooks = {
        "before-call": _begin,
        "request-created": _sent,
        "before-send": _name_run,
        "response-received": _received,
        "after-call": _done,
        "after-call-error": _failed,
    }
    for event, hook in hooks.items():
        session.register(event, hook, unique_id=f"foresail-{event}")


def _begin(model: Any, context: dict[str, Any], **_: Any) -> None:
    service = str(model.service_model.service_name)
    context[_NAMED] = {
        "service": service, "operation": model.name, "region": context.get("client_region")
    }  # fmt: skip
    context[_SPAN] = tracing.begin(
        f"{service}.{model.name}",
        rpc__system="aws-api",
        rpc__service=service,
        rpc__method=model.name,
        cloud__region=context.get("client_region"),
    )


def _sent(request: Any, **_: Any) -> None:
    request.context[_SENT] = time.perf_counter()


def _name_run(request: Any, **_: Any) -> None:
    """Only now: botocore writes its own user agent until the last; signatures leave it out."""
    agent = request.headers.get("User-Agent", "")
    said = agent.decode() if isinstance(agent, bytes) else agent
    request.headers["User-Agent"] = f"{said} md/foresail-run#{run_id()}".strip()


def _received(context: dict[str, Any], parsed_response: Any, exception: Any, **_: Any) -> None:
    """Tell of one attempt: the network's error, AWS's, or an answer."""
    outcome = type(exception).__name__ if exception is not None else _outcome(parsed_response)
    for counter in _counting.get():
        counter.note(outcome)
    if log.is_debug():
        took = time.perf_counter() - context.get(_SENT, time.perf_counter())
        log.debug(
            "aws.call",
            **context.get(_NAMED, {}),
            attempt=context.get("retries", {}).get("attempt"),
            milliseconds=round(1000 * took, 1),
            request_id=_request_id(parsed_response),
            outcome=outcome,
        )


def _done(parsed: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
    outcome = _outcome(parsed)
    tracing.end(
        context.pop(_SPAN, None),
        failed=None if outcome == "ok" else outcome,
        aws__request_id=_request_id(parsed),
        http__response__status_code=_metadata(parsed).get("HTTPStatusCode"),
        aws__retries=_metadata(parsed).get("RetryAttempts"),
    )


def _failed(exception: BaseException, context: dict[str, Any], **_: Any) -> None:
    tracing.end(context.pop(_SPAN, None), failed=type(exception).__name__)


def _outcome(parsed: Mapping[str, Any] | None) -> str:
    code = ((parsed or {}).get("Error") or {}).get("Code")
    refused = int(_metadata(parsed).get("HTTPStatusCode", 200)) >= 300
    return str(code or _metadata(parsed)["HTTPStatusCode"]) if refused else "ok"


def _request_id(parsed: Mapping[str, Any] | None) -> str | None:
    return _metadata(parsed).get("RequestId")


def _metadata(parsed: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return (parsed or {}).get("ResponseMetadata") or {}
