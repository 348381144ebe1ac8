"""Data that is late, partial or gone, and clocks that are off: none of it scales a fleet in."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from faults.fleet import FLOOR, MOST, NOW, configure, minutes, service, tier, wave
from faults.invariant import Invariant, converges, run
from foresail import skew
from foresail.changes.floor import Floor
from foresail.errors import AwsError, InputError
from foresail.history import answers
from foresail.pipeline import plan_all
from foresail.sandbox import Sandbox, create_group

WHERE = {"LoadBalancer": "app/shop/1"}
HOUR, TEN = timedelta(hours=1), timedelta(minutes=10)


def fill(sandbox, at, name="shop"):
    where = {"LoadBalancer": f"app/{name}/1"}
    sandbox.cloudwatch.fill("AWS/ApplicationELB", "RequestCount", where, at, wave(name, at))


@pytest.fixture
def sandbox():
    with Sandbox(start=NOW) as running:
        create_group(running, "shop", min_size=2, max_size=MOST, desired=8, target_tracking=60)
        yield running


def shop(tmp_path, **more):
    return configure(tmp_path, [service("shop")], **more)


def floor_of(plan):
    [one] = plan.tiers
    return Floor.of(one.live.min_size, one.wanted)


def ahead(hours=12):
    return [NOW + timedelta(minutes=m) for m in range(15, 60 * hours, 5)]


def silent_for(sandbox, tmp_path, silence, **more):
    """Plan with all data, then with data that ends so long ago; give both floors."""
    end = NOW - silence
    fill(sandbox, minutes(NOW - timedelta(days=7), end))
    late, _ = plan_all(shop(tmp_path / "late", **more), sandbox.aws, NOW)
    fill(sandbox, minutes(end, NOW))
    full, _ = plan_all(shop(tmp_path / "full", **more), sandbox.aws, NOW)
    return floor_of(late), floor_of(full), late


@pytest.mark.parametrize("silence", [20, 60, 300, 660])
def test_silence_at_the_end_is_not_read_as_no_demand(sandbox, tmp_path, silence):
    late, full, plan = silent_for(sandbox, tmp_path, timedelta(minutes=silence))
    share = [late.at(at) / full.at(at) for at in ahead()]
    assert np.mean(share) > 0.95
    assert min(share) > 0.6
    [note] = plan.tiers[0].about["notes"]
    assert "longer than ever before: that is not read as no demand" in note


def test_silence_that_is_usual_is_no_demand(sandbox, tmp_path):
    """A service of office hours: at night nothing is sent, and nothing is needed."""
    day = 24 * 60
    at = [m for m in minutes(NOW - timedelta(days=7), NOW) if 10 * 60 <= (m % day) < 20 * 60]
    fill(sandbox, at)
    night = NOW.replace(hour=23)
    plan, _ = plan_all(shop(tmp_path), sandbox.aws, night)
    assert floor_of(plan).at(night + timedelta(hours=5)) == FLOOR
    assert floor_of(plan).at(night + timedelta(hours=14)) > 2 * FLOOR


@pytest.mark.parametrize("missing", ["zero", "gap"])
def test_a_metric_that_was_renamed_changes_no_schedule(sandbox, tmp_path, missing):
    """It fell silent days ago: the plan that stands is not replaced by one of an idle service."""
    sandbox.clock.now = NOW - timedelta(days=1)
    demand = {**tier("shop")["demand"], "missing": missing}
    service_ = {"name": "shop", "tiers": [tier("shop", demand=demand)]}
    config = configure(tmp_path, [service_], horizon="48h")
    fill(sandbox, minutes(NOW - timedelta(days=8), NOW - timedelta(days=1)))
    watch = Invariant(sandbox.aws)
    watch.applied(run(config, sandbox.aws, sandbox.clock.now))
    later = sandbox.clock.now = NOW + HOUR
    with pytest.raises(InputError, match="shop/web/RequestCount: nothing is known of it since"):
        run(config, sandbox.aws, later)
    watch.check(config, later)
    fill(sandbox, minutes(NOW - timedelta(days=1), later))  # under its new name, say
    converges(config, sandbox.aws, later)


@pytest.mark.parametrize(("off", "says"), [(TEN, "10m ahead of"), (-TEN, "10m behind")])
def test_a_clock_that_is_off_writes_nothing(sandbox, tmp_path, monkeypatch, off, says):
    """Actions that are due by this clock, and not by AWS's, would be taken for done."""
    fill(sandbox, minutes(NOW - timedelta(days=7), NOW))
    config = shop(tmp_path)
    watch = Invariant(sandbox.aws)
    watch.applied(run(config, sandbox.aws, NOW))
    sandbox.advance(2 * HOUR)
    now = sandbox.clock.now
    fill(sandbox, minutes(NOW, now))

    class Off(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + off

    with monkeypatch.context() as here:
        here.setattr(skew, "datetime", Off)
        with pytest.raises(AwsError, match=f"this machine's clock is {says} AWS's"):
            run(config, sandbox.aws, now + off)
    watch.check(config, now)
    watch.applied(converges(config, sandbox.aws, now))
    watch.check(config, now)


@pytest.mark.parametrize("code", ["PartialData", "InternalError"])
def test_partial_answers_are_asked_for_again(sandbox, tmp_path, monkeypatch, code):
    fill(sandbox, minutes(NOW - timedelta(days=7), NOW))
    whole, _ = plan_all(shop(tmp_path / "whole"), sandbox.aws, NOW)
    monkeypatch.setattr(answers.time, "sleep", lambda _: None)
    aws, seen = sandbox.aws, []

    def spoil(parsed, **_):
        seen.append(len(parsed["MetricDataResults"]))
        if len(seen) % 2:
            for result in parsed["MetricDataResults"]:
                half = len(result["Values"]) // 2
                result |= {"StatusCode": code, "Values": result["Values"][:half],
                           "Timestamps": result["Timestamps"][:half]}  # fmt: skip

    aws.client("cloudwatch").meta.events.register("after-call.cloudwatch.GetMetricData", spoil)
    plan, _ = plan_all(shop(tmp_path, concurrency=1), aws, NOW)
    assert plan.tiers[0].wanted == whole.tiers[0].wanted
    assert len(seen) == 14


@pytest.mark.parametrize("spoilt", ["PartialData", "token"])
def test_answers_that_never_end_change_nothing(sandbox, tmp_path, monkeypatch, spoilt):
    fill(sandbox, minutes(NOW - timedelta(days=7), NOW))
    config = shop(tmp_path, concurrency=1)
    watch = Invariant(sandbox.aws)
    watch.applied(run(config, sandbox.aws, NOW))
    monkeypatch.setattr(answers.time, "sleep", lambda _: None)
    aws = sandbox.aws

    def spoil(parsed, **_):
        if spoilt == "token":
            parsed["NextToken"] = "again"
        for result in parsed["MetricDataResults"]:
            result["StatusCode"] = "PartialData"

    def again(params, **_):
        params.pop("NextToken", None)  # the endpoint answers the first page once more

    events = aws.client("cloudwatch").meta.events
    events.register("after-call.cloudwatch.GetMetricData", spoil)
    events.register("provide-client-params", again)
    expected = "same next token" if spoilt == "token" else "answered PartialData"
    later = NOW + HOUR
    with pytest.raises(InputError, match=expected):
        run(config, aws, later)
    watch.check(config, later)
    sandbox.clock.now = later
    fill(sandbox, minutes(NOW, later))
    converges(config, sandbox.aws, later)
