"""What is tried again, and what need not be pulled twice; no server is needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from prefect.states import Failed

from flows.limits import limits_of, period_key, waiting_helps
from flows.work import Session
from foresail.aws import Aws, aws_errors
from foresail.config import load_config
from foresail.errors import AwsError
from prefect_flows.sample import service

NOW = datetime(2026, 11, 20, 15, 3, tzinfo=UTC)


def refused(code):
    with pytest.raises(AwsError) as caught, aws_errors("cloudwatch:GetMetricData", "x"):
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "GetMetricData")
    return Failed(data=caught.value)


@pytest.mark.parametrize("code", ["Throttling", "ThrottlingException", "RequestLimitExceeded"])
def test_what_aws_throttled_is_tried_again(code):
    assert waiting_helps(None, None, refused(code))


@pytest.mark.parametrize(
    "state", [refused("AccessDenied"), refused("500"), Failed(data=ValueError("x")), Failed()]
)
def test_nothing_else_is(state):
    assert not waiting_helps(None, None, state)


def key(path, *, now=NOW, endpoint="http://127.0.0.1:1"):
    aws = Aws("us-east-1", endpoint_url=endpoint, sandbox=True)
    return period_key(Session(load_config(path), aws, now), "shop")


def test_a_period_of_metrics_has_one_key(written):
    path = written(service("web", "shop"))
    assert key(path) == key(path, now=NOW + timedelta(seconds=100))
    assert key(path) != key(path, now=NOW + timedelta(minutes=2))
    assert key(path) != key(path, endpoint="http://127.0.0.1:2")
    before = key(path)
    assert key(written(service("base", "shop"))) != before


def test_a_limit_for_each_place_whatever_the_number_of_services(written):
    there = {"account": {"role_arn": "arn:aws:iam::111122223333:role/r"}, "region": "eu-west-1"}
    config = load_config(written(service("web"), service("base"), service("web", "b", **there)))
    assert limits_of(config, config.services[:2]) == ["aws-us-east-1"]
    assert limits_of(config, config.services[2:]) == ["aws-111122223333-eu-west-1"]
    assert limits_of(config, []) == []
