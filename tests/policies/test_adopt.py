"""The lines that adopt a strategy are ones that foresail.yaml takes."""

from __future__ import annotations

import pytest

from foresail.config import parse_config
from foresail.policies.adopt import LABEL, followed, lines
from foresail.policies.choose import Outcome, Score

SCORE = Score(1.0, 1.0, 0.0, 0.0)
OUTCOMES = {
    "tracking": (None, 0.55),
    "predictive": (None, 0.65),
    "scheduled": (0.95, None),
    "hybrid": (0.98, 0.8),
}


def adopted(strategy, metric="CPUUtilization", at_full=100.0):
    quantile, target = OUTCOMES[strategy]
    outcome = Outcome(strategy, "", quantile, target, SCORE, SCORE, True)
    return lines(outcome, followed(metric, at_full))


@pytest.mark.parametrize("strategy", OUTCOMES)
@pytest.mark.parametrize("metric", ["CPUUtilization", "RequestCount"])
def test_adopted_lines_are_read_back(strategy, metric):
    real = "app/shop/50dc6c495c0c9188/targetgroup/web/943f017f100becff"
    found = adopted(strategy, metric)
    for policy in found.get("policies", {}).values():
        if policy.get("resource_label") == LABEL:  # what the reader fills in
            policy["resource_label"] = real
    tier = {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount"},
        "unit_capacity": "100 requests/s",
        "max": 60,
        **found,
    }
    read = parse_config({"services": [{"name": "s", "tiers": [tier]}]}, source="test")
    policies = read.services[0].tiers[0].policies
    quantile, target = OUTCOMES[strategy]
    assert read.services[0].tiers[0].quantile == (quantile or 0.9)
    assert (policies is None) == (target is None)
    assert (policies is not None and policies.predictive is not None) == (strategy == "predictive")


def test_targets_are_in_the_unit_of_what_aws_follows():
    assert adopted("tracking")["policies"]["target_tracking"]["target"] == 55
    per_minute = adopted("tracking", "RequestCount", 120.0)["policies"]["target_tracking"]
    assert (per_minute["target"], per_minute["resource_label"]) == (0.55 * 120 * 60, LABEL)


def test_what_aws_has_not_ready_is_left_to_be_named():
    policy = adopted("tracking", "QueueDepth")["policies"]["target_tracking"]
    assert policy == {"metric": "NAME A METRIC", "target": "ITS VALUE AT 55% LOAD"}
