"""What a reviewer is told of policies and warm pools; what is refused beside those of others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from foresail.changes.changeset import diff
from foresail.changes.names import prefix
from foresail.changes.settings import POLICY_QUOTA, check_settings
from foresail.changes.warnings import reacts
from foresail.errors import InputError
from foresail.policies.items import ScalingPolicy, WarmPool
from foresail.targets.base import LiveTarget

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINE = prefix("web")
CPU = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}}


def tracking(name, **more):
    body = {"TargetValue": 60, "DisableScaleIn": False, **CPU, **more}
    return ScalingPolicy(name, "TargetTrackingScaling", {"TargetTrackingConfiguration": body})


def predictive(name, mode="ForecastAndScale", breach="HonorMaxCapacity"):
    body = {"Mode": mode, "MaxCapacityBreachBehavior": breach, "MetricSpecifications": []}
    return ScalingPolicy(name, "PredictiveScaling", {"PredictiveScalingConfiguration": body})


def step(name, change):
    steps = [{"ScalingAdjustment": change}]
    return ScalingPolicy(name, "StepScaling", {"StepAdjustments": steps})


def pool(name, most=-1):
    return WarmPool(name, {"MaxGroupPreparedCapacity": most})


OURS = tracking(f"{MINE}tracking")
LIVE = LiveTarget("ec2-auto-scaling-group", "web", 2, 60, 2)
REACTING = replace(LIVE, dynamic_policies=("theirs",), settings=(step("theirs", -1),))


def warned(live, *wanted):
    return list(diff(live, wanted, now=NOW).warnings)


@pytest.mark.parametrize(
    ("live", "wanted", "says"),
    [
        (
            replace(LIVE, settings=(tracking("theirs"),)),
            OURS,
            "theirs (not foresail's) tracks the same metric as",
        ),
        (
            replace(REACTING, settings=(predictive("theirs"),)),
            predictive(f"{MINE}predictive"),
            "let one of them only forecast",
        ),
        (
            REACTING,
            predictive(f"{MINE}predictive", breach="IncreaseMaxCapacity"),
            "AWS never lowers it again",
        ),
        (REACTING, pool(f"{MINE}warm-pool"), "follows its maximum"),
        (LIVE, tracking(f"{MINE}tracking", DisableScaleIn=True), "only scale out"),
        (LIVE, step(f"{MINE}step-out", 2), "only scale out"),
        (replace(LIVE, suspended=frozenset({"AlarmNotification"})), OURS, "AlarmNotification"),
        (LIVE, predictive(f"{MINE}predictive"), "has no dynamic scaling policy"),
    ],
)
def test_a_reviewer_is_told(live, wanted, says):
    assert [w for w in warned(live, wanted) if says in w]


@pytest.mark.parametrize(
    ("live", "wanted"),
    [
        (LIVE, OURS),
        (LIVE, step(f"{MINE}step-in", -1)),
        (REACTING, tracking(f"{MINE}tracking", DisableScaleIn=True)),
        (REACTING, pool(f"{MINE}warm-pool", most=20)),
        (replace(LIVE, settings=(predictive("theirs"),)), OURS),
        (
            replace(REACTING, settings=(predictive("theirs", mode="ForecastOnly"),)),
            predictive(f"{MINE}predictive"),
        ),
    ],
)
def test_a_plain_policy_is_no_cause_for_a_warning(live, wanted):
    assert warned(live, wanted) == []


def test_foresails_own_policy_reacts_only_while_it_is_wanted():
    live = replace(LIVE, dynamic_policies=(OURS.name,), settings=(OURS,))
    assert reacts(live, (OURS,))
    assert not reacts(live, ())
    assert not reacts(live, (predictive(f"{MINE}predictive"),))
    assert reacts(REACTING, ())


def test_a_pool_of_others_and_a_full_quota_are_refused():
    theirs = replace(LIVE, settings=(WarmPool("warm-pool", {}),))
    with pytest.raises(InputError, match="foresail did not make"):
        check_settings(theirs, (pool(f"{MINE}warm-pool"),))
    check_settings(theirs, (OURS,))
    full = tuple(step(f"theirs-{n}", 1) for n in range(POLICY_QUOTA))
    with pytest.raises(InputError, match="51 scaling policies"):
        check_settings(replace(LIVE, settings=full), (OURS,))
    check_settings(replace(LIVE, settings=(*full[1:], OURS)), (OURS, pool(f"{MINE}warm-pool")))


def test_policies_of_others_are_no_changes():
    live = replace(LIVE, settings=(tracking("theirs"), OURS, WarmPool("warm-pool", {})))
    assert [(c.operation, c.name) for c in diff(live, (), now=NOW).changes] == [
        ("delete", OURS.name)
    ]
