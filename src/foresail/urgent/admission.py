"""Which calls are answered: each event once, in order, and not too often for one service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from foresail.store.records import Put, Records
from foresail.urgent.calls import Call
from foresail.urgent.shapes import moment

PARTITION = "urgent"
KEPT = timedelta(days=2)  # longer than any queue here retries an event
OLDEST = timedelta(hours=1)  # of an event that still says something of the hours ahead
AHEAD = timedelta(minutes=15)  # what the clocks of two machines may differ by


@dataclass(frozen=True, slots=True)
class Last:
    """What was last answered for a service: the event's time, and when a floor was last raised."""

    event: datetime | None = None
    raised: datetime | None = None


def last_of(records: Records, service: str) -> Last:
    """Read what was last answered for a service."""
    found = records.get(PARTITION, _service(service))
    if found is None:
        return Last()
    times = {k: datetime.fromisoformat(v) for k, v in found.data.items() if v is not None}
    return Last(times.get("event"), times.get("raised"))


def unanswered(records: Records, call: Call) -> tuple[str, ...]:
    """Names of the events of a call that were not answered yet."""
    return tuple(one for one in call.ids if records.get(PARTITION, _event(one)) is None)


def objection(last: Last, call: Call, now: datetime, cooldown: timedelta) -> str:
    """Say why a call is not answered; empty where it is.

    Parameters
    ----------
    last
        What was answered before for its service.
    call
        The call, with an event that is new.
    now
        Aware time.
    cooldown
        How long after a raise no other comes.
    """
    if call.at > now + AHEAD:
        return f"the event is of {moment(call.at)}, which is still to come"
    if call.at < now - OLDEST:
        return f"the event is of {moment(call.at)}, more than an hour ago"
    if last.event is not None and call.at < last.event:
        return f"a later event, of {moment(last.event)}, was answered before"
    if last.raised is not None and now < last.raised + cooldown:
        return f"a floor was raised at {moment(last.raised)}: none before " + moment(
            last.raised + cooldown
        )
    return ""


def answer(
    records: Records, call: Call, ids: Sequence[str], now: datetime, *, raised: bool, last: Last
) -> None:
    """Write down that events were answered; a run that dies before is answered again."""
    expires = now + KEPT
    at = max(filter(None, (last.event, call.at)))
    when = now if raised else last.raised
    data = {"event": at.isoformat(), "raised": when.isoformat() if when else None}
    for number in range(0, len(ids), 50):
        events = [
            Put(PARTITION, _event(one), {"at": call.at.isoformat()}, expires)
            for one in ids[number : number + 50]
        ]
        records.write(*events)
    records.write(Put(PARTITION, _service(call.service), data, expires))


def ignored(records: Records, ids: Sequence[str], call: Call, now: datetime) -> None:
    """Write down that events were looked at and not answered, so that they are not again."""
    for one in ids:
        put = Put(PARTITION, _event(one), {"at": call.at.isoformat()}, now + KEPT)
        records.write(put)


def _event(name: str) -> str:
    return f"event/{name[:512]}"


def _service(name: str) -> str:
    return f"service/{name}"
