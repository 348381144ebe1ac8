"""Every target type: what botocore's model and the registry say of it, and one round trip each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import botocore.session
import pytest
from botocore.stub import Stubber

from foresail.aws import Aws
from foresail.errors import ConfigError
from foresail.targets.application_auto_scaling import ScalableTarget
from foresail.targets.base import ScheduledAction
from foresail.targets.registry import target_class, target_classes

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NAMES = {
    "aurora-replicas": ("cluster:orders", "cluster/orders"),
    "dynamodb-table-read": ("table/shop.orders", "shop.orders"),
    "dynamodb-table-write": ("table/shop.orders", "table/shop/index/by-day"),
    "ecs-service": ("service/shop/web", "service/web"),
    "elasticache-node-groups": ("replication-group/cart", "cart"),
    "elasticache-replicas": ("replication-group/cart", "replication-group/cart-"),
    "lambda-provisioned-concurrency": ("function:checkout:live", "function:checkout:$LATEST"),
    "sagemaker-variant": ("endpoint/rank/variant/blue", "endpoint/rank"),
}
SCALABLE = {n: c for n, c in target_classes().items() if issubclass(c, ScalableTarget)}
every = pytest.mark.parametrize("type_name", SCALABLE)


def test_each_type_has_a_name_to_try():
    assert set(SCALABLE) == set(NAMES)
    assert set(target_classes()) == {*NAMES, "ec2-auto-scaling-group"}


def test_an_unknown_type_names_the_nearest():
    with pytest.raises(ConfigError, match="unknown target type 'ecs-servise'") as caught:
        target_class("ecs-servise")
    assert caught.value.cure == "did you mean ecs-service?"


@pytest.mark.parametrize("type_name", target_classes())
def test_iam_actions_are_operations_of_the_service(type_name):
    cls = target_class(type_name)
    for action in (*cls.iam_read, *cls.iam_write):
        service, operation = action.split(":")
        model = botocore.session.get_session().get_service_model(service)
        assert operation in model.operation_names


@every
def test_namespace_and_dimension_are_aws_own(type_name):
    model = botocore.session.get_session().get_service_model("application-autoscaling")
    cls = SCALABLE[type_name]
    assert cls.namespace in model.shape_for("ServiceNamespace").enum
    assert cls.dimension in model.shape_for("ScalableDimension").enum


@every
def test_a_name_is_a_resource_id_of_the_type(type_name):
    good, bad = NAMES[type_name]
    cls = SCALABLE[type_name]
    cls.check_name(good)
    with pytest.raises(ConfigError, match=f"no resource id of {type_name}") as caught:
        cls.check_name(bad)
    assert cls.example in caught.value.cure


@every
def test_an_action_is_written_and_read_back(type_name):
    """By Stubber, since moto does not know ElastiCache's dimensions."""
    cls, name = SCALABLE[type_name], NAMES[type_name][0]
    target = cls(Aws(region="us-east-1", sandbox=True))
    where = {
        "ServiceNamespace": cls.namespace,
        "ResourceId": name,
        "ScalableDimension": cls.dimension,
    }
    request = {
        "ScheduledActionName": "one",
        "Schedule": "at(2026-11-24T13:00:00)",
        "Timezone": "UTC",
        "ScalableTargetAction": {"MinCapacity": 4},
    }
    bounds = {**where, "MinCapacity": 1, "MaxCapacity": 9, "RoleARN": "r", "CreationTime": NOW}
    row = {**where, **request, "ScheduledActionARN": "a", "CreationTime": NOW}
    action = ScheduledAction("one", start=NOW + timedelta(hours=1), min_size=4)
    with Stubber(target.client) as stub:
        stub.add_response("put_scheduled_action", {}, {**where, **request})
        stub.add_response(
            "describe_scalable_targets",
            {"ScalableTargets": [bounds]},
            {
                "ServiceNamespace": cls.namespace,
                "ResourceIds": [name],
                "ScalableDimension": cls.dimension,
            },
        )
        stub.add_response("describe_scaling_policies", {"ScalingPolicies": []}, where)
        stub.add_response("describe_scheduled_actions", {"ScheduledActions": [row]}, where)
        stub.add_response("delete_scheduled_action", {}, {**where, "ScheduledActionName": "one"})
        assert target.put(name, [action]) == {}
        live = target.read(name)
        assert (live.actions, live.desired_capacity, live.set_desired) == ((action,), None, False)
        assert target.delete(name, ["one"]) == {}
        stub.assert_no_pending_responses()
