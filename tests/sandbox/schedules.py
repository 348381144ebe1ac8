"""Schedules of EventBridge Scheduler that double the shards of a stream."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SDK = "arn:aws:scheduler:::aws-sdk:"
ROLE = "arn:aws:iam::123456789012:role/foresail"
DOUBLE = {"StreamName": "clicks", "TargetShardCount": 4, "ScalingType": "UNIFORM_SCALING"}


def create(client, name="up", call="kinesis:updateShardCount", given=DOUBLE, **fields):
    target = {"Arn": SDK + call, "RoleArn": ROLE, "Input": json.dumps(given)}
    target |= fields.pop("Target", {})
    client.create_schedule(
        **{
            "Name": name,
            "ScheduleExpression": "at(2026-10-30T12:05:00)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target,
            **fields,
        }
    )
