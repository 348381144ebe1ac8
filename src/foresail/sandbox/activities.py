"""DescribeScalingActivities of an Auto Scaling group: what its simulated fleet did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from foresail.sandbox.fleet import Event, FleetState

PAGE = 100
_SAYS = {
    "launched": "Launching a new EC2 instance",
    "cancelled": "Launching a new EC2 instance",
    "terminated": "Terminating EC2 instance",
}


def activities_of(fleets: Mapping[str, FleetState], params: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a request: newest first, one activity a unit, in pages of 100 at most."""
    group = params.get("AutoScalingGroupName")
    names = [group] if group else list(fleets)
    found = [row for name in names if name in fleets for row in _rows(name, fleets[name])]
    wanted = params.get("ActivityIds")
    found = [row for row in found if not wanted or row["ActivityId"] in wanted]
    found.sort(key=lambda row: row["StartTime"], reverse=True)
    at, size = int(params.get("NextToken") or 0), min(int(params.get("MaxRecords") or PAGE), PAGE)
    more = {"NextToken": str(at + size)} if at + size < len(found) else {}
    return {"Activities": found[at : at + size], **more}


def _rows(group: str, state: FleetState) -> list[dict[str, Any]]:
    events = [*state.events, *state.under_way()]
    return [_row(group, event, unit) for event in events for unit in range(event.count)]


def _row(group: str, event: Event, unit: int) -> dict[str, Any]:
    name = f"{group} {event.kind} {event.started.isoformat()} {unit}"
    instance = f"i-{uuid5(NAMESPACE_OID, name).hex[:17]}"
    code = {"cancelled": "Cancelled"}.get(event.kind, "Successful")
    row = {
        "ActivityId": str(uuid5(NAMESPACE_OID, name)),
        "AutoScalingGroupName": group,
        "Description": f"{_SAYS[event.kind]}: {instance}",
        "Cause": f"At {event.started:%Y-%m-%dT%H:%M:%SZ} the desired capacity changed.",
        "StartTime": event.started,
        "StatusCode": code if event.ended else "PreInService",
        "Progress": 100 if event.ended else 50,
    }
    return {**row, "EndTime": event.ended} if event.ended else row
