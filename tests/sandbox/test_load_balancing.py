"""LCU capacity reservations: raised at any time, lowered twice a day, reset."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from foresail.sandbox import Sandbox

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)
SOON = timedelta(minutes=15)


@pytest.fixture
def sandbox():
    with Sandbox(start=NOW) as running:
        yield running


@pytest.fixture
def balancer(sandbox):
    ec2 = sandbox.client("ec2")
    subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"][:2]]
    made = sandbox.client("elbv2").create_load_balancer(Name="web", Subnets=subnets)
    return made["LoadBalancers"][0]["LoadBalancerArn"]


def reserve(sandbox, balancer, units=None, **fields):
    wanted = {} if units is None else {"MinimumLoadBalancerCapacity": {"CapacityUnits": units}}
    return sandbox.world.client("elbv2").modify_capacity_reservation(
        LoadBalancerArn=balancer, **wanted, **fields
    )


def described(sandbox, balancer):
    return sandbox.client("elbv2").describe_capacity_reservation(LoadBalancerArn=balancer)


def refused(code, *args, **fields):
    with pytest.raises(ClientError) as caught:
        reserve(*args, **fields)
    assert caught.value.response["Error"]["Code"] == code


def test_a_reservation_is_pending_then_provisioned_then_reset(sandbox, balancer):
    assert "MinimumLoadBalancerCapacity" not in described(sandbox, balancer)
    answer = reserve(sandbox, balancer, 500)
    assert answer["MinimumLoadBalancerCapacity"] == {"CapacityUnits": 500}
    assert answer["CapacityReservationState"][0]["State"]["Code"] == "pending"
    refused("PriorRequestNotComplete", sandbox, balancer, 600)
    sandbox.advance(SOON)
    found = described(sandbox, balancer)
    assert found["CapacityReservationState"][0]["State"]["Code"] == "provisioned"
    assert found["CapacityReservationState"][0]["EffectiveCapacityUnits"] == 500
    reserve(sandbox, balancer, ResetCapacityReservation=True)
    assert "MinimumLoadBalancerCapacity" not in described(sandbox, balancer)


def test_two_decreases_a_day(sandbox, balancer):
    for units, left in ((900, 2), (800, 1), (700, 0)):
        answer = reserve(sandbox, balancer, units)
        assert answer["DecreaseRequestsRemaining"] == left
        sandbox.advance(SOON)
    refused("CapacityDecreaseRequestLimitExceeded", sandbox, balancer, 600)
    reserve(sandbox, balancer, 1000)
    sandbox.advance(timedelta(hours=13))
    assert reserve(sandbox, balancer, 600)["DecreaseRequestsRemaining"] == 1


def test_what_is_no_request(sandbox, balancer):
    refused("InvalidConfigurationRequest", sandbox, balancer, 500, ResetCapacityReservation=True)
    refused("InvalidConfigurationRequest", sandbox, balancer)
    refused("InvalidConfigurationRequest", sandbox, balancer, 5)
    other = balancer.replace("web", "none")
    refused("LoadBalancerNotFound", sandbox, other, 500)
