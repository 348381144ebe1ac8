"""Target groups as CloudWatch names them."""

from __future__ import annotations

from datetime import timedelta

from discovery.sample import Scripted
from foresail.discovery.target_groups import TargetGroup, target_groups

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:"


def test_dimensions_and_the_least_time_until_healthy():
    aws = Scripted()
    row = {
        "TargetGroupArn": f"{ARN}targetgroup/web/73e2d6bc24d8a067",
        "LoadBalancerArns": [f"{ARN}loadbalancer/{n}" for n in ("app/shop/50dc6c", "net/tcp/1")],
        "HealthCheckIntervalSeconds": 15, "HealthyThresholdCount": 3,
    }  # fmt: skip
    aws.expect("elbv2", "describe_target_groups", {"TargetGroups": [row]})
    [found] = target_groups(aws, [row["TargetGroupArn"]])
    assert found == TargetGroup(
        "targetgroup/web/73e2d6bc24d8a067",
        ("app/shop/50dc6c", "net/tcp/1"),
        timedelta(seconds=45),
    )
    assert found.application_balancers == ("app/shop/50dc6c",)


def test_twenty_are_asked_for_at_once_and_none_asks_nobody():
    aws = Scripted()
    arns = [f"{ARN}targetgroup/web/{n}" for n in range(21)]
    for batch in (arns[:20], arns[20:]):
        aws.expect(
            "elbv2", "describe_target_groups", {"TargetGroups": []}, {"TargetGroupArns": batch}
        )
    assert target_groups(aws, arns) == []
    assert target_groups(aws, []) == []
    aws.assert_all_asked()
