"""Every target type: what botocore's model and the registry say of it, and one round trip each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import botocore.session
import pytest
from botocore.stub import Stubber

from foresail.aws import Aws
from foresail.errors import AwsError, ConfigError
from foresail.targets.application_auto_scaling import ScalableTarget
from foresail.targets.base import ScheduledAction
from foresail.targets.limits import check_capacity
from foresail.targets.registry import target_class, target_classes
from foresail.targets.unplannable import REASONS
from recorder import iam_name, service_of
from targets.names import NAMES

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SCALABLE = {n: c for n, c in target_classes().items() if issubclass(c, ScalableTarget)}
every = pytest.mark.parametrize("type_name", SCALABLE)


def test_each_type_has_a_name_to_try():
    assert set(SCALABLE) == set(NAMES)


def test_an_unknown_type_names_the_nearest():
    with pytest.raises(ConfigError, match="unknown target type 'ecs-servise'") as caught:
        target_class("ecs-servise")
    assert caught.value.cure == "did you mean ecs-service?"


@pytest.mark.parametrize("type_name", REASONS)
def test_what_aws_cannot_schedule_is_refused_with_its_reason(type_name):
    with pytest.raises(ConfigError, match=REASONS[type_name][0][:40]) as caught:
        target_class(type_name)
    assert caught.value.cure == REASONS[type_name][1]


def test_each_dimension_of_aws_has_a_type_or_a_reason():
    model = botocore.session.get_session().get_service_model("application-autoscaling")
    planned = {cls.dimension for cls in SCALABLE.values()}
    assert set(model.shape_for("ScalableDimension").enum) - planned == {
        "kafka:broker-storage:VolumeSize"
    }


@pytest.mark.parametrize("type_name", target_classes())
def test_iam_actions_are_operations_of_the_service(type_name):
    cls = target_class(type_name)
    actions = {*cls.iam_read, *cls.iam_write, *getattr(cls, "iam_call", ())} - {"iam:PassRole"}
    services = {service_of(action) for action in actions}
    models = [botocore.session.get_session().get_service_model(name) for name in services]
    known = {iam_name(m.operation_model(name)) for m in models for name in m.operation_names}
    assert actions <= known


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


@pytest.mark.parametrize(
    ("type_name", "low", "high", "said"),
    [
        ("aurora-replicas", 0, 16, "max: 16 replicas is more than aurora-replicas can have"),
        ("elasticache-node-groups", 0, 9, "min: 0 shards is less than"),
        ("elasticache-node-groups", 1, 251, "max: 251 shards is more"),
        ("elasticache-replicas", 1, 6, "max: 6 replicas per shard is more"),
        ("dynamodb-table-read", 0, 9, "min: 0 read capacity units is less"),
    ],
)
def test_bounds_that_aws_does_not_allow_are_refused(type_name, low, high, said):
    with pytest.raises(ConfigError, match=said):
        check_capacity(SCALABLE[type_name], low, high)
    check_capacity(SCALABLE[type_name], 1, 5)


@every
def test_a_target_that_is_not_registered_tells_how(type_name):
    cls, name = SCALABLE[type_name], NAMES[type_name][0]
    target = cls(Aws(region="us-east-1", sandbox=True))
    with Stubber(target.client) as stub:
        stub.add_response("describe_scalable_targets", {"ScalableTargets": []})
        with pytest.raises(AwsError, match=f"if it exists, its {cls.unit} are fixed") as caught:
            target.read(name)
    assert f"--scalable-dimension {cls.dimension} --resource-id {name}" in caught.value.cure


@every
def test_own_metrics_name_the_resource(type_name):
    cls, name = SCALABLE[type_name], NAMES[type_name][0]
    for query in cls.metrics(name):
        assert query.series in {"units", "busy", "throttled"}
        assert any(value in name for _, value in query.dimensions)


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
