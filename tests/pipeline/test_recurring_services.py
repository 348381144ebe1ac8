"""A weekly schedule on a target of Application Auto Scaling: written, read back, acting, ending."""

from __future__ import annotations

from datetime import timedelta

from foresail.changes.changeset import diff, name_actions
from foresail.changes.names import owned
from foresail.pipeline import tiers
from foresail.pipeline.recurring import choose_week, recurring_actions, standing_week
from foresail.targets.base import by_time
from foresail.targets.ecs_service import EcsService
from pipeline.test_recurring import config, needed
from sandbox.scaling import ECS, NOW, bounds, started

NAME = ECS["ResourceId"]


def test_a_weekly_schedule_acts_on_a_service(tmp_path):
    [tier] = tiers(config(tmp_path, target={"type": "ecs-service", "name": NAME}))
    with started() as sandbox:
        client = sandbox.client("application-autoscaling")
        client.register_scalable_target(**ECS, MinCapacity=2, MaxCapacity=60)
        target, rows = EcsService(sandbox.aws), needed(NOW)
        live = target.read(NAME)
        steps = rows.rename(columns={"needed": "capacity"})
        week = choose_week(tier, live, target, rows, steps, 38, NOW).week
        made, _, once = recurring_actions(tier, live, target, week, NOW, set_desired=False)
        wanted = [*made, *name_actions(live, once)]
        assert target.put(NAME, wanted) == {}
        after = target.read(NAME)
        assert by_time(owned(after)) == by_time(wanted)
        assert diff(after, wanted, now=NOW).pending == ()
        assert standing_week(after, target) is not None
        for _ in range(5):
            sandbox.advance(timedelta(hours=5))
            assert bounds(client)[0] == week.at(sandbox.clock.now)
