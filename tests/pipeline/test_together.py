"""Many services planned together: as each would be alone, in few calls; one that fails, alone."""

from collections import Counter
from datetime import timedelta

import pandas as pd
import pytest

from faults.fleet import NOW, configure, create, service, tier
from foresail.errors import InputError
from foresail.pipeline import plan_all
from foresail.sandbox import Sandbox, create_group


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        for name in ("blog", "cart", "docs", "shop-web", "shop-base"):
            create(running, name)
        create(running, "young", days=1)
        create_group(running, "mute", min_size=2, max_size=40)
        yield running


def services():
    """Services that can be planned, and between them some that cannot."""
    both = [tier("shop-web", needs=["base"]), tier("shop-base", "base")]
    return [
        service("blog", timezone="Asia/Tokyo"),
        service("young"),
        service("cart", calendar=["US"]),
        service("gone"),
        service("docs"),
        {"name": "shop", "tiers": both},
        service("mute"),
    ]


class Counted:
    """An account that counts its calls."""

    def __init__(self, aws):
        self.aws, self.calls = aws, Counter()

    def client(self, name):
        made = self.aws.client(name)
        made.meta.events.register(
            "before-call", lambda model, **_: self.calls.update([model.name]), unique_id="count"
        )
        return made


@pytest.fixture(scope="module")
def together(sandbox, tmp_path_factory):
    config = configure(tmp_path_factory.mktemp("together"), services())
    counted = Counted(sandbox.aws)
    return config, *plan_all(config, counted, NOW), counted.calls


def test_each_plan_is_what_it_would_be_alone(sandbox, together, tmp_path):
    _, plan, planned, _ = together
    alone = [
        plan_all(configure(tmp_path, services()), sandbox.aws, NOW, service=name)
        for name in ("blog", "cart", "docs", "shop")
    ]
    expected = [tier for one, _ in alone for tier in one.tiers]
    assert [t.service for t in plan.tiers] == ["blog", "cart", "docs", "shop", "shop"]
    for got, want in zip(plan.tiers, expected, strict=True):
        assert (got.live, got.wanted, got.reasons) == (want.live, want.wanted, want.reasons)
        assert got.refused == want.refused
        for key, value in want.about.items():
            same = pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
            assert got.about[key] == same
    for got, want in zip(planned, [one for _, each in alone for one in each], strict=True):
        pd.testing.assert_frame_equal(got.demand, want.demand)
        pd.testing.assert_frame_equal(got.steps, want.steps)
        pd.testing.assert_frame_equal(got.forecast.frame, want.forecast.frame, rtol=1e-9)


def test_those_that_fail_say_what_they_would_say_alone(sandbox, together, tmp_path):
    _, plan, _, _ = together
    assert [one.service for one in plan.failed] == ["young", "gone", "mute"]
    for one in plan.failed:
        with pytest.raises(InputError) as alone:
            plan_all(configure(tmp_path, services()), sandbox.aws, NOW, service=one.service)
        assert (one.message, one.cure) == (alone.value.message, alone.value.cure or "")
    assert "less than 2d" in plan.failed[0].message
    assert "'gone' does not exist" in plan.failed[1].message
    assert "no data for AWS/ApplicationELB RequestCount" in plan.failed[2].message


def test_calls_do_not_grow_with_services(together):
    _, _, _, calls = together
    assert calls["GetMetricData"] <= 8  # a window a day for all metrics
    assert calls["DescribeAutoScalingGroups"] == 1
    assert calls["DescribePolicies"] == 1
    assert calls["DescribeScheduledActions"] == 1


def test_a_tier_that_fails_fails_its_service_and_no_other(sandbox, tmp_path):
    both = {"name": "shop", "tiers": [tier("shop-web"), tier("mute", "base")]}
    plan, planned = plan_all(configure(tmp_path, [both, service("blog")]), sandbox.aws, NOW)
    assert [one.tier.name for one in planned] == ["blog/web"]
    [failed] = plan.failed
    assert failed.service == "shop"
    assert "app/mute/1" in failed.message


def test_when_none_can_be_planned_it_is_an_error(sandbox, tmp_path):
    config = configure(tmp_path, [service("gone"), service("mute")])
    with pytest.raises(InputError, match=r"all 2 services failed: gone: .*; mute: no data"):
        plan_all(config, sandbox.aws, NOW)


def test_more_services_than_are_worked_on_at_once(sandbox, together, tmp_path, monkeypatch):
    from foresail.pipeline import run

    monkeypatch.setattr(run, "AT_ONCE", 2)
    plan, _ = plan_all(configure(tmp_path, services()), sandbox.aws, NOW)
    assert [t.wanted for t in plan.tiers] == [t.wanted for t in together[1].tiers]
    assert plan.failed == together[1].failed


def test_a_region_that_is_down_fails_only_its_services(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    away = {**service("far"), "region": "eu-west-1"}
    plan, _ = plan_all(configure(tmp_path, [service("blog"), away]), sandbox.aws, NOW)
    assert [t.service for t in plan.tiers] == ["blog"]
    assert "'far' does not exist in eu-west-1" in plan.failed[0].message


def test_a_later_run_asks_only_for_what_is_new(sandbox, together):
    config, *_ = together
    counted = Counted(sandbox.aws)
    plan_all(config, counted, NOW + timedelta(minutes=5))
    assert counted.calls["GetMetricData"] <= 8 + 2  # silent metrics are asked for anew
