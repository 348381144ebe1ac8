import json
from datetime import timedelta

import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.rollout.machine import for_plan, role_policy, state_machine
from foresail.sandbox import Fleet, Sandbox, create_group
from rollout.sample import NEEDS, START, plan, shop

ROLE = "arn:aws:iam::123456789012:role/foresail-rollout"


def reachable(definition):
    """States that can be come to; each name must exist."""
    states, seen, todo = definition["States"], set(), [definition["StartAt"]]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        state = states[name]
        todo += [state[k] for k in ("Next", "Default") if k in state]
        todo += [c["Next"] for c in (*state.get("Choices", []), *state.get("Catch", []))]
    return seen


def test_every_state_can_be_reached_and_is_named_as_aws_allows():
    definition = state_machine(shop(), NEEDS)
    assert reachable(definition) == set(definition["States"])
    assert max(map(len, definition["States"])) <= 80


LONG = {f"{'t' * 62}{at}{at}": [f"{'t' * 62}{to}{to}" for to in "abcd"[n + 1 :]]
        for n, at in enumerate("abcd")}  # fmt: skip


def test_names_of_the_longest_tiers_stay_apart_and_short():
    tiers = [plan(tier, {10 * n: 3 + n, 60: 2}) for n, tier in enumerate(reversed(LONG))]
    definition = state_machine(tiers, LONG)
    assert max(map(len, definition["States"])) <= 80
    counted = [s for s in definition["States"].values() if "ResultSelector" in s]
    assert len(counted) == 1 + 2 + 3
    undone = [s for s in definition["States"].values() if "MinSize" in s.get("Parameters", {})]
    assert len(undone) == 8 + (1 + 2 + 3)  # the steps, and what puts dependents back
    assert reachable(definition) == set(definition["States"])


def most_events(definition):
    """Events of an execution in which each rise waits as long as it may."""
    costs = {"Task": 5, "Wait": 2, "Pass": 2, "Choice": 2, "Succeed": 2, "Fail": 1}
    states = definition["States"]
    tries = {c["NumericGreaterThanEquals"] for s in states.values()
             for c in s.get("Choices", []) if c["Variable"] == "$.tries"}  # fmt: skip
    loops = sum(name.endswith("begin") for name in states)
    once = sum(costs[s["Type"]] for s in states.values())
    return once + loops * max(tries) * (5 + 2 + 2 + 2)


