"""A shop on a sandbox: a group planned an hour ago, and demand that then left its forecast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from foresail.changes.floor import Floor
from foresail.changes.names import owned
from foresail.config import parse_config
from foresail.operations import apply_all
from foresail.pipeline import plan_all
from foresail.publish.telling import after_plan
from foresail.urgent import replan_urgently

NOW = datetime(2026, 11, 20, 15, 2, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
BALANCER = "app/web/50dc6c495c0c9188"
GROUP = "web"
ALARM = "foresail-shop/web/above-forecast"


def demand(times):
    """Requests a second: a day's swing."""
    share = (times.hour * 60 + times.minute) / 1440
    return 600 - 500 * np.cos(share * 2 * np.pi)


def publish(sandbox, start, end, factor=1.0):
    times = pd.date_range(start, end, freq="5min", inclusive="left")
    dimensions = [{"Name": "LoadBalancer", "Value": BALANCER}]
    data = [
        {"MetricName": "RequestCount", "Timestamp": t, "Value": float(v), "Dimensions": dimensions}
        for t, v in zip(times, demand(times) * 300 * factor, strict=True)
    ]
    for at in range(0, len(data), 1000):
        sandbox.client("cloudwatch").put_metric_data(
            Namespace="AWS/ApplicationELB", MetricData=data[at : at + 1000]
        )


def config(store, *, service=(), plain=False, **tier):
    """One service with one tier; as plain values, not parsed, where that is asked for."""
    known = {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": GROUP},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount",
                   "dimensions": {"LoadBalancer": BALANCER}},
        "unit_capacity": "100 requests/s", "min": 2, "max": 60, "lead_time": "5m",
        "guardrails": {"increase": "100%", "decrease": "100%"}, **tier,
    }  # fmt: skip
    services = [{"name": "shop", "approval": {"ask": "never"}, "tiers": [known], **dict(service)}]
    target = "arn:aws:lambda:us-east-1:123456789012:function:plan"
    events = {"replan": {"target": target, "sources": ["shop.marketing"]}}
    place = store if isinstance(store, dict) else str(store)
    data = {"store": place, "history": "10d", "horizon": "24h", "services": services}
    data["events"] = events
    return data if plain else parse_config(data, source="test")


def alarm(at, name=ALARM, state="ALARM", event_id="e1"):
    return {
        "version": "0", "id": event_id, "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch", "account": "123456789012", "time": at.isoformat(),
        "region": "us-east-1", "resources": [],
        "detail": {"alarmName": name, "state": {"value": state, "timestamp": at.isoformat()}},
    }  # fmt: skip


def business(at, detail, source="shop.marketing", event_id="b1"):
    return {
        "id": event_id, "detail-type": "campaign", "source": source, "time": at.isoformat(),
        "detail": detail,
    }  # fmt: skip


def points(*pairs, **more):
    rows = [{"time": at.isoformat(), "value": float(value)} for at, value in pairs]
    return {"service": "shop", "tier": "web", "points": rows, **more}


def planned_at(now, told, aws):
    """Plan, keep the forecast and apply, as a run does."""
    plan, planned = plan_all(told, aws, now)
    after_plan(told, aws, plan, planned, now, print)
    apply_all(told, plan, aws, lambda: now)


class Shop:
    def __init__(self, sandbox, store, target):
        self.sandbox, self.store, self.target = sandbox, store, target
        self.now = LATER

    def config(self, **given):
        return config(self.store, **given)

    def run(self, event, **given):
        return replan_urgently(self.config(**given), self.sandbox.aws, event, lambda: self.now)

    def ahead(self):
        return [one for one in owned(self.target.read(GROUP)) if one.start > LATER]

    def floor(self):
        live = self.target.read(GROUP)
        return Floor.of(live.min_size, owned(live))
