from datetime import timedelta

from foresail.rollout.stages import stages
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