def test_however_long_it_waits_the_history_is_kept():
    floors = {minute: 3 + minute // 20 % 2 + (minute > 600) for minute in range(0, 1200, 20)}
    names = ["e", "d", "c", "b", "a"]
    needs = {name: names[: names.index(name)] for name in names}
    definition = state_machine([plan(name, floors) for name in names], needs)
    assert 15_000 < most_events(definition) <= 25_000
    wait = next(s for n, s in definition["States"].items() if n.endswith("again"))
    assert wait["Seconds"] > 30


def test_more_steps_than_a_history_keeps_are_refused():
    floors = {minute: 3 + minute % 2 for minute in range(450)}
    tiers = [plan(name, floors) for name in "abcdefgh"]
    with pytest.raises(InputError, match="25,000 events"):
        state_machine(tiers, {name: [] for name in "abcdefgh"})


def test_units_of_several_weights_are_not_counted_by_instances():
    tiers = [plan("db", {0: 5}), plan("web", {5: 6})]
    states = state_machine(tiers, NEEDS, uncounted={"db"})["States"]
    assert not any("ResultSelector" in state for state in states.values())


def test_nothing_is_counted_where_nothing_is_needed():
    tiers = [plan("db", {60: 5}, least=0), plan("web", {5: 6})]
    assert not any("ResultSelector" in s for s in state_machine(tiers, NEEDS)["States"].values())


def test_times_end_in_z():
    states = state_machine(shop(), NEEDS)["States"].values()
    times = [s["Timestamp"] for s in states if "Timestamp" in s]
    assert times[0] == "2026-11-16T08:00:00Z"
    assert times == sorted(times)


def test_its_role_needs_what_its_tasks_call():
    tiers = [
        plan("db", {0: 3}, type_name="aurora-replicas", name="cluster:db"),
        plan("web", {5: 6}),
    ]
    [statement] = role_policy(state_machine(tiers, NEEDS), tiers)["Statement"]
    assert statement["Action"] == [
        "application-autoscaling:RegisterScalableTarget",
        "autoscaling:UpdateAutoScalingGroup",
        "rds:DescribeDBInstances",
    ]


def test_an_empty_plan_is_refused():
    with pytest.raises(InputError, match="no step to carry out"):
        state_machine([plan("db", {}), plan("web", {})], NEEDS)


def test_a_definition_that_step_functions_would_refuse_is_refused():
    many = {minute: 3 + minute % 2 for minute in range(900)}
    with pytest.raises(InputError, match="Step Functions takes 1,048,576"):
        state_machine([plan("db", many), plan("web", many)], NEEDS)


@pytest.fixture
def sandbox():
    with Sandbox(start=START - timedelta(minutes=5)) as running:
        for name in ("shop-web", "shop-db"):
            create_group(running, name, min_size=2, max_size=50)
            times = pd.date_range(START, periods=12, freq="5min")
            demand = pd.Series(100.0, index=times)
            boot = timedelta(minutes=8)
            running.add_fleet(Fleet(name, f"app/{name}/1", demand, timedelta(minutes=5), 100, boot))
        yield running


def begin(sandbox, definition, given="{}"):
    client = sandbox.client("stepfunctions")
    machine = client.create_state_machine(
        name="foresail-shop", definition=json.dumps(definition), roleArn=ROLE
    )["stateMachineArn"]
    return client.start_execution(stateMachineArn=machine, name="plan-1", input=given)[
        "executionArn"
    ]


def ended(sandbox, execution):
    return sandbox.client("stepfunctions").describe_execution(executionArn=execution)


@pytest.mark.parametrize("plan_id", ["plan-1", "plan-2"])
def test_a_definition_runs_for_its_own_plan_only(sandbox, plan_id):
    definition = for_plan(state_machine(shop(), NEEDS), "plan-1")
    assert reachable(definition) == set(definition["States"])
    execution = begin(sandbox, definition, json.dumps({"plan": plan_id}))
    mine = plan_id == "plan-1"
    assert played(sandbox, 2)[-1] == (2, 3 if mine else 2)
    assert ended(sandbox, execution)["status"] == ("RUNNING" if mine else "FAILED")


def played(sandbox, minutes):
    """Floors of web and database in each minute from START."""
    sandbox.advance(START + timedelta(minutes=minutes))
    logs = [sandbox.log(name) for name in ("shop-web", "shop-db")]
    after = [log.loc[log["timestamp"] >= START, "min_size"].tolist() for log in logs]
    return list(zip(*after, strict=True))


def test_it_raises_and_lowers_each_tier_at_its_time(sandbox):
    execution = begin(sandbox, state_machine(shop(), NEEDS))
    seen = played(sandbox, 75)
    assert [(minute, seen[minute]) for minute in range(75) if seen[minute] != seen[minute - 1]] == [
        (0, (2, 3)), (10, (6, 3)), (60, (2, 3)), (70, (2, 2)),
    ]  # fmt: skip
    assert ended(sandbox, execution)["status"] == "SUCCEEDED"


def test_a_group_without_policies_comes_down_again(sandbox):
    begin(sandbox, state_machine([plan("web", {0: 6, 20: 2}, desired=True)], NEEDS))
    played(sandbox, 25)
    log = sandbox.log("shop-web").set_index("timestamp")["desired"]
    assert log[START + timedelta(minutes=10)] == 6
    assert log.iloc[-1] == 2


def test_a_rise_waits_until_what_it_needs_is_in_service(sandbox):
    tiers = [plan("db", {0: 5}, lead=0), plan("web", {2: 6})]
    execution = begin(sandbox, state_machine(tiers, NEEDS))
    seen = played(sandbox, 15)
    assert seen[7] == (2, 5)  # the database's instances take 8 minutes to boot
    assert seen[9] == (6, 5)
    assert ended(sandbox, execution)["status"] == "SUCCEEDED"


def test_what_is_not_ready_in_time_puts_those_above_back_and_fails(sandbox):
    tiers = [plan("db", {1: 5}, lead=0), plan("web", {0: 4, 2: 6})]
    definition = state_machine(tiers, NEEDS, patience=timedelta(minutes=1))
    execution = begin(sandbox, definition)
    assert played(sandbox, 14)[-1] == (2, 5)
    told = ended(sandbox, execution)
    assert told["status"] == "FAILED"
    assert told["error"] == "Foresail.TierFailed"
    assert (
        told["cause"]
        == "db was refused, or not ready in time; put back: web; others stay as they are: db"
    )


def test_a_tier_that_is_gone_fails_and_is_named(sandbox):
    execution = begin(sandbox, state_machine(shop(), NEEDS))
    client = sandbox.client("autoscaling")
    client.update_auto_scaling_group(AutoScalingGroupName="shop-db", MinSize=0, DesiredCapacity=0)
    client.delete_auto_scaling_group(AutoScalingGroupName="shop-db", ForceDelete=True)
    del sandbox.fleets["shop-db"]
    sandbox.advance(timedelta(minutes=12))
    assert ended(sandbox, execution)["status"] == "FAILED"
    assert "db was refused" in ended(sandbox, execution)["cause"]
