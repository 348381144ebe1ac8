"""Run foresail hour after hour on a sandbox, and measure what it leaves behind."""

from __future__ import annotations

import gc
import resource
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from faults.fleet import configure, minutes, service, wave
from faults.invariant import Invariant
from foresail.cycle import keeping, plan_and_apply
from foresail.store import decisions, journal
from foresail.store.forecasts import ForecastStore
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup

HOUR = timedelta(hours=1)
SERVICES = ("blog", "docs", "shop")


@dataclass(frozen=True)
class Left:
    """What stands after a run."""

    memory: int
    objects: int
    threads: int
    files: int
    stored: int
    actions: int


def keep_less(monkeypatch, kept):
    """Let the journal and past forecasts expire within hours, so that a soak sees it."""
    for module in (journal, keeping, decisions):
        monkeypatch.setattr(module, "KEEP", kept)
    monkeypatch.setattr(ForecastStore.__init__, "__defaults__", (kept,))


def soak(sandbox, store, runs):
    """Run each hour; gives what was left after each run."""
    config = configure(store, [service(name) for name in SERVICES], history="3d", horizon="12h",
                       approval={"ask": "never"})  # fmt: skip
    watch, left = Invariant(sandbox.aws), []
    aws = sandbox.aws
    for _ in range(runs):
        now = sandbox.clock.now
        outcomes = plan_and_apply(config, aws, lambda: now)  # noqa: B023 - called at once
        assert {one.state for one in outcomes} <= {"applied", "unchanged"}, outcomes
        watch.check(config, now)
        left.append(measure(aws, Path(store)))
        sandbox.advance(HOUR)
        for name in SERVICES:
            at, where = minutes(now, sandbox.clock.now), {"LoadBalancer": f"app/{name}/1"}
            sandbox.cloudwatch.fill("AWS/ApplicationELB", "RequestCount", where, at, wave(name, at))
    return left


def measure(aws, store):
    """Measure what stands now."""
    gc.collect()
    files = [path for path in store.rglob("*") if path.is_file()]
    group = AutoScalingGroup(aws)
    return Left(
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        objects=len(gc.get_objects()),
        threads=threading.active_count(),
        files=len(files),
        stored=sum(path.stat().st_size for path in files),
        actions=sum(len(group.read(name).actions) for name in SERVICES),
    )
