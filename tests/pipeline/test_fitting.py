"""Steps within the rules of a target and of a tier: largest step, dwell, weights, the last day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pandas as pd
import pytest

from foresail.config import parse_config
from foresail.errors import InputError
from foresail.pipeline import tiers
from foresail.pipeline.fitting import (
    ahead_of_lead,
    changes_of_day,
    fit,
    in_whole_units,
    rules_for,
    weight_cautions,
)
from foresail.pipeline.recent import recent_changes
from foresail.plan.compile import compile_actions
from foresail.plan.moves import ANY
from foresail.store.journal import Run
from foresail.store.opening import folder_store
from foresail.targets.base import LiveTarget, ScheduledAction
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup
from foresail.targets.kinesis_shards import KinesisShards

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
END = NOW + timedelta(hours=48)
MINUTE = timedelta(minutes=1)


def tier(tmp_path, **keys):
    plain = {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount"},
        "unit_capacity": "100 requests/s",
        "max": 60,
    }
    data = {"services": [{"name": "shop", "tiers": [{**plain, **keys}]}], "store": str(tmp_path)}
    return tiers(parse_config(data, source="test"))[0]


def live(level=1, **keys):
    return LiveTarget("ec2-auto-scaling-group", "web", level, 60, None, **keys)


def needed(*rows):
    """Rows of minute and level; the last holds until the end."""
    starts = [NOW + m * MINUTE for m, _ in rows]
    ends = [*starts[1:], END]
    frame = {"series": "web", "start": starts, "end": ends, "needed": [n for _, n in rows]}
    return pd.DataFrame(frame)


def levels(fitted):
    minutes = [(t - NOW) // MINUTE for t in fitted.steps["start"]]
    return list(zip(minutes, fitted.steps["capacity"], strict=True))


def test_without_rules_steps_are_as_they_were(tmp_path):
    one = tier(tmp_path)
    made = fit(one, live(), AutoScalingGroup, needed((-10, 1), (600, 8)), 59, NOW, END)
    assert levels(made) == [(-10, 1), (600, 8)]
    assert (made.end, made.last, made.cautions) == (END, 1, ())
    assert ahead_of_lead(one.tier, AutoScalingGroup) == timedelta(0)


def test_a_large_rise_is_spread_over_actions_a_lead_apart_and_falls_are_not(tmp_path):
    one = tier(tmp_path, max_step=10, lead_time="10m")
    rows = needed((-10, 2), (600, 32), (700, 2))
    made = fit(one, live(2), AutoScalingGroup, rows, 59, NOW, END)
    assert set(made.steps["series"]) == {"shop/web"}
    assert levels(made) == [(2, 2), (580, 12), (590, 22), (600, 32), (700, 2)]
    assert made.last == 1
    assert ahead_of_lead(one.tier, AutoScalingGroup) == timedelta(minutes=2)


def test_a_share_is_a_factor_and_a_dwell_keeps_the_actions_apart(tmp_path):
    one = tier(tmp_path, max_step="50%", min_dwell="30m")
    rules = rules_for(one.tier, AutoScalingGroup)
    assert (rules.most_factor, rules.rest) == (1.5, timedelta(minutes=30))
    rows = needed((-10, 4), (600, 9), (900, 4))
    made = fit(one, live(4), AutoScalingGroup, rows, 59, NOW, END)
    assert levels(made) == [(2, 4), (570, 6), (600, 9), (900, 4)]


def test_a_tier_can_only_make_the_rules_of_its_target_stricter(tmp_path):
    loose = rules_for(tier(tmp_path, max_step="400%").tier, KinesisShards)
    assert (loose.most_factor, loose.per_day) == (2.0, 10)
    assert rules_for(tier(tmp_path).tier, KinesisShards) == KinesisShards.moves
    assert rules_for(tier(tmp_path, min_dwell="2h").tier, AutoScalingGroup) == ANY


def test_a_dwell_is_kept_by_the_actions_though_rises_come_early(tmp_path):
    one = tier(tmp_path, min_dwell="30m")
    rows = needed((-10, 8), (100, 3), (131, 8), (200, 9), (205, 3))
    made = fit(one, live(), AutoScalingGroup, rows, 59, NOW, END)
    actions = compile_actions(
        made.steps, end=made.end, floor=made.last, now=NOW, set_desired=False, slack=made.slack
    )
    starts = [a.start for a in actions]
    assert min(b - a for a, b in pairwise(starts[1:])) >= 30 * MINUTE
    assert 3 not in [a.min_size for a in actions[:2]]  # the dip of 31 minutes is given up


def test_doublings_are_in_effect_in_time_and_the_way_back_is_halved(tmp_path):
    one = tier(tmp_path)
    rows = needed((-10, 1), (600, 8), (900, 1))
    made = fit(one, live(1), KinesisShards, rows, 59, NOW, NOW + timedelta(minutes=800))
    assert levels(made) == [(2, 1), (570, 2), (585, 4), (600, 8), (800, 4), (815, 2)]
    assert ((made.end - NOW) // MINUTE, made.last) == (830, 1)
    assert ahead_of_lead(one.tier, KinesisShards) == timedelta(minutes=17)


def test_steps_that_the_staircases_leave_no_room_for_are_merged(tmp_path):
    one = tier(tmp_path, max_step=4)
    rows = needed(*((30 * n, 20 if n % 2 else 2) for n in range(20)))
    made = fit(one, live(2), AutoScalingGroup, rows, 12, NOW, END)
    assert len(made.steps) <= 12
    with pytest.raises(InputError, match="max_step"):
        fit(one, live(2), AutoScalingGroup, needed((0, 2), (500, 60)), 5, NOW, END)


def test_changes_of_the_last_day_are_read_from_the_journal(tmp_path):
    one = tier(tmp_path)
    before = live(1)
    written = [
        ScheduledAction(f"a{n}", start=NOW - timedelta(hours=30 - 3 * n), min_size=1 + n % 2)
        for n in range(10)
    ]
    journal = folder_store(tmp_path).journal
    journal.begin("p", "apply", "us-east-1", before, written, NOW - timedelta(hours=31))
    rows = needed((-10, 2), (120, 32))
    fresh = fit(one, live(2), KinesisShards, rows, 59, NOW, END)
    assert fresh.cautions == ()
    recent = changes_of_day(one, live(2), KinesisShards, journal, NOW)
    limited = fit(one, live(2), KinesisShards, rows, 59, NOW, END, recent)
    assert "are missing" in limited.cautions[0]  # seven of ten changes are spent


def test_a_later_run_takes_over_from_an_earlier_one():
    def run(number, hours, *actions):
        wanted = tuple(
            ScheduledAction(f"a{h}", start=NOW - timedelta(hours=h), min_size=size)
            for h, size in actions
        )
        started = NOW - timedelta(hours=hours)
        return Run(str(number), "p", "apply", "us-east-1", started, "done", live(2), wanted)

    runs = [run(2, 10, (8, 3), (-5, 9)), run(1, 40, (30, 4), (20, 2), (9, 7))]
    found = recent_changes(runs, NOW)
    assert [((NOW - t) // timedelta(hours=1), a, b) for t, a, b in found] == [(20, 4, 2), (8, 2, 3)]


def test_weights_round_up_and_are_told():
    rows = in_whole_units(needed((0, 3), (60, 4), (90, 9)), (2, 4), 9)
    assert list(rows["needed"]) == [4, 4, 9]


def test_a_weight_may_exceed_the_maximum_and_that_is_said(tmp_path):
    [said] = weight_cautions(tier(tmp_path, weights=[1, 2, 4]).tier, 60)
    assert "up to 3 more than the plan, and MaxSize (60) may be exceeded" in said
    assert weight_cautions(tier(tmp_path).tier, 60) == []


def test_a_floor_that_cannot_be_reached_by_falling_is_told(tmp_path):
    class Stays(KinesisShards):
        moves = replace(ANY, may_fall=False)

    made = fit(tier(tmp_path), live(1), Stays, needed((-10, 1), (60, 5), (90, 2)), 59, NOW, END)
    assert (made.last, made.end) == (5, END)
    assert "no fall" in made.ending
    assert "stays at 5" in made.cautions[0]
