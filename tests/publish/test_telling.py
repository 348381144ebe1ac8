"""What goes wrong while telling: a warning with the cause, and the run goes on."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.stub import Stubber

from foresail.publish.telling import after_apply, after_status
from publish.sample import NOW, config, plan, planned, row


class Account:
    """An account whose EventBridge and Systems Manager are stubs."""

    def __init__(self):
        self.clients = {
            name: boto3.client(name, region_name="us-east-1") for name in ("events", "ssm")
        }
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()

    def client(self, service):
        return self.clients[service]

    def settled(self):
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def account():
    return Account()


@pytest.fixture
def warnings():
    return []


def test_nothing_is_told_that_is_not_configured(account, tmp_path, warnings):
    after_apply(config(tmp_path), account, plan(planned()), [row()], NOW, warnings.append)
    after_status(config(tmp_path), account, [], NOW, warnings.append)
    assert warnings == []


def test_both_failures_are_warned_about_and_neither_stops_the_other(account, tmp_path, warnings):
    made = config(tmp_path, events={}, parameters={"prefix": "/foresail/shop"})
    account.stubs["events"].add_client_error("put_events", "AccessDeniedException")
    account.stubs["ssm"].add_client_error("get_parameter", "ParameterNotFound")
    account.stubs["ssm"].add_client_error("put_parameter", "AccessDeniedException")
    after_apply(made, account, plan(planned()), [row()], NOW, warnings.append)
    first, second = warnings
    assert "no permission for events:PutEvents" in first
    assert "the plan was applied, but its summary was not written" in second
    assert "no permission for ssm:PutParameter" in second
    account.settled()


def test_a_summary_that_somebody_else_overwrote_is_told(account, tmp_path, warnings):
    made = config(tmp_path, parameters={"prefix": "/foresail/shop"})
    ssm = account.stubs["ssm"]
    parameter = {"Name": "/foresail/shop/plan", "Type": "String", "Version": 3, "Value": "{}"}
    ssm.add_response("get_parameter", {"Parameter": parameter})
    ssm.add_response("put_parameter", {"Version": 4})
    other = {**parameter, "Version": 5, "Value": json.dumps({"plan": "another"})}
    ssm.add_response("get_parameter", {"Parameter": other})
    after_apply(made, account, plan(planned()), [row()], NOW, warnings.append)
    assert "reads back otherwise" in warnings[0]
    account.settled()
