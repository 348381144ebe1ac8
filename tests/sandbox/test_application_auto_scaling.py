"""Due scheduled actions move the bounds of scalable targets, and what is behind them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.scaling import (
    ECS,
    MINUTE,
    NOW,
    READS,
    SHARDS,
    actions,
    bounds,
    put,
    started,
    tasks,
    units,
)


@pytest.fixture
def sandbox():
    with started() as running:
        yield running


@pytest.fixture
def live(sandbox):
    made = sandbox.client("application-autoscaling")
    made.register_scalable_target(**ECS, MinCapacity=2, MaxCapacity=10)
    return made


def test_targets_come_in_pages(sandbox, live):
    for n in range(7):
        live.register_scalable_target(
            **{**SHARDS, "ResourceId": f"replication-group/r{n}"}, MinCapacity=1, MaxCapacity=2
        )
    pages = live.get_paginator("describe_scalable_targets").paginate(
        ServiceNamespace="elasticache", PaginationConfig={"PageSize": 3}
    )
    assert [len(page["ScalableTargets"]) for page in pages] == [3, 3, 1]


def test_registering_moves_capacity_inside_the_bounds(sandbox, live):
    live.register_scalable_target(**ECS, MinCapacity=6)
    assert tasks(sandbox) == 6
    live.register_scalable_target(**READS, MinCapacity=5, MaxCapacity=50)
    assert (units(sandbox)["ReadCapacityUnits"], units(sandbox)["WriteCapacityUnits"]) == (50, 20)


def test_due_actions_move_bounds_and_the_resource_and_one_off_ones_vanish(sandbox, live):
    put(live, "up", low=7)
    put(live, "down", low=1, high=4, schedule="at(2026-10-30T15:10:00)", Timezone="Europe/Kyiv")
    sandbox.advance(5 * MINUTE)
    assert (bounds(live), tasks(sandbox)) == ((2, 10), 3)
    sandbox.advance(MINUTE)
    assert (bounds(live), tasks(sandbox)) == ((7, 10), 7)
    assert list(actions(live)) == ["down"]  # 15:10 in Kyiv is 13:10 UTC
    sandbox.advance(timedelta(hours=1, minutes=5))
    assert (bounds(live), tasks(sandbox)) == ((1, 4), 4)
    assert actions(live) == {}
    told = live.describe_scaling_activities(**ECS)["ScalingActivities"]
    assert [(a["Description"], a["Cause"]) for a in told] == [
        ("Setting desired count to 4.", "maximum capacity was set to 4"),
        ("Setting min capacity to 1 and max capacity to 4",
         "scheduled action name down was triggered"),
        ("Setting desired count to 7.", "minimum capacity was set to 7"),
        ("Setting min capacity to 7 and max capacity to 10",
         "scheduled action name up was triggered"),
    ]  # fmt: skip
    assert {a["StatusCode"] for a in told} == {"Successful"}
    assert told[-1]["StartTime"] == NOW + 5 * MINUTE


def test_recurring_actions_run_inside_their_times_and_end(sandbox, live):
    put(live, schedule="cron(0/10 * * * ? *)", StartTime=NOW + 15 * MINUTE,
        EndTime=NOW + 40 * MINUTE)  # fmt: skip
    sandbox.advance(timedelta(hours=1))
    told = live.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"]
    runs = [a["StartTime"] - NOW for a in told if "scheduled action" in a["Cause"]]
    assert sorted(runs) == [20 * MINUTE, 30 * MINUTE]
    assert actions(live) == {}


def test_suspended_scheduled_scaling_skips_what_is_due(sandbox, live):
    put(live)
    live.register_scalable_target(**ECS, SuspendedState={"ScheduledScalingSuspended": True})
    sandbox.advance(10 * MINUTE)
    live.register_scalable_target(**ECS, SuspendedState={"ScheduledScalingSuspended": False})
    sandbox.advance(10 * MINUTE)
    assert (bounds(live), tasks(sandbox)) == ((2, 10), 3)


def test_a_minimum_above_the_maximum_fails_at_run_time(sandbox, live):
    put(live, low=20)
    sandbox.advance(10 * MINUTE)
    [told] = live.describe_scaling_activities(**ECS)["ScalingActivities"]
    assert told["StatusCode"] == "Failed"
    assert (bounds(live), tasks(sandbox)) == ((2, 10), 3)
