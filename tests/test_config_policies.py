"""``policies:`` of a tier: what is accepted, and what each mistake is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foresail.config import parse_config
from foresail.errors import ConfigError

EC2 = {"type": "ec2-auto-scaling-group", "name": "web"}
ECS = {"type": "ecs-service", "name": "service/shop/web"}
TABLE = {"type": "dynamodb-table-read", "name": "table/orders"}
LABEL = "app/shop/50dc6c495c0c9188/targetgroup/web/943f017f100becff"
QUERY = {"id": "m1", "namespace": "Shop", "metric": "Orders"}
SUM = {"id": "e1", "expression": "m1 / 2"}


def policies(target=EC2, **given):
    tier = {
        "name": "web",
        "target": target,
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount"},
        "unit_capacity": "100 requests/s",
        "max": 60,
        "policies": given,
    }
    data = {"services": [{"name": "shop", "tiers": [tier]}]}
    return parse_config(data, source="foresail.yaml").services[0].tiers[0].policies


def tracking(**given):
    return {"target_tracking": {"metric": "cpu", "target": 60, **given}}


def predictive(**given):
    return {"predictive": {"metric": "cpu", "target": 60, **given}}


def step(out, **given):
    return {"step": {"metric": "cpu", "scale_out": {"threshold": 70, **out}, **given}}


def steps(*bounds):
    return {"steps": [{"lower": a, "upper": b, "change": 1} for a, b in bounds]}


def test_the_seeds_thresholds_are_read():
    read = policies(**step({"change": 2}, scale_in={"threshold": 30, "change": -1})).step
    assert (read.scale_out.threshold, read.scale_in.threshold) == (70, 30)
    assert read.scale_out.steps[0].change == 2


def test_durations_may_be_measured_and_a_word_is_a_metric_of_aws():
    read = policies(**tracking(warmup="measured"), **predictive(buffer="7m"))
    assert read.target_tracking.warmup == "measured"
    assert read.predictive.buffer == timedelta(minutes=7)
    assert (read.target_tracking.metric.named, read.predictive.metric.load.named) == ("cpu", "cpu")


def test_one_metric_may_stand_without_an_id():
    alone = {"namespace": "Shop", "metric": "Orders"}
    read = policies(target_tracking={"metric": alone, "target": 5, "period": "10s"})
    assert read.target_tracking.metric.queries[0].metric == "Orders"


@pytest.mark.parametrize(
    ("target", "given", "says", "cure"),
    [
        (EC2, {}, "policies: names none", "target_tracking"),
        (EC2, tracking(target=0), "target: 0 is no target", "target: 60"),
        (EC2, tracking(target=170), "170 is not between 0 and 100", "60"),
        (EC2, tracking(target="60"), "'60' is no target", "write a number"),
        (EC2, tracking(metric="memory"), "has no metric 'memory' ready", "cpu"),
        (EC2, tracking(metric=[QUERY, QUERY]), "one id", "an id of its own"),
        (EC2, tracking(metric=[QUERY, {**QUERY, "id": "m2"}]), "no expression", "end the list"),
        (EC2, tracking(metric=[{**QUERY, "expression": "m1"}]), "neither", "expression alone"),
        (EC2, tracking(metric=[{"id": "m1"}]), "neither", "namespace and metric"),
        (EC2, tracking(metric=[{**QUERY, "id": "M1"}]), r"queries\[0\].id", "small letter"),
        (EC2, tracking(metric=[]), "exactly one metric", "cpu"),
        (EC2, tracking(metric="requests_per_target"), "resource_label names none", "targetgroup"),
        (EC2, tracking(resource_label=LABEL), "goes with requests", "leave it out"),
        (
            EC2,
            tracking(metric="requests_per_target", resource_label="app/shop/x"),
            "is none",
            "targetgroup",
        ),
        (EC2, tracking(period="10s"), "period of its own", "cpu_high_resolution"),
        (EC2, tracking(metric=[QUERY], period="5m"), "none that AWS tracks", "10s, 30s or 60s"),
        (EC2, tracking(scale_in_cooldown="60s"), "scale_in_cooldown", "warmup"),
        (ECS, tracking(warmup="60s"), "warmup", "scale_out_cooldown"),
        (EC2, tracking(warmup="90 parsecs"), "not a duration", None),
        (TABLE, tracking(metric="utilization", target=95), "not between 20 and 90", "70"),
        (TABLE, tracking(), "has no metric 'cpu'", "utilization"),
        (EC2, step(steps((0, 10), (12, None))), "gap or overlap between 10", "lower"),
        (EC2, step(steps((0, 10), (8, None))), "gap or overlap", "lower"),
        (EC2, step(steps((0, None), (10, None))), "gap or overlap", "lower"),
        (EC2, step(steps((5, None))), "do not reach", "lower: 0"),
        (EC2, step(steps((0, 10))), "do not reach", "no upper"),
        (EC2, step(steps(*((n, n + 1) for n in range(20)), (20, None))), "20 items", "1 to 20"),
        (
            EC2,
            step({"change": 1}, scale_in={"threshold": 70, "change": -1}),
            "scales in at 70 and out at 70",
            "below",
        ),
        (EC2, step({"change": 1}, least_change=2), "percent only", "percent"),
        (EC2, step({"change": 1}, period="45s"), "none that an alarm can have", "whole minutes"),
        (EC2, step({"change": 1.5}), "change", "whole number"),
        (EC2, step({"change": 1}, cooldown="60s"), "cooldown", "warmup"),
        (TABLE, step({"change": 1}), "has no metric 'cpu'", "metrics of your own"),
        (EC2, predictive(buffer="60m"), "an hour or more", "less than 60m"),
        (EC2, predictive(metric="requests"), "resource_label names none", "targetgroup"),
        (EC2, predictive(max_capacity="raise"), "max_capacity", "increase: 10%"),
        (EC2, predictive(max_capacity={"increase": "150%"}), "max_capacity", "increase"),
        (EC2, predictive(mode="on"), "mode", "forecast_only"),
        (EC2, predictive(metric={"load": "cpu"}), "scaling: required", "add scaling"),
        (EC2, predictive(metric=[QUERY]), "a load and a scaling metric", "load: "),
        (
            EC2,
            predictive(metric={"load": "cpu", "scaling": "cpu", "capacity": [QUERY]}),
            "of your own",
            "lists of queries",
        ),
        (TABLE, predictive(), "no predictive scaling for dynamodb", "ecs-service"),
        (EC2, {"warm_pool": {"min": 5, "max": 2}}, "is below min", "raise max"),
        (EC2, {"warm_pool": {"state": "asleep"}}, "state", "hibernated"),
        (ECS, {"warm_pool": {"min": 1}}, "ecs-service has none", "ec2-auto-scaling-group"),
        (EC2, {"warm_pol": {}}, "warm_pol: unknown key", "warm_pool"),
        (EC2, tracking(tarmup="60s"), "unknown key", "warmup"),
    ],
)
def test_each_mistake_is_named_with_its_cure(target, given, says, cure):
    with pytest.raises(ConfigError, match=says) as caught:
        policies(target, **given)
    assert "tiers[0].policies" in caught.value.message or "tiers[0]:" in caught.value.message
    assert cure is None or cure in str(caught.value)
