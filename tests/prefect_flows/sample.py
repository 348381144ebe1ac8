"""Services that the flows are tried on."""

from __future__ import annotations


def service(group, name=None, **more):
    """A service of one tier on a group."""
    tier = {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": group},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount", "missing": "zero",
                   "dimensions": {"LoadBalancer": f"app/{group}/1"}},
        "unit_capacity": "100 requests/s", "min": 2, "max": 40,
        "guardrails": {"increase": "2000%", "decrease": "100%", "min_trust": 0.0},
    }  # fmt: skip
    return {"name": name or group, "tiers": [tier], **more}
