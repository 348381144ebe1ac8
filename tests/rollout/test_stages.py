from dataclasses import replace
from datetime import timedelta

import pytest

from foresail.errors import InputError
from foresail.policies.items import WarmPool
from foresail.rollout.stages import stages
from foresail.targets.base import ScheduledAction
from rollout.sample import NEEDS, START, plan, shop


def test_steps_come_in_time():
    told = [(s.tier, s.units, s.rise) for s in stages(shop(), NEEDS)]
    assert told == [("db", 3, True), ("web", 6, True), ("web", 2, False), ("db", 2, False)]


def test_a_rise_needs_what_was_asked_a_lead_time_ago():
    web = next(s for s in stages(shop(), NEEDS) if s.tier == "web" and s.rise)
    assert web.needs == {"db": 3}
    early = [plan("db", {5: 3}, lead=10), plan("web", {10: 6})]
    assert stages(early, NEEDS)[1].needs == {"db": 2}


def test_a_fall_needs_nothing():
    assert all(s.needs == {} for s in stages(shop(), NEEDS) if not s.rise)


def test_in_one_minute_rises_go_from_the_bottom_up_and_falls_top_down():
    together = [plan("web", {0: 6, 60: 2}), plan("db", {0: 3, 60: 2})]
    told = [(s.at - START, s.tier) for s in stages(together, NEEDS)]
    hour = timedelta(hours=1)
    assert told == [(timedelta(0), "db"), (timedelta(0), "web"), (hour, "web"), (hour, "db")]


def test_steps_that_are_over_become_one_each_from_the_bottom_up():
    plans = [plan("web", {0: 9, 10: 6, 60: 2}), plan("db", {5: 4, 15: 3, 70: 2})]
    now = START + timedelta(minutes=30)
    told = [
        ((s.at - START).total_seconds() / 60, s.tier, s.units) for s in stages(plans, NEEDS, now)
    ]
    assert told == [(30, "db", 3), (30, "web", 6), (60, "web", 2), (70, "db", 2)]


def test_a_rise_that_is_late_waits_for_nothing_that_was_never_asked_for():
    plans = [plan("web", {10: 6}), plan("db", {0: 3})]
    late = stages(plans, NEEDS, START + timedelta(minutes=30))
    assert [s.needs for s in late if s.tier == "web"] == [{"db": 2}]


@pytest.mark.parametrize(
    "item",
    [
        ScheduledAction("foresail-web-0", None, 3, recurrence="0 8 * * *"),
        WarmPool("foresail-pool", {"MinSize": 2}),
    ],
)
def test_what_is_no_step_at_a_time_is_refused(item):
    web = plan("web", {10: 6})
    with pytest.raises(InputError, match=r"web: .* at a time") as error:
        stages([replace(web, wanted=(*web.wanted, item))], NEEDS)
    assert "foresail apply" in str(error.value)


def test_a_policy_that_stands_already_is_no_obstacle():
    web, pool = plan("web", {10: 6}), WarmPool("foresail-pool", {"MinSize": 2})
    standing = replace(web.live, settings=(pool,))
    assert stages([replace(web, live=standing, wanted=(*web.wanted, pool))], NEEDS)
