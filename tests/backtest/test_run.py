"""Settings are chosen on the past only; what is scored equals the replay; verdicts are said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from backtest.sample import QUICK, demand, job, small
from foresail.backtest.choose import verdict
from foresail.backtest.job import Wish
from foresail.backtest.roster import next_of, roster
from foresail.backtest.run import backtest, steps_of_work
from foresail.backtest.steps import last_plan
from foresail.backtest.summary import saved, scores_frame, summary, totals
from foresail.errors import InputError
from foresail.forecast.calendar import parse_calendar
from foresail.replay.api import replay
from foresail.replay.case import Rules, cases
from foresail.replay.place import Place
from foresail.replay.promised import PEAK, Hybrid


@pytest.fixture(scope="module")
def done():
    return small()


def test_scores_of_all_days_are_those_of_the_replay():
    frame = demand()
    whole = backtest(frame, replace(job(), choose_days=0))
    told = replay(frame, roster(Rules(), ("static", "reactive")), boot="10min")
    mine = whole.first.scores
    mine = mine[mine["policy"] != "foresail"].reset_index(drop=True)
    for name in ("under_capacity", "unserved", "lost", "unit_hours", "cost_ratio"):
        assert mine[name].to_numpy() == pytest.approx(told[name].to_numpy())
    assert whole.first.hindsight
    assert any("hindsight" in note for note in whole.first.notes)


def test_settings_are_chosen_before_the_scored_days(done):
    """Demand of the scored days changes outcomes, never choices."""
    frame = demand()
    first = done.first.times[done.first.scored]
    later = frame["timestamp"] >= first
    frame.loc[later, "value"] *= 1.7
    other = backtest(frame, replace(job(), unit_capacity=done.first.scale))
    same = backtest(demand(), replace(job(), unit_capacity=done.first.scale))
    for name, one in same.first.chosen.items():
        assert other.first.chosen[name].setting == one.setting
        assert other.first.chosen[name].choice.late == one.choice.late
    assert other.first.chosen["oracle"].scores != same.first.chosen["oracle"].scores


def test_the_oracle_is_never_beaten_and_intervals_hold_the_outcome(done):
    for one in done.first.chosen.values():
        if one.scores["under_capacity"] == 0:
            assert one.scores["cost_ratio"] >= 1
        assert one.low <= one.scores["under_capacity"] + 1e-3
        assert one.high >= one.scores["under_capacity"] - 1e-3
        assert one.best <= one.scores["under_capacity"]


def test_promises_are_compared_with_what_came(done):
    limits = [one.limit for one in done.first.promises]
    assert limits == sorted(limits, reverse=True)
    scores = done.first.scores.set_index(["policy", "setting"])
    for one in done.first.promises:
        row = scores.loc[("foresail", one.setting)]
        assert one.outcome == row["under_capacity"]
        assert one.cost_ratio == row["cost_ratio"]


def test_calibration_counts_the_scored_days(done):
    rows = done.first.calibration
    assert [row["quantile"] for row in rows] == sorted(row["quantile"] for row in rows)
    shares = [row["share"] for row in rows]
    assert shares == sorted(shares)
    assert rows[0]["periods"] == len(done.first.times) - done.first.scored


def test_the_next_plan_covers_a_day_and_costs_what_its_steps_cost(done):
    last = done.first.last
    assert last["start"].iloc[0] == done.first.times[-1] + done.first.period
    assert (last["start"].iloc[1:].to_numpy() == last["end"].iloc[:-1].to_numpy()).all()
    assert last["hours"].sum() == pytest.approx(24)
    assert set(last["kind"]) <= {"trend", "season", "event", "margin", "guardrail"}
    for row in last.to_dict("records"):
        assert row["cost"] == done.job.price.of(row["capacity"] * row["hours"])


def test_a_step_says_what_its_time_of_day_usually_takes(done):
    """Demand is a sine from 0.3 to 1.7 of its mean, highest at 15:00 UTC."""
    last = done.first.last
    season = last[last["kind"] == "season"]
    said = season["reason"].str.extract(
        r"^week(?:day|end)s (\d\d):\d\d: usually ([\d.]+) x the mean"
    )
    hours, times = said[0].astype(int), said[1].astype(float)
    assert times[hours.between(13, 16)].between(1.5, 1.8).all()
    assert times[hours.between(1, 5)].between(0.2, 0.5).all()
    assert len(times) >= 4


def test_the_next_plan_keeps_the_margin_of_its_setting():
    [policy] = [p for p in roster(Rules(), ("foresail-hybrid",)) if p.name != "oracle"]
    wide = Hybrid(0.999, 0.7, timedelta(minutes=15), share=0.5)
    ahead = next_of(policy, wide, Rules())
    assert (ahead.setting.quantile, ahead.setting.utilization) == (0.999, 0.4)
    assert next_of(policy, replace(wide, quantile=None), Rules()).setting is None


def test_a_floor_of_the_weeks_peak_is_one_step_of_margin():
    [case] = cases(demand(), Rules())
    [policy] = [p for p in roster(Rules(), ("foresail-hybrid",)) if p.name != "oracle"]
    last, about = last_plan(case, policy, Hybrid(PEAK, 0.8, timedelta(minutes=15)), job())
    [row] = last.to_dict("records")
    assert row["capacity"] == np.ceil(np.nanmax(case.demand[-7 * 96 :]) / 0.8 - 1e-9)
    assert (row["kind"], row["hours"]) == ("margin", 24)
    assert "week's peak" in about


def test_zone_and_calendar_reach_the_forecasts():
    events = pd.DataFrame(
        {"name": ["sale"], "start": ["2026-03-18"], "end": ["2026-03-18"], "uplift": [3.0]}
    )
    plain = small()
    place = Place("America/New_York", parse_calendar(events))
    there = backtest(demand(), job(place=place))
    assert there.job.timezone == "America/New_York"
    day = there.first.last
    assert "event" in set(day["kind"])
    assert "event" not in set(plain.first.last["kind"])
    assert day["capacity"].max() > 1.5 * plain.first.last["capacity"].max()


def test_totals_are_the_sums_of_series():
    done = small(("web", "api"), policies=("reactive", "foresail"))
    told = summary(done, datetime(2026, 3, 20, tzinfo=UTC), "0")
    for row in told["totals"]:
        mine = [p for s in told["series"] for p in s["policies"] if p["policy"] == row["policy"]]
        assert Decimal(row["cost"]) == sum(Decimal(p["cost"]) for p in mine)
        assert row["under_capacity_minutes"] == sum(p["under_capacity_minutes"] for p in mine)
        assert row["kept"] == sum(p["kept"] for p in mine)
    rows = {row["policy"]: row for row in totals(done)}
    less = Decimal(rows["reactive"]["cost"]) - Decimal(rows["foresail"]["cost"])
    assert Decimal(saved(done)["cost"]) == less
    late = [s.chosen["foresail"].scores["under_capacity"] for s in done.outcomes]
    assert late == sorted(late, reverse=True)


def test_processes_and_progress_change_nothing():
    frame = demand(("web", "api"))
    quick = job(policies=("reactive", "static"))
    seen = []
    one = backtest(frame, quick, progress=lambda more, _: seen.append(more))
    two = backtest(frame, quick, workers=2)
    assert sum(seen) == steps_of_work(frame, quick) == 8
    pd.testing.assert_frame_equal(scores_frame(one), scores_frame(two))


def test_one_bad_series_among_good_ones_is_refused_with_a_reason():
    frame = demand(("web", "api"))
    frame = frame[(frame["series"] == "web") | (frame["timestamp"] < "2026-03-06")]
    done = backtest(frame, job(policies=("reactive",)))
    assert [one.series for one in done.outcomes] == ["web"]
    [(name, why)] = done.refused
    assert name == "api"
    assert "8d of history" in why


def test_a_wish_in_money_and_one_in_hours():
    cheap = small(wish=Wish(shortage_price=0.2)).first.chosen["reactive"]
    dear = small(wish=Wish(shortage_price=200.0)).first.chosen["reactive"]
    assert float(dear.setting) < float(cheap.setting)
    budget = cheap.scores["unit_hours"] / 5 * 1.5
    told = summary(small(wish=Wish(shortage_price=200.0)), datetime(2026, 3, 20, tzinfo=UTC), "0")
    first = small(policies=("reactive",)).first
    demand_hours = first.demand[first.scored :].sum() / 4
    for row in told["series"][0]["policies"]:
        assert float(row["shortage"]) == pytest.approx(
            200 * row["unserved"] * demand_hours, abs=0.01
        )
    within = small(wish=Wish(budget=budget)).first.chosen["reactive"]
    assert within.choice.unit_hours <= budget
    with pytest.raises(InputError, match="less than any setting"):
        small(wish=Wish(budget=1.0))


def test_too_small_a_group_is_told():
    done = small(policies=("reactive",), maximum=15)
    [note] = [note for note in done.first.notes if "whatever the policy" in note]
    assert "15 units" in note
    assert done.first.chosen["reactive"].verdict.startswith("cannot: its best setting comes to")
    with pytest.raises(InputError, match="in every period"):
        small(policies=("reactive",), maximum=1)


def test_verdicts_name_how_far_off():
    assert verdict(0.01, 0.001, Wish(0.01), 1) == ("kept", True)
    assert verdict(0.02, 0.001, Wish(0.01), 1) == ("missed: 1.00 points over", False)
    said, kept = verdict(0.02, 0.015, Wish(0.01), 1)
    assert said == "cannot: its best setting comes to 1.50%; this one is 1.00 points over"
    assert not kept
    assert verdict(0.5, 0.1, Wish(budget=10), 11) == ("10.0% over the budget", False)
    assert verdict(0.5, 0.1, Wish(budget=10), 10) == ("within the budget", True)


def test_unknown_policies_get_the_nearest():
    with pytest.raises(InputError, match="did you mean reactive"):
        roster(Rules(), ("reactiv",))
    assert [p.name for p in roster(Rules(), ("Human-Schedule",))] == ["human schedule", "oracle"]
    assert {p.name for p in roster(Rules())} > {*QUICK, "aws-predictive", "oracle"}


def test_gaps_are_not_scored_and_said():
    frame = demand()
    hole = frame["timestamp"].between("2026-03-14T06:00Z", "2026-03-14T09:00Z")
    done = backtest(frame[~hole], job(policies=("reactive",)))
    assert np.isnan(done.first.demand).sum() == hole.sum()
    assert any("not measured" in note for note in done.first.notes)


def test_a_short_replay_is_chosen_in_hindsight():
    done = backtest(demand(days=9), job(policies=("reactive",)))
    assert done.first.hindsight
    assert done.first.scored == done.first.start
    assert timedelta(days=done.first.days) == timedelta(days=1)


def test_less_than_a_day_beyond_the_warm_up_is_refused_with_the_cure():
    frame = demand(days=3).iloc[:-1]  # 95 quarters of an hour remain
    with pytest.raises(InputError, match="no past day to choose on") as caught:
        backtest(frame, job(warmup=timedelta(days=2)))
    assert caught.value.cure
