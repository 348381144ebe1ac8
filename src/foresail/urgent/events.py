"""From an event, of EventBridge or of a queue or stream, to the services that it calls for."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from foresail.config import Config
from foresail.errors import InputError
from foresail.publish.names import alarm_name
from foresail.urgent.calls import Call, Point
from foresail.urgent.shapes import (
    AlarmDetail,
    BusinessDetail,
    DemandMessage,
    Envelope,
    KinesisRecord,
    SqsRecord,
    moment,
    parsed,
)

ALARM = ("aws.cloudwatch", "CloudWatch Alarm State Change")
ABOVE = "above-forecast"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event, or one record of a batch, calls for nothing."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Item:
    """A record of a batch: what Lambda names it by, and what it asks for."""

    name: str
    asked: Call | Refusal


def read_event(event: Any, config: Config) -> Call | Refusal:
    """Read an event of EventBridge, or one message of demand.

    Raises
    ------
    InputError
        It has none of the shapes that are known, or names what the configuration has not.
    """
    if not isinstance(event, Mapping):
        raise InputError(
            "the event is no JSON object", cure="pass an event as EventBridge sends it"
        )
    if "detail-type" in event:
        return _from_bridge(parsed(Envelope, event, "event"), config)
    if "points" in event:
        return _from_points(event, str(event.get("id", "")), config)
    raise InputError(
        f"the event has none of the known shapes (its keys: {', '.join(map(str, event))[:200]})",
        cure="see the shapes in docs/urgent.md",
    )


def read_records(records: Iterable[Any], config: Config) -> list[Item]:
    """Read the records of a batch of SQS or Kinesis, each by itself."""
    return [_item(record, config) for record in records]


def _item(record: Any, config: Config) -> Item:
    name = _name(record)
    try:
        key, text = _content(record)
        asked = read_event(json.loads(text), config)
    except (InputError, ValueError, RecursionError) as error:
        return Item(name, Refusal(name, str(error)))
    if isinstance(asked, Call) and asked.points:  # a queue names its messages itself
        asked = Call((key,), asked.at, asked.service, asked.trigger, asked.tier, 1.0, asked.points)
    return Item(name, asked)


def _name(record: Any) -> str:
    """Name by which Lambda is told of a record that failed."""
    if not isinstance(record, Mapping):
        return ""
    stream = record.get("kinesis")
    number = stream.get("sequenceNumber") if isinstance(stream, Mapping) else None
    return str(number or record.get("messageId") or "")


def _content(record: Any) -> tuple[str, str]:
    if isinstance(record, Mapping) and record.get("eventSource") == "aws:kinesis":
        read = parsed(KinesisRecord, record, "record of Kinesis")
        return read.id, base64.b64decode(read.kinesis.data, validate=True).decode()
    message = parsed(SqsRecord, record, "message of SQS")
    return message.id, message.body


def _from_bridge(event: Envelope, config: Config) -> Call | Refusal:
    if (event.source, event.kind) == ALARM:
        return _from_alarm(event, config)
    sources = config.events.replan.sources if config.events and config.events.replan else ()
    if event.source not in sources:
        raise InputError(
            f"events of {event.source} call for no plan",
            cure=f"name it: events: {{replan: {{sources: [{event.source}]}}}} in foresail.yaml",
        )
    detail = parsed(BusinessDetail, event.detail, f"detail of {event.kind}")
    _check(config, detail.service, detail.tier)
    trigger = f"{event.source} {event.kind}"
    return Call((event.id,), event.time, detail.service, trigger, detail.tier, detail.factor)


def _from_alarm(event: Envelope, config: Config) -> Call | Refusal:
    detail = parsed(AlarmDetail, event.detail, "detail of the alarm")
    if detail.state.value != "ALARM":
        return Refusal(event.id, f"{detail.alarm} went to {detail.state.value}: nothing to do")
    for service in config.services:
        for tier in service.tiers:
            if detail.alarm == alarm_name(service.name, tier.name, ABOVE):
                return Call(
                    (event.id,), event.time, service.name, f"alarm {detail.alarm}", tier.name
                )
    raise InputError(
        f"{detail.alarm} is no alarm on demand above a forecast of this configuration",
        cure="a rule made by foresail publish --replan-rule sends those alone",
    )


def _from_points(event: Mapping[str, Any], name: str, config: Config) -> Call:
    known = {key: value for key, value in event.items() if key != "id"}
    message = parsed(DemandMessage, known, "message of demand")
    _check(config, message.service, message.tier)
    points = tuple(Point(message.tier, p.signal, p.time, p.value) for p in message.points)
    last = max(point.at for point in points)
    name = name or f"{message.service}/{message.tier}/{moment(last)}"
    return Call((name,), last, message.service, "demand stream", message.tier, 1.0, points)


def _check(config: Config, service: str, tier: str) -> None:
    names = [one.name for one in config.service(service).tiers]
    if tier and tier not in names:
        raise InputError(f"{service} has no tier {tier!r}", cure=f"tiers of it: {', '.join(names)}")


def merged(calls: Iterable[Call]) -> list[Call]:
    """Put the calls of a batch together by service, oldest first: points of all, latest time."""
    found: dict[tuple[str, str], Call] = {}
    for call in sorted(calls, key=lambda one: one.at):
        key = (call.service, "" if call.points else call.ids[0])
        before = found.get(key)
        found[key] = call if before is None else _joined(before, call)
    return list(found.values())


def _joined(one: Call, other: Call) -> Call:
    tier = one.tier if one.tier == other.tier else ""
    points = (*one.points, *other.points)
    return Call(
        (*one.ids, *other.ids), max(one.at, other.at), one.service, one.trigger, tier, 1.0, points
    )
