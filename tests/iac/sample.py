"""A plan of every kind of target and setting, made by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from foresail.changes.names import name_for, prefix, weekly_name
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.config import parse_config
from foresail.policies.compile import compile_policies
from foresail.targets.base import LiveTarget, ScheduledAction
from foresail.targets.registry import target_class

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
EC2 = {
    "target_tracking": {"metric": "cpu", "target": 60, "warmup": "measured"},
    "step": {
        "metric": "cpu",
        "scale_out": {"threshold": 80, "change": 4},
        "scale_in": {"threshold": 20, "change": -1},
    },
    "predictive": {"metric": "cpu", "target": 60, "mode": "forecast_and_scale"},
    "warm_pool": {"min": 1},
}
QUERIES = [
    {"id": "a", "namespace": "Shop", "metric": "Work", "dimensions": {"Tier": "web"}},
    {"id": "b", "namespace": "Shop", "metric": "Units"},
    {"id": "e", "expression": "a / b"},
]
POLICIES = {
    "ec2-auto-scaling-group": EC2,
    "ecs-service": {
        "target_tracking": {"metric": "cpu", "target": 60, "scale_in_cooldown": "5m"},
        "step": {**EC2["step"], "cooldown": "2m"},
        "predictive": EC2["predictive"],
    },
    "spot-fleet": {"target_tracking": {"metric": QUERIES, "target": 60}},
}


def actions(name, *steps):
    return tuple(
        ScheduledAction(name_for(name, NOW + timedelta(minutes=m), ()),
                        start=NOW + timedelta(minutes=m), min_size=size)
        for m, size in steps
    )  # fmt: skip


def weekly(name):
    return ScheduledAction(
        weekly_name(name, range(5), 450), recurrence="30 7 * * 1-5", time_zone="UTC", min_size=6
    )


def settings(type_name, name, policies=None):
    tier = {
        "name": "t", "target": {"type": type_name, "name": name}, "max": 40,
        "demand": {"namespace": "Shop", "metric": "Orders"}, "unit_capacity": "1 orders/s",
        "policies": policies or POLICIES[type_name],
    }  # fmt: skip
    config = parse_config({"services": [{"name": "s", "tiers": [tier]}]}, source="test")
    return compile_policies(
        config.services[0].tiers[0].policies,
        type_name=type_name, target_name=name, prefix=prefix(name), lead=timedelta(minutes=4),
    )  # fmt: skip


def tier(type_name, name, wanted, **given):
    cls = target_class(type_name)
    live = LiveTarget(type_name, name, 2, 40, 2 if cls.has_desired else None)
    reasons = {item.name: "because" for item in wanted}
    fields = {"service": "shop", "tier": type_name, "refused": (), "about": {}, **given}
    return TierPlan(live=live, wanted=tuple(wanted), reasons=reasons, region="us-east-1", **fields)


def plan(*tiers):
    return PlanFile(NOW, "us-east-1", "digest", tiers)
