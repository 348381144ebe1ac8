"""The simulator does what the sandbox does: same schedule, same demand, minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.replay.fleet import simulate
from foresail.replay.settings import IN_AFTER, OUT_AFTER, Fleet, steps_of
from foresail.sandbox import Fleet as SandboxFleet
from foresail.sandbox import Sandbox, create_group

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOURS, UNIT, MOST = 4, 100.0, 25
# Name of the group: what its policy tracks, and whether actions set DesiredCapacity.
GROUPS = {
    "hybrid": (60.0, False),
    "eager": (35.0, False),
    "scheduled": (None, True),
    "floor-only": (None, False),
}


def demand(rng, minutes):
    wave = 600 + 500 * np.sin(np.arange(minutes // 5) / 9)
    return wave * rng.uniform(0.4, 1.5, minutes // 5) * (rng.random(minutes // 5) > 0.05)


def schedule(rng, minutes):
    """Minutes and floors of some actions."""
    at = np.sort(rng.choice(np.arange(5, minutes), 12, replace=False))
    return at, rng.integers(1, 15, len(at))


def sandboxed(values, actions, boot):
    """Play all groups in the sandbox; their logs by name."""
    times = pd.date_range(NOW, periods=len(values), freq="5min")
    with Sandbox(start=NOW) as sandbox:
        for name, (target, sets_desired) in GROUPS.items():
            create_group(
                sandbox, name, min_size=1, max_size=MOST, desired=3, target_tracking=target
            )
            series = pd.Series(values, index=times)
            five = timedelta(minutes=5)
            sandbox.add_fleet(SandboxFleet(name, "app/web/1", series, five, UNIT, boot))
            for minute, size in zip(*actions, strict=True):
                sizes = {"MinSize": int(size)} | (
                    {"DesiredCapacity": int(size)} if sets_desired else {}
                )
                sandbox.client("autoscaling").put_scheduled_update_group_action(
                    AutoScalingGroupName=name, ScheduledActionName=f"at-{minute}",
                    StartTime=NOW + int(minute) * MINUTE, **sizes,
                )  # fmt: skip
        sandbox.advance(timedelta(hours=HOURS))
        return {name: sandbox.log(name) for name in GROUPS}


@pytest.mark.parametrize(("seed", "boot"), [(1, 4), (2, 10), (3, 1)])
def test_capacity_is_the_same_minute_by_minute(seed, boot):
    rng = np.random.default_rng(seed)
    minutes = HOURS * 60
    values, actions = demand(rng, minutes), schedule(rng, minutes)
    logs = sandboxed(values, actions, boot * MINUTE)

    floor = np.ones(minutes)
    for minute, size in zip(*actions, strict=True):
        floor[minute:] = size
    targets = [np.nan if target is None else target / 100 for target, _ in GROUPS.values()]
    # An action that sets DesiredCapacity does so once; floors here only change at actions.
    fleet = Fleet(
        boot=boot, maximum=MOST, target=np.array(targets),
        follow=np.array([sets for _, sets in GROUPS.values()]),
        out_after=steps_of(OUT_AFTER, MINUTE), in_after=steps_of(IN_AFTER, MINUTE),
    )  # fmt: skip
    start = np.array([3.0] * len(GROUPS))
    floors = np.repeat(floor[:, None], len(GROUPS), axis=1)
    first = actions[0][0]
    floors[:first, 2] = 3  # before its first action the group keeps the size it was made with
    run = simulate(np.repeat(values, 5)[:, None] / UNIT, floors, fleet, start=start)

    for at, (name, log) in enumerate(logs.items()):
        for column in ("in_service", "launching", "desired"):
            got, wanted = getattr(run, column)[:, at], log[column].to_numpy()
            apart = np.flatnonzero(got != wanted)
            assert not len(apart), (name, column, apart[:5], got[apart[:5]], wanted[apart[:5]])
    assert (np.diff(run.in_service[:, 0]) != 0).sum() > 5  # the case is not a dull one
