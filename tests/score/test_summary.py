"""Many windows in one row: what adds up is summed, what does not is a mean."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from foresail.score.capacity import ACTUAL, ORACLE, REACTIVE, STATIC
from foresail.score.score import Score
from foresail.score.summary import PEAK, POLICIES, summarise
from foresail.units import parse_rate
from report.month_sample import RATE, score


@pytest.fixture(scope="module")
def scores():
    return [score(number) for number in range(10)]


def test_sums_are_those_of_the_windows(scores):
    made = summarise(scores, RATE)
    assert (made.windows, made.bad, made.plans) == (10, 2, 10)
    assert [row.policy for row in made.policies] == list(POLICIES)
    for name in (ACTUAL, REACTIVE, STATIC, ORACLE):
        usage = [one.capacity.usage[name] for one in scores]
        row = made.policy(name)
        assert row.unit_hours == pytest.approx(sum(one.unit_hours for one in usage))
        assert row.short_minutes == pytest.approx(sum(one.short_minutes for one in usage))
        assert row.dollars == sum(
            s.dollars(u.unit_hours) for s, u in zip(scores, usage, strict=True)
        )
    assert made.mase == pytest.approx(sum(one.mase for one in scores) / 10)
    assert made.utilization == pytest.approx(
        sum(one.capacity.work for one in scores) / made.policy(ACTUAL).unit_hours
    )


def test_a_fleet_at_the_peak_of_all_windows_is_never_short_and_dear(scores):
    made = summarise(scores, RATE)
    peak, least = made.policy(PEAK), made.policy(ORACLE)
    most = max(one.capacity.peak for one in scores)
    assert peak.unit_hours == pytest.approx(most * 60)
    assert peak.short_minutes == least.short_minutes == 0
    assert least.cost_ratio == 1 < made.policy(ACTUAL).cost_ratio < peak.cost_ratio


def test_money_is_told_only_where_every_window_has_a_price(scores):
    without = [*scores[:-1], replace(scores[-1], price=None)]
    made = summarise(without, RATE)
    assert made.policy(ACTUAL).dollars is None
    assert made.idle_dollars is None
    assert made.work_cost is None


def test_the_cost_of_work_is_per_million_of_what_units_serve(scores):
    made = summarise(scores, RATE)
    requests = sum(one.capacity.work for one in scores) * 100 * 3600 / 1e6
    assert made.work_unit == "million requests"
    assert float(made.work_cost) == pytest.approx(
        float(made.policy(ACTUAL).dollars) / requests, abs=1e-4
    )
    assert summarise(scores, parse_rate("100 %")).work_unit == "busy unit-hour"


def test_calibration_pools_periods_and_lead_times_stand_apart(scores):
    made = summarise(scores, RATE)
    seen = [one.signals[0].coverage["q0.9"] for one in scores]
    assert made.calibration["q0.9"] == pytest.approx(sum(seen) / 10)
    assert sum(share for _, _, share in made.pit) == pytest.approx(1)
    assert [row.hours for row in made.by_lead] == [1.0, 6.0]
    assert sum(row.periods for row in made.by_lead) == 720


def test_how_fast_units_followed(scores):
    made = summarise(scores, RATE).velocity
    assert made.rises > 0
    assert made.median == 10.0


def test_scores_and_sums_are_plain_json(scores):
    assert Score.from_json(json.loads(json.dumps(scores[-1].to_json()))) == scores[-1]
    plain = json.loads(json.dumps(summarise(scores, RATE).to_json()))
    assert (
        Decimal(plain["policies"][0]["dollars"]) == summarise(scores, RATE).policy(ACTUAL).dollars
    )
    for broken in ({}, {**scores[0].to_json(), "format": 2}):
        with pytest.raises((KeyError, ValueError)):
            Score.from_json(broken)
