"""Permissions: tried reads, simulated writes, and nothing claimed that was not looked at."""

from __future__ import annotations

import pytest

from discovery.sample import Scripted
from foresail.discovery.checks.permissions import check_reads, check_writes, principal
from foresail.sandbox import Sandbox

USER = "arn:aws:iam::123456789012:user/ann"
WRITES = ("autoscaling:BatchPutScheduledUpdateGroupAction", "dynamodb:UpdateTable")


def levels(findings):
    return [(f.level, f.text) for f in findings]


def test_a_read_that_is_denied_is_a_problem_that_names_the_action():
    aws = Scripted()
    aws.refuse("autoscaling", "describe_auto_scaling_groups", "AccessDenied")
    [found] = check_reads(aws, ["autoscaling:DescribeAutoScalingGroups"], {})
    assert found.level == "problem"
    assert "no permission for autoscaling:DescribeAutoScalingGroups" in found.text
    assert found.cure == (
        "allow the IAM action autoscaling:DescribeAutoScalingGroups for these credentials"
    )


def test_a_request_that_aws_judged_was_allowed():
    aws = Scripted()
    aws.refuse("elbv2", "describe_target_groups", "ValidationError", "name one")
    [found] = check_reads(aws, ["elasticloadbalancing:DescribeTargetGroups"], {})
    assert levels([found]) == [("ok", "reads allowed: elasticloadbalancing:DescribeTargetGroups")]


@pytest.mark.parametrize(
    "wanted", ["application-autoscaling:DescribeScheduledActions", "apigateway:GET"]
)
def test_what_cannot_be_asked_is_not_claimed(wanted):
    aws = Scripted()
    [found] = check_reads(aws, [wanted], {})
    assert levels([found]) == [("not checked", f"reads that cannot be tried alone: {wanted}")]


def test_methods_of_http_are_no_operations_to_try():
    [found] = check_reads(Scripted(), ["apigateway:GET"], {})
    assert found.level != "ok"
    assert "apigateway:GET" in found.text


def test_reads_of_every_target_are_tried_against_an_endpoint():
    wanted = [
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScheduledActions",
        "autoscaling:DescribeScheduledActions",
        "autoscaling:DescribePolicies",
    ]
    with Sandbox() as sandbox:
        [found] = check_reads(sandbox.aws, wanted, {"ServiceNamespace": "ecs"})
    assert found.level == "ok"
    assert all(action in found.text for action in wanted)


def test_writes_are_put_to_the_simulator():
    aws = Scripted()
    rows = [
        {"EvalActionName": WRITES[0], "EvalDecision": "allowed"},
        {"EvalActionName": WRITES[1], "EvalDecision": "implicitDeny"},
    ]
    wanted = {"PolicySourceArn": USER, "ActionNames": list(WRITES)}
    aws.expect("iam", "simulate_principal_policy", {"EvaluationResults": rows}, wanted)
    denied, allowed = check_writes(aws, USER, WRITES)
    assert (denied.level, allowed.level) == ("problem", "ok")
    assert WRITES[1] in denied.cure
    assert WRITES[1] not in allowed.text


def test_without_the_simulator_writes_are_not_checked_and_named():
    aws = Scripted()
    aws.refuse("iam", "simulate_principal_policy")
    [found] = check_writes(aws, USER, WRITES)
    assert found.level == "not checked"
    assert all(action in found.text for action in WRITES)
    assert "iam:SimulatePrincipalPolicy" in found.cure


def test_root_may_write_and_nothing_to_write_is_nothing_to_say():
    aws = Scripted()
    assert levels(check_writes(aws, "arn:aws:iam::123456789012:root", WRITES))[0][0] == "ok"
    assert list(check_writes(aws, USER, ())) == []


@pytest.mark.parametrize(
    ("caller", "known_by"),
    [
        (USER, USER),
        (
            "arn:aws-us-gov:sts::123456789012:assumed-role/planner/ann@example.com",
            "arn:aws-us-gov:iam::123456789012:role/planner",
        ),
    ],
)
def test_a_session_is_known_to_iam_by_its_role(caller, known_by):
    assert principal(caller) == known_by
