"""Weekly schedules on the sandbox: planned, applied, read back, acting, kept, rolled back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.changes.names import name_for, owned, weekly_name
from foresail.config import parse_config
from foresail.errors import InputError
from foresail.operations import apply_all, rollback_all, rollback_plan
from foresail.pipeline import tiers
from foresail.pipeline.planning import Foreseen, plan_need
from foresail.pipeline.recurring import choose_week, cron_of, standing_week, until
from foresail.pipeline.run import seal
from foresail.plan.cover import capacity_steps
from foresail.sandbox import Sandbox, create_group
from foresail.targets.base import LiveTarget, ScheduledAction
from foresail.targets.cron import unix_weekly
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup
from foresail.targets.ecs_service import EcsService
from foresail.targets.kinesis_shards import KinesisShards

NOW = datetime(2026, 11, 20, 15, 2, tzinfo=UTC)  # a Friday
PERIOD = timedelta(minutes=5)


def config(tmp_path, **keys):
    plain = {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount"},
        "unit_capacity": "100 requests/s",
        "max": 60,
        "min": 2,
        "schedule": "weekly",
        "max_actions": 40,
        "guardrails": {"increase": "2000%"},
    }
    services = [{"name": "shop", "tiers": [{**plain, **keys}]}]
    data = {"services": services, "horizon": "8d", "store": str(tmp_path)}
    return parse_config(data, source="test")


def needed(start=NOW, days=8, noise=0.0):
    """Busy by day from Monday to Friday, calm on the weekend."""
    starts = pd.date_range(pd.Timestamp(start).floor("5min"), periods=days * 288, freq="5min")
    rng = np.random.default_rng(1)
    busy = np.where(starts.day_of_week < 5, 20, 8)
    day = np.sin((starts.hour * 60 + starts.minute - 480) * 2 * np.pi / 1440).to_numpy()
    level = np.ceil(2 + busy * np.maximum(day, 0) + noise * rng.random(len(starts)))
    frame = {"series": "shop/web", "start": starts, "end": starts + PERIOD}
    return pd.DataFrame({**frame, "needed": level.astype(int)})


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        create_group(running, "web", min_size=2, max_size=60, target_tracking=70)
        yield running


def planned(config, target, rows, now):
    """Plan a need as the pipeline does, with a forecast that says what it rests on."""
    [tier] = tiers(config)
    units = pd.DataFrame({"timestamp": [rows["end"].iloc[-1] - PERIOD]})
    told = {"model": "", "trust": 1.0, "trust_reasons": "", "history_days": 14.0}
    details = pd.DataFrame([{**told, "missing_share": 0.0, "skill": 0.0, "coverage": 0.9}])
    forecast = type("Told", (), {"details": details})
    demand = pd.DataFrame({"censored": [False]})
    live = target.read("web")
    foreseen = Foreseen(tier, demand, live, forecast, units, 0.9, "")
    return plan_need(foreseen, rows, target, now)


def test_a_week_is_planned_applied_acts_is_kept_and_rolled_back(sandbox, tmp_path):
    made, target = config(tmp_path), AutoScalingGroup(sandbox.aws)
    rows = needed()
    one = planned(made, target, rows, NOW)
    assert "weekly: " in one.plan.about["notes"][0]
    recurring = [a for a in one.plan.wanted if a.recurrence]
    assert 2 < len(recurring) <= 40
    assert {(a.end, a.time_zone) for a in recurring} == {
        (datetime(2026, 11, 27, 23, 59, tzinfo=UTC), "Etc/UTC")
    }
    back = one.plan.wanted[-1]
    assert (back.min_size, back.start) == (2, datetime(2026, 11, 28, tzinfo=UTC))
    clock = lambda: sandbox.clock.now  # noqa: E731
    [row] = apply_all(made, seal(made, [one], NOW), sandbox.aws, clock)
    assert row["verified"]
    assert standing_week(target.read("web"), target) is not None

    sandbox.advance(timedelta(hours=18))
    floor = sandbox.executed.set_index("timestamp")["min_size"]
    wanted = rows.set_index("start")["needed"]
    moments = wanted.index[(wanted.index > floor.index[0]) & (wanted.index < clock())]
    have = floor.reindex(floor.index.union(moments), method="ffill")[moments]
    assert (have >= wanted[moments]).all()
    assert have.max() > 9
    assert have.min() < 5

    later = planned(made, target, needed(clock()), clock())
    assert "still covers" in later.plan.about["notes"][0]
    assert later.plan.changes(clock()).pending == ()

    rollback_all(made, sandbox.aws, rollback_plan(made, sandbox.aws, clock()), clock)
    after = owned(target.read("web"))
    assert [a for a in after if a.recurrence] == []


def chosen(tmp_path, rows, target=AutoScalingGroup, steps=None, now=NOW, **keys):
    [tier] = tiers(config(tmp_path, **keys))
    steps = rows.rename(columns={"needed": "capacity"}) if steps is None else steps
    live = LiveTarget("ec2-auto-scaling-group", "web", 2, 60, 2)
    return choose_week(tier, live, target.__new__(target), rows, steps, 38, now)


def test_auto_takes_the_week_where_it_costs_no_more_and_says_so(tmp_path):
    rows = needed()
    changes = capacity_steps(rows, 38)
    choice = chosen(tmp_path, rows, steps=changes, schedule="auto")
    assert choice.week is not None
    assert "recurring actions against" in choice.why
    assert "unit-hours" in choice.why
    few = changes.iloc[[0]].assign(capacity=3)  # cheaper than any cover
    assert chosen(tmp_path, rows, steps=few, schedule="auto").week is None


@pytest.mark.parametrize(
    ("keys", "target", "days", "why"),
    [
        ({}, AutoScalingGroup, 6, "less than a week"),
        ({}, KinesisShards, 8, "takes no recurring actions"),
        ({"max_step": 5}, AutoScalingGroup, 8, "keep no count of changes"),
    ],
)
def test_what_hinders_is_refused_when_asked_and_told_when_left_to_choose(
    tmp_path, keys, target, days, why
):
    rows = needed(days=days)
    with pytest.raises(InputError, match=why):
        chosen(tmp_path, rows, target, **keys)
    choice = chosen(tmp_path, rows, target, schedule="auto", **keys)
    assert choice.week is None
    assert why in choice.why


@pytest.mark.parametrize("schedule", ["auto", "weekly"])
def test_no_event_of_a_calendar_recurs(tmp_path, schedule):
    [tier] = tiers(config(tmp_path, schedule=schedule))
    tier = replace(tier, service=tier.service.model_copy(update={"calendar": ("US",)}))
    live, rows = LiveTarget("ec2-auto-scaling-group", "web", 2, 60, 2), needed()
    kind = AutoScalingGroup.__new__(AutoScalingGroup)
    if schedule == "weekly":
        with pytest.raises(InputError, match="a calendar moves single days"):
            choose_week(tier, live, kind, rows, rows, 38, NOW)
        return
    choice = choose_week(tier, live, kind, rows, capacity_steps(rows, 38), 38, NOW)
    assert choice.week is None
    assert "a calendar moves single days" in choice.why


def test_at_its_end_nothing_recurs_and_the_floor_is_back(sandbox):
    create_group(sandbox, "ends", min_size=2, max_size=60, target_tracking=70)
    target, now = AutoScalingGroup(sandbox.aws), sandbox.clock.now
    end = (now + timedelta(hours=2)).replace(minute=59, second=0)
    days, minutes = tuple(range(7)), [(end.hour * 60 + end.minute + m) % 1440 for m in (-60, 0, 60)]
    acting = [
        ScheduledAction(
            weekly_name("ends", days, m), end=end, recurrence=unix_weekly(days, m), min_size=7 + n
        )
        for n, m in enumerate(minutes)
    ]
    back = end + timedelta(minutes=1)
    last = ScheduledAction(name_for("ends", back, ()), start=back, min_size=2)
    assert target.put("ends", [*acting, last]) == {}
    sandbox.advance(end - timedelta(minutes=1))
    assert target.read("ends").min_size == 7
    sandbox.advance(timedelta(hours=3))
    after = target.read("ends")
    assert (after.min_size, after.actions) == (2, ())


def test_a_week_covers_the_need_in_the_way_each_target_writes_it(tmp_path):
    rows = needed(noise=2.0)
    week = chosen(tmp_path, rows).week
    curve = pd.Series(week.steps(rows["start"].iloc[0], rows["end"].iloc[-1])["capacity"])
    assert curve.max() >= rows["needed"].max()
    steps = week.steps(NOW, NOW + timedelta(days=7)).set_index("start")["capacity"]
    inside = rows[(rows["start"] >= NOW) & (rows["start"] < NOW + timedelta(days=7))]
    have = steps.reindex(steps.index.union(inside["start"]), method="ffill")[inside["start"]]
    assert (have.to_numpy() >= inside["needed"].to_numpy()).all()
    one = week.actions[0]
    assert cron_of(EcsService.__new__(EcsService))(one.days, one.minute).startswith("cron(")


def test_the_end_stays_while_half_of_it_is_left(sandbox, tmp_path):
    [tier] = tiers(config(tmp_path, repeat_for="14d"))
    target = AutoScalingGroup(sandbox.aws)
    one = planned(config(tmp_path, repeat_for="14d"), target, needed(sandbox.clock.now), NOW)
    live = replace(target.read("web"), actions=one.plan.wanted)
    end = datetime(2026, 12, 4, 23, 59, tzinfo=UTC)
    assert until(tier.tier, live, target, NOW + timedelta(days=6)) == end
    assert until(tier.tier, live, target, NOW + timedelta(days=8)) > end
