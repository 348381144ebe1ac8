"""Calls as universal targets of EventBridge Scheduler, and back."""

from __future__ import annotations

import json

import botocore.session
import pytest

from foresail.errors import InputError
from foresail.targets.registry import target_classes
from foresail.targets.scheduler import ScheduledCall
from foresail.targets.universal import SERVICES, boto3_call, sdk_name, universal_call

CALLED = [cls for cls in target_classes().values() if issubclass(cls, ScheduledCall)]


def test_names_are_those_of_the_sdk():
    """Scheduler wants DbInstanceIdentifier where the API has DBInstanceIdentifier."""
    params = {"DBInstanceIdentifier": "db", "AllocatedStorage": 40, "ApplyImmediately": True}
    arn, text = universal_call("aws", "rds", "ModifyDBInstance", params)
    assert arn == "arn:aws:scheduler:::aws-sdk:rds:modifyDBInstance"
    assert json.loads(text) == {
        "AllocatedStorage": 40, "ApplyImmediately": True, "DbInstanceIdentifier": "db",
    }  # fmt: skip


def test_members_within_members_are_renamed_too():
    patch = [{"op": "replace", "path": "/throttle/rateLimit", "value": "9"}]
    params = {"usagePlanId": "a1", "patchOperations": patch}
    arn, text = universal_call("aws-cn", "apigateway", "UpdateUsagePlan", params)
    assert arn.startswith("arn:aws-cn:scheduler:::aws-sdk:apigateway:updateUsagePlan")
    assert json.loads(text)["PatchOperations"] == [
        {"Op": "replace", "Path": "/throttle/rateLimit", "Value": "9"}
    ]
    assert boto3_call(arn, text) == ("apigateway", "UpdateUsagePlan", params)


@pytest.mark.parametrize("cls", CALLED)
def test_services_are_the_sdks(cls):
    """The SDK's name of a service is AWS's service id, run together in small letters."""
    model = botocore.session.get_session().get_service_model(cls.service)
    assert SERVICES.get(cls.service, cls.service) == model.service_id.replace(" ", "").lower()
    assert cls.operation in model.operation_names


@pytest.mark.parametrize("cls", CALLED)
def test_no_two_members_share_a_name(cls):
    model = botocore.session.get_session().get_service_model(cls.service)
    members = list(model.operation_model(cls.operation).input_shape.members)
    assert len({sdk_name(member) for member in members}) == len(members)


@pytest.mark.parametrize(
    ("arn", "text"),
    [
        ("arn:aws:lambda:us-east-1:123456789012:function:plan", "{}"),
        ("arn:aws:scheduler:::aws-sdk:nowhere:updateThing", "{}"),
        ("arn:aws:scheduler:::aws-sdk:kinesis:updateNothing", "{}"),
        ("arn:aws:scheduler:::aws-sdk:kinesis:updateShardCount", "not json"),
        ("arn:aws:scheduler:::aws-sdk:kinesis:updateShardCount", "[1]"),
        ("arn:aws:scheduler:::aws-sdk:kinesis:updateShardCount", '{"Shards": 2}'),
    ],
)
def test_what_is_no_such_call_is_told(arn, text):
    with pytest.raises(InputError):
        boto3_call(arn, text)
