"""The main job on the sandbox: pull, plan, apply, and the same again a little later."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from foresail.changes.names import owned
from foresail.config import parse_config
from foresail.errors import AwsError, ConfigError, InputError
from foresail.operations import apply_all, rollback_all, rollback_plan, status_of
from foresail.pipeline import plan_all, pull_demand, tiers
from foresail.plan.capacity import needed_capacity
from foresail.sandbox import Fleet, Sandbox, create_group, seed_history
from foresail.store.opening import folder_store
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup
from recorder import assert_policies_are_what_is_called

NOW = datetime(2026, 11, 20, 15, 2, tzinfo=UTC)
BALANCER = "app/web/50dc6c495c0c9188"
GROUP = [{"Name": "AutoScalingGroupName", "Value": "web"}]


def config(tmp_path, **tier):
    plain = {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": {
            "namespace": "AWS/ApplicationELB",
            "metric": "RequestCount",
            "dimensions": {"LoadBalancer": BALANCER},
            "missing": "zero",
        },
        "unit_capacity": "100 requests/s",
        "min": 2,
        "max": 40,
        "guardrails": {"increase": "2000%"},
    }
    services = [{"name": "shop", "tiers": [{**plain, **tier}]}]
    data = {"store": str(tmp_path / "store"), "history": "7d", "horizon": "24h"}
    return parse_config({**data, "services": services}, source="test")


@pytest.fixture
def sandbox():
    times = pd.date_range("2026-11-13", periods=9 * 288, freq="5min", tz="UTC")
    wave = 600 - 500 * np.cos(np.arange(len(times)) * 2 * np.pi / 288)
    with Sandbox(start=NOW) as running:
        create_group(running, "web", min_size=2, max_size=40, desired=8, target_tracking=70)
        fleet = Fleet("web", BALANCER, pd.Series(wave, index=times), timedelta(minutes=5), 100.0)
        running.add_fleet(fleet)
        seed_history(running, fleet)
        yield running


def test_demand_is_what_was_played_per_second(sandbox, tmp_path):
    [tier] = tiers(config(tmp_path))
    demand = pull_demand(tier, sandbox.aws, NOW).set_index("timestamp")["value"]
    played = sandbox.fleets["web"].fleet.demand
    assert demand.index[-1] == pd.Timestamp("2026-11-20T14:55Z")  # 15:00 is still open
    assert np.allclose(demand, played[demand.index])


def test_utilisation_times_units_is_demand_too(sandbox, tmp_path):
    metric = {
        "namespace": "AWS/EC2",
        "metric": "CPUUtilization",
        "dimensions": {"AutoScalingGroupName": "web"},
        "stat": "Average",
        "scale_by": "capacity",
    }
    [tier] = tiers(config(tmp_path, demand=metric, unit_capacity="100 %"))
    demand = pull_demand(tier, sandbox.aws, NOW).set_index("timestamp")["value"]
    played = sandbox.fleets["web"].fleet.demand[demand.index]
    calm = played < 600  # far from saturation, where CPU would hide demand
    assert np.allclose(demand[calm], played[calm])


def test_apply_again_minutes_later_changes_nothing_and_the_floor_holds(sandbox, tmp_path):
    made = config(tmp_path)
    plan, [planned] = plan_all(made, sandbox.aws, NOW)
    apply_all(made, plan, sandbox.aws, lambda: sandbox.clock.now)
    for later in (timedelta(seconds=40), timedelta(minutes=1, seconds=50)):
        again, _ = plan_all(made, sandbox.aws, NOW + later)
        assert not again.has_changes
    sandbox.advance(timedelta(hours=20))
    log = sandbox.log("web").set_index("timestamp")
    needed = planned.needed.set_index("start")["needed"]
    first = sandbox.executed["timestamp"].iloc[0]
    floor = log["min_size"].loc[first:]
    wanted = needed.reindex(floor.index, method="ffill").fillna(0)
    assert (floor >= wanted).all()
    assert (log["utilization"].loc[first + pd.Timedelta("15min") :] <= 0.8).all()


def test_status_and_rollback(sandbox, tmp_path):
    made = config(tmp_path)
    clock = lambda: sandbox.clock.now  # noqa: E731
    with pytest.raises(InputError, match="nothing to roll back"):
        rollback_plan(made, sandbox.aws, NOW)
    plan, _ = plan_all(made, sandbox.aws, NOW)
    apply_all(made, plan, sandbox.aws, clock)
    [row] = status_of(made, sandbox.aws, NOW)
    assert (row.drift.pending, len(owned(row.live))) == ((), len(plan.tiers[0].wanted))
    sandbox.client("autoscaling").delete_scheduled_action(
        AutoScalingGroupName="web", ScheduledActionName=owned(row.live)[3].name
    )
    [row] = status_of(made, sandbox.aws, NOW)
    assert any("missing" in line for line in row.lines())
    rollback_all(made, sandbox.aws, rollback_plan(made, sandbox.aws, NOW), clock)
    assert AutoScalingGroup(sandbox.aws).read("web").actions == ()


def test_others_actions_keep_their_minute_and_share_the_quota(sandbox, tmp_path):
    client = sandbox.client("autoscaling")
    client.put_scheduled_update_group_action(
        AutoScalingGroupName="web", ScheduledActionName="nightly",
        Recurrence="0 * * * *", TimeZone="Europe/Berlin", MinSize=1,
    )  # fmt: skip
    plan, _ = plan_all(config(tmp_path), sandbox.aws, NOW)
    assert all(action.start.minute != 0 for action in plan.tiers[0].wanted)
    assert any("nightly" in w for w in plan.tiers[0].changes(NOW).warnings)


def test_a_group_without_a_dynamic_policy_gets_desired_too(sandbox, tmp_path):
    create_group(sandbox, "bare", min_size=2, max_size=40, desired=8)
    target = {"type": "ec2-auto-scaling-group", "name": "bare"}
    plan, _ = plan_all(config(tmp_path, target=target), sandbox.aws, NOW)
    assert all(a.desired_capacity == a.min_size for a in plan.tiers[0].wanted)
    assert all(a.max_size is None for a in plan.tiers[0].wanted)


def test_a_peak_over_the_maximum_is_warned_about_with_the_key(sandbox, tmp_path):
    made = config(tmp_path, max=9)  # the wave's peak takes 16
    plan, [planned] = plan_all(made, sandbox.aws, NOW)
    assert planned.needed["needed"].max() == 9
    [warning] = plan.tiers[0].changes(NOW).warnings
    assert re.search(
        r"needs up to 1\d instances, but web may have 9.*raise max in foresail", warning
    )
    plan, _ = plan_all(config(tmp_path), sandbox.aws, NOW)
    assert plan.tiers[0].changes(NOW).warnings == ()


def test_a_minimum_over_the_groups_maximum_is_refused(sandbox, tmp_path):
    with pytest.raises(InputError, match=r"web may have 40 units .*min of shop/web is 41"):
        plan_all(config(tmp_path, min=41, max=50), sandbox.aws, NOW)


def test_default_guardrails_refuse_the_first_leap(sandbox, tmp_path):
    plan, _ = plan_all(config(tmp_path, guardrails={}), sandbox.aws, NOW)
    assert "guardrails.increase" in plan.tiers[0].refused[0]


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (
            {"target": {"type": "ec2-auto-scaling-group", "name": "nope"}},
            AwsError,
            "'nope' does not",
        ),
        (
            {"target": {"type": "ec2-auto-scaling-grp", "name": "web"}},
            ConfigError,
            "unknown target",
        ),
        ({"unit_capacity": "100 requests"}, ConfigError, "has no time"),
        (
            {"demand": {"namespace": "AWS/ApplicationELB", "metric": "Nope"}},
            InputError,
            "no data for AWS/ApplicationELB Nope",
        ),
    ],
)
def test_bad_input_names_the_thing(sandbox, tmp_path, change, error, says):
    with pytest.raises(error, match=says) as caught:
        plan_all(config(tmp_path, **change), sandbox.aws, NOW)
    assert caught.value.exit_code == 2


def test_less_than_two_days_is_refused(sandbox, tmp_path):
    made = config(tmp_path).model_copy(update={"history": timedelta(hours=30)})
    with pytest.raises(InputError, match="less than 2d"):
        plan_all(made, sandbox.aws, NOW)


def test_one_tier_refused_means_that_no_tier_is_written(sandbox, tmp_path):
    create_group(sandbox, "api", min_size=2, max_size=40, target_tracking=70)
    made = config(tmp_path)
    [service] = made.services
    [web] = service.tiers
    api = web.model_copy(
        update={"name": "api", "target": web.target.model_copy(update={"name": "api"})}
    )
    both = service.model_copy(update={"tiers": (web, api)})
    made = made.model_copy(update={"services": (both,)})
    plan, _ = plan_all(made, sandbox.aws, NOW)
    sandbox.client("autoscaling").put_scheduled_update_group_action(
        AutoScalingGroupName="api", ScheduledActionName="theirs",
        StartTime=NOW + timedelta(hours=1), MinSize=3,
    )  # fmt: skip
    with pytest.raises(InputError, match="the plan for api is stale"):
        apply_all(made, plan, sandbox.aws, lambda: NOW)
    target = AutoScalingGroup(sandbox.aws)
    assert target.read("web").actions == ()
    assert [a.name for a in target.read("api").actions] == ["theirs"]
    journal = folder_store(tmp_path / "store").journal
    assert journal.runs("us-east-1", "ec2-auto-scaling-group", "web") == []


def test_weights_are_counted_and_the_plan_is_in_their_units(sandbox, tmp_path):
    when, metric = NOW - timedelta(hours=2), {"MetricName": "GroupInServiceCapacity", "Value": 24.0}
    sandbox.client("cloudwatch").put_metric_data(
        Namespace="AWS/AutoScaling",
        MetricData=[
            {**metric, "Timestamp": when + timedelta(minutes=5 * n), "Dimensions": GROUP}
            for n in range(10)
        ],
    )
    utilisation = {
        "namespace": "AWS/EC2",
        "metric": "CPUUtilization",
        "dimensions": {"AutoScalingGroupName": "web"},
        "stat": "Average",
        "scale_by": "capacity",
    }
    [tier] = tiers(config(tmp_path, demand=utilisation, unit_capacity="100 %", weights=[4, 8]))
    demand = pull_demand(tier, sandbox.aws, NOW).dropna().set_index("timestamp")["value"]
    [plain] = tiers(config(tmp_path, demand=utilisation, unit_capacity="100 %"))
    units = pull_demand(plain, sandbox.aws, NOW).set_index("timestamp")["value"]
    assert len(demand) <= 11  # only where capacity units are known
    assert (demand != units[demand.index]).any()
    plan, [planned] = plan_all(config(tmp_path, weights=[4, 8]), sandbox.aws, NOW)
    assert set(planned.needed["needed"] % 4) == {0}
    assert any("up to 7 more" in w for w in plan.tiers[0].changes(NOW).warnings)


def test_a_largest_step_spreads_a_rise_over_actions(sandbox, tmp_path):
    plan, [planned] = plan_all(config(tmp_path, max_step=3), sandbox.aws, NOW)
    sizes = [a.min_size for a in plan.tiers[0].wanted]
    assert max(b - a for a, b in pairwise(sizes)) <= 3
    needed = planned.needed.set_index("start")["needed"]
    floor = planned.steps.set_index("start")["capacity"]
    have = floor.reindex(floor.index.union(needed.index), method="ffill")[needed.index]
    late = NOW + timedelta(hours=1)  # before that it may have to catch up
    assert (have[late:] >= needed[late:]).all()


def test_demand_was_hidden_at_the_maximum_that_the_group_had(sandbox, tmp_path):
    """Not at the one of foresail.yaml, which may be newer or was never reached."""
    create_group(sandbox, "small", min_size=2, max_size=6, target_tracking=70)
    played = sandbox.fleets["web"].fleet.demand
    fleet = Fleet("small", "app/small/1", played, timedelta(minutes=5), 100.0)
    sandbox.add_fleet(fleet)
    seed_history(sandbox, fleet)
    metric = {
        "namespace": "AWS/ApplicationELB",
        "metric": "RequestCount",
        "dimensions": {"LoadBalancer": "app/small/1"},
    }
    target = {"type": "ec2-auto-scaling-group", "name": "small"}
    [tier] = tiers(config(tmp_path, demand=metric, target=target, max=40))
    demand = pull_demand(tier, sandbox.aws, NOW)
    assert demand["censored"][demand["value"] > 600].all()
    assert demand["censored"].any()
    assert not demand["censored"][demand["value"] < 500].any()


def test_what_was_turned_away_hides_demand(sandbox, tmp_path):
    when = NOW - timedelta(hours=30)
    sandbox.client("cloudwatch").put_metric_data(
        Namespace="AWS/ApplicationELB",
        MetricData=[{"MetricName": "RejectedConnectionCount", "Timestamp": when, "Value": 7.0}],
    )
    metric = {"namespace": "AWS/ApplicationELB", "metric": "RejectedConnectionCount"}
    [tier] = tiers(config(tmp_path, throttled=metric))
    demand = pull_demand(tier, sandbox.aws, NOW)
    hidden = demand.loc[demand["censored"], "timestamp"]
    assert list(hidden) == [pd.Timestamp(when).floor("5min")]


def test_needed_capacity_is_the_planned_need(sandbox, tmp_path):
    _, [planned] = plan_all(config(tmp_path), sandbox.aws, NOW)
    frame = planned.forecast.frame
    needed = needed_capacity(frame, 100.0, minimum=2, maximum=40, quantile=0.9)
    assert list(needed["needed"]) == list(planned.needed["needed"])


def test_a_promised_risk_chooses_the_quantile_and_says_so(sandbox, tmp_path):
    made = config(tmp_path, risk="1%", lead_time="5m")
    plan, [planned] = plan_all(made, sandbox.aws, NOW)
    [tier] = plan.tiers
    assert f"q{tier.about['quantile']:g}" in planned.forecast.frame.columns
    assert "within 1.00%" in tier.about["quantile_reason"]
    tight, _ = plan_all(config(tmp_path, risk="0.01%", lead_time="5m"), sandbox.aws, NOW)
    assert tight.tiers[0].about["quantile"] >= tier.about["quantile"]


def test_an_event_of_the_calendar_raises_the_floor_of_its_hours(sandbox, tmp_path):
    events = tmp_path / "events.csv"
    events.write_text("name,start,end,uplift\nlaunch,2026-11-21T06:00Z,2026-11-21T09:00Z,2\n")
    plain = config(tmp_path)
    service = plain.services[0].model_copy(update={"calendar": (str(events),)})
    with_launch = plain.model_copy(update={"services": (service,)})
    _, [usual] = plan_all(plain, sandbox.aws, NOW)
    _, [launch] = plan_all(with_launch, sandbox.aws, NOW)
    inside = usual.needed["start"].between("2026-11-21T06:30Z", "2026-11-21T08:00Z")
    ratio = launch.needed.loc[inside, "needed"] / usual.needed.loc[inside, "needed"]
    assert ratio.min() > 1.6
    before = usual.needed["start"] < "2026-11-21T05:00Z"
    assert (launch.needed.loc[before, "needed"] == usual.needed.loc[before, "needed"]).all()


def test_iam_policies_are_what_is_called(sandbox, tmp_path):
    assert_policies_are_what_is_called(config(tmp_path), sandbox.aws, NOW)
