"""Events of foresail on EventBridge, in batches that it takes; what fails is told, not raised."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from foresail.aws import aws_errors
from foresail.errors import ForesailError

if TYPE_CHECKING:
    from foresail.aws import Aws

IAM_WRITE = ("events:PutEvents",)
SOURCE = "foresail"
MOST_ENTRIES = 10
MOST_BYTES = 250_000  # of one call; AWS now allows 1 MB, and 256 KB where it has not changed
TIME_BYTES = 14  # what AWS counts for the time of an entry
ATTEMPTS = 3
EventKind = Literal[
    "plan.made",
    "plan.applied",
    "drift",
    "refused",
    "anomaly",
    "approval.needed",
    "approval.decided",
    "demoted",
    "promoted",
    "model.drift",
    "run.failed",
    "urgent",
]


@dataclass(frozen=True, slots=True)
class Event:
    """One event: what happened (its detail-type), and the detail, plain values."""

    kind: EventKind
    detail: dict[str, Any]

    def entry(self, bus: str) -> dict[str, str]:
        """Entry of PutEvents."""
        detail = json.dumps(self.detail, allow_nan=False)
        return {"Source": SOURCE, "DetailType": self.kind, "Detail": detail, "EventBusName": bus}

    def size(self) -> int:
        """Bytes as EventBridge counts them."""
        entry = self.entry("")
        text = entry["Source"] + entry["DetailType"] + entry["Detail"]
        return TIME_BYTES + len(text.encode())


def send(
    aws: Aws,
    bus: str,
    events: Sequence[Event],
    *,
    wait: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Send events; those that EventBridge fails are sent again, up to three times in all.

    Returns
    -------
    list of str
        One warning for each event, or batch, that did not go out. Nothing is raised for AWS's
        sake: a plan is not less true because nobody heard of it.
    """
    small = [event for event in events if event.size() <= MOST_BYTES]
    warnings = [
        f"event {event.kind} was not sent: {event.size()} bytes are more than EventBridge takes"
        for event in events
        if event.size() > MOST_BYTES
    ]
    try:
        client = aws.client("events")
        for batch in _batches(small):
            warnings += _send_batch(client, bus, batch, wait)
    except ForesailError as error:
        warnings.append(f"events were not sent to {bus}: {error}")
    return warnings


def _batches(events: Sequence[Event]) -> Iterator[list[Event]]:
    batch: list[Event] = []
    for event in events:
        full = sum(one.size() for one in batch) + event.size() > MOST_BYTES
        if batch and (len(batch) == MOST_ENTRIES or full):
            yield batch
            batch = []
        batch.append(event)
    if batch:
        yield batch


def _send_batch(
    client: Any, bus: str, batch: Sequence[Event], wait: Callable[[float], None]
) -> list[str]:
    left = list(batch)
    failures: list[str] = []
    for attempt in range(ATTEMPTS):
        if attempt:
            wait(2.0**attempt / 10)
        with aws_errors("events:PutEvents", f"event bus {bus}"):
            answer = client.put_events(Entries=[event.entry(bus) for event in left])
        if not answer["FailedEntryCount"]:
            return []
        both = [
            (e, row) for e, row in zip(left, answer["Entries"], strict=True) if "EventId" not in row
        ]
        left = [event for event, _ in both]
        failures = [
            f"event {event.kind} was not sent to {bus}: {row.get('ErrorCode')}: "
            f"{row.get('ErrorMessage')}"
            for event, row in both
        ]
    return failures
