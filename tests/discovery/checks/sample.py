"""A configuration with one tier, for checks."""

from __future__ import annotations

from foresail.config import parse_config

METRIC = {
    "namespace": "AWS/ApplicationELB", "metric": "RequestCount", "missing": "zero",
    "dimensions": {"LoadBalancer": "app/web/50dc6c495c0c9188"},
}  # fmt: skip
CPU = {
    "namespace": "AWS/EC2", "metric": "CPUUtilization", "stat": "Average", "scale_by": "capacity",
    "dimensions": {"AutoScalingGroupName": "web"},
}  # fmt: skip


def config(where=(), **tier):
    """One tier on the group ``web``; `where` has its service's region and account."""
    plain = {
        "name": "web", "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": METRIC, "unit_capacity": "100 requests/s", "min": 2, "max": 40, **tier,
    }  # fmt: skip
    service = {"name": "shop", "tiers": [plain], **dict(where)}
    return parse_config({"services": [service]}, source="test")


def one_tier(**changes):
    """Give the only tier of a configuration."""
    return config(**changes).services[0].tiers[0]


def said(findings, level):
    """Texts of the findings of a level."""
    return [f"{f.text} -> {f.cure}" for f in findings if f.level == level]
