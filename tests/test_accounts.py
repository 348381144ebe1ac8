"""Two services of one name and demand, in two accounts and regions, from one configuration."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from foresail.changes.names import owned
from foresail.config import parse_config
from foresail.errors import InputError
from foresail.operations import apply_all, rollback_all, rollback_plan, status_of
from foresail.pipeline import open_tier, plan_all, tiers
from foresail.places import aws_of
from foresail.sandbox import Sandbox

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
ROLE, ID = "arn:aws:iam::111122223333:role/foresail", "shop-7f3"
TIER = {
    "name": "web", "min": 2, "max": 40, "unit_capacity": "10 requests/s",
    "target": {"type": "ec2-auto-scaling-group", "name": "web"},
    "demand": {"namespace": "Shop", "metric": "Calls", "period": "1h"},
    "guardrails": {"increase": 10, "decrease": 1},
}  # fmt: skip
PLACES = {
    "home": {},
    "west": {"region": "us-west-2"},
    "shop": {"region": "eu-west-1", "account": {"role_arn": ROLE, "external_id": ID}},
}
PEAK = {"home": 60, "west": 90, "shop": 120}  # requests a second at noon


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        running.roles.add(ROLE, ID)
        for name, where in PLACES.items():
            seed(aws_of(running.aws, services(name)[0]), where.get("region", "us-east-1"), name)
        yield running


def services(*names):
    listed = [{"name": name, "tiers": [TIER], **PLACES[name]} for name in names]
    return parse_config({"region": "us-east-1", "services": listed}, source="test").services


def seed(aws, region, name):
    """A group named web, and ten days of a metric, the same names in each place."""
    aws.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="web", MinSize=2, MaxSize=40, AvailabilityZones=[f"{region}a"],
        LaunchConfigurationName=launching(aws),
    )  # fmt: skip
    hours = [NOW - timedelta(hours=h) for h in range(240, 0, -1)]
    level = PEAK[name] * 3600
    data = [
        {
            "MetricName": "Calls",
            "Timestamp": hour,
            "Value": level * (0.3 + 0.7 * np.sin(np.pi * hour.hour / 24) ** 2),
        }
        for hour in hours
    ]
    aws.client("cloudwatch").put_metric_data(Namespace="Shop", MetricData=data)


def launching(aws):
    aws.client("autoscaling").create_launch_configuration(
        LaunchConfigurationName="web", ImageId="ami-12c6146b", InstanceType="m5.large"
    )
    return "web"


@pytest.fixture
def config(tmp_path):
    return parse_config(
        {
            "region": "us-east-1",
            "store": str(tmp_path),
            "services": [{"name": n, "tiers": [TIER], **where} for n, where in PLACES.items()],
        },
        source="test",
    )


def floors(config, aws):
    """Highest floor that foresail's actions have on each service's group."""
    found = {}
    for tier in tiers(config):
        actions = owned(open_tier(tier, aws).read("web"))
        found[tier.service.name] = max((a.min_size or 0 for a in actions), default=0)
    return found


def test_planned_applied_read_back_and_rolled_back(sandbox, config, tmp_path):
    aws = sandbox.aws
    plan, _ = plan_all(config, aws, NOW)
    assert [(one.service, one.region, one.account) for one in plan.tiers] == [
        ("home", "us-east-1", ""), ("west", "us-west-2", ""), ("shop", "eu-west-1", "111122223333"),
    ]  # fmt: skip
    path = tmp_path / "plan.json"
    plan.write(path)
    assert ID not in path.read_text()
    rows = apply_all(config, plan, aws, lambda: NOW)
    assert all(row["verified"] and row["created"] for row in rows)
    found = floors(config, aws)
    assert 0 < found["home"] < found["west"] < found["shop"]  # each by its own account's demand
    assert all(not one.drift.pending for one in status_of(config, aws, NOW))
    assert plan_all(config, aws, NOW)[0].has_changes is False

    steps = rollback_plan(config, aws, NOW, "shop")
    assert [step.tier.service.name for step in steps] == ["shop"]
    rollback_all(config, aws, steps, lambda: NOW)
    assert floors(config, aws) == {**found, "shop": 0}
    rollback_all(config, aws, rollback_plan(config, aws, NOW), lambda: NOW)
    assert set(floors(config, aws).values()) == {0}


def test_a_plan_is_not_applied_in_another_place(sandbox, config):
    plan, _ = plan_all(config, sandbox.aws, NOW, service="west")
    moved = config.services[1].model_copy(update={"region": "eu-west-1"})
    there = config.model_copy(update={"services": (moved,)})
    with pytest.raises(InputError, match="planned for us-west-2, and foresail"):
        apply_all(there, plan, sandbox.aws, lambda: NOW)


def test_an_account_that_is_closed_does_not_stop_the_others(sandbox, config):
    role = ROLE.replace("1111", "4444")
    account = config.services[2].account.model_copy(update={"role_arn": role})
    shut = config.services[2].model_copy(update={"account": account})
    made = config.model_copy(update={"services": (*config.services[:2], shut)})
    plan, _ = plan_all(made, sandbox.aws, NOW)
    assert [one.service for one in plan.tiers] == ["home", "west"]
    [failed] = plan.failed
    assert failed.service == "shop" and "cannot be taken on" in failed.message
    assert ID not in failed.message
