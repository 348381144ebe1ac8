"""A small fleet of services on a sandbox, with history put straight into CloudWatch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from foresail.config import parse_config
from foresail.sandbox import create_group

NOW = datetime(2026, 11, 20, 15, 3, tzinfo=UTC)
FLOOR, MOST = 2, 40
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def minutes(start, end, every=5):
    """Minutes since the epoch, one for each period."""
    return list(
        range((start - EPOCH) // timedelta(minutes=1), (end - EPOCH) // timedelta(minutes=1), every)
    )


def wave(name, at):
    """Requests of a period: a day's wave, each service with its own peak and noise."""
    seed = sum(map(ord, name))
    noise = np.random.default_rng(seed).normal(1, 0.05, len(at))
    day = 1 + 0.8 * np.cos((np.asarray(at) - 60 * seed) * 2 * np.pi / 1440)
    return 300 * 400 * day * np.clip(noise, 0.5, 1.5)


def seed(sandbox, name, *, days=7.0, until=None, metric="RequestCount"):
    """Put history of a service's demand; the group's own metrics with it."""
    end = until or sandbox.clock.now
    at = minutes(sandbox.clock.now - timedelta(days=days), end)
    where = {"LoadBalancer": f"app/{name}/1"}
    sandbox.cloudwatch.fill("AWS/ApplicationELB", metric, where, at, wave(name, at))


def create(sandbox, name, **history):
    """Create a service's group, and its history."""
    create_group(sandbox, name, min_size=FLOOR, max_size=MOST, desired=8, target_tracking=60)
    seed(sandbox, name, **history)


def tier(group, name="web", **more):
    """Configuration of a tier."""
    return {
        "name": name,
        "target": {"type": "ec2-auto-scaling-group", "name": group},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount",
                   "dimensions": {"LoadBalancer": f"app/{group}/1"}, "missing": "zero"},
        "unit_capacity": "100 requests/s", "min": FLOOR, "max": MOST,
        "guardrails": {"increase": "2000%", "decrease": "100%", "min_trust": 0}, **more,
    }  # fmt: skip


def service(name, **more):
    """Configuration of a service of one tier, whose group has its name."""
    return {"name": name, "tiers": [tier(name)], **more}


def configure(store, services, **more):
    """Read a configuration of services."""
    data = {"store": str(store), "history": "7d", "horizon": "24h", "services": services, **more}
    return parse_config(data, source="fleet")
