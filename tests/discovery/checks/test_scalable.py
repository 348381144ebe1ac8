"""A scalable target that Terraform made is named, and nothing is said where no tag says so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from discovery.checks.sample import one_tier, said
from discovery.sample import Scripted
from foresail.discovery.checks.scalable import check_scalable

ARN = "arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/0a1b"
TARGET = {
    "ServiceNamespace": "lambda", "ResourceId": "function:checkout:live", "MinCapacity": 1,
    "ScalableDimension": "lambda:function:ProvisionedConcurrency", "MaxCapacity": 9,
    "RoleARN": "arn:aws:iam::123456789012:role/x", "ScalableTargetARN": ARN,
    "CreationTime": datetime(2026, 11, 24, tzinfo=UTC),
}  # fmt: skip


@pytest.mark.parametrize(("tags", "found"), [({"ManagedBy": "Terraform"}, 1), ({"team": "x"}, 0)])
def test_the_tool_that_owns_it_is_named(tags, found):
    aws, service = Scripted(), "application-autoscaling"
    aws.expect(service, "describe_scalable_targets", {"ScalableTargets": [TARGET]})
    aws.expect(service, "list_tags_for_resource", {"Tags": tags}, {"ResourceARN": ARN})
    target = {"type": "lambda-provisioned-concurrency", "name": "function:checkout:live"}
    warnings = said(check_scalable(one_tier(target=target), aws, "shop/web"), "warning")
    assert len(warnings) == found
    assert all("Terraform owns the scalable target" in one for one in warnings)
