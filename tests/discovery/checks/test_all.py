"""Every check together: what is asked, in which order, and what a closed door hides."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from discovery.checks.sample import config, said
from foresail.discovery.checks.all import examine
from foresail.errors import AwsError, InputError
from foresail.sandbox import Sandbox, create_group
from recorder import Recorder


class Denied:
    """An account that may not see scaling policies or activities."""

    def __init__(self, aws):
        self.aws = aws

    def client(self, service):
        made = self.aws.client(service)
        made.meta.events.register("before-call.auto-scaling", refuse)
        return made


def refuse(model, **_):
    if model.name in ("DescribePolicies", "DescribeScalingActivities"):
        raise AwsError(f"no permission for autoscaling:{model.name} on web", cure="allow it")


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        create_group(running, "web", min_size=2, max_size=40)
        yield running


def test_it_only_reads(sandbox):
    recorder = Recorder(sandbox.aws)
    found = list(examine(config(lead_time="measured"), recorder, datetime.now(UTC)))
    reading = ("Describe", "Get", "List", "Simulate")
    assert all(name.split(":")[1].startswith(reading) for name in recorder.calls)
    assert "iam:SimulatePrincipalPolicy" in recorder.calls
    assert any("reads allowed: autoscaling:DescribeAutoScalingGroups" in f.text for f in found)
    assert [f.about for f in found][:2] == ["store", "account"]


def test_each_read_that_lacks_is_named_once_the_target_cannot_be_read(sandbox):
    found = list(examine(config(), Denied(sandbox.aws), datetime.now(UTC)))
    problems = said(found, "problem")
    assert any("no permission for autoscaling:DescribePolicies on web" in one for one in problems)
    [tried] = [one for one in said(found, "ok") if "reads allowed" in one]
    assert "autoscaling:DescribeScheduledActions" in tried
    assert "autoscaling:DescribePolicies" not in tried


@pytest.mark.parametrize(("lead", "level"), [("10m", "not checked"), ("measured", "problem")])
def test_activities_are_needed_only_where_the_lead_is_measured(sandbox, lead, level):
    made = config(lead_time=lead)
    found = list(examine(made, Denied(sandbox.aws), datetime.now(UTC)))
    assert any("DescribeScalingActivities" in one for one in said(found, level))


def test_a_service_that_is_not_there_is_refused_before_anything_is_asked():
    with pytest.raises(InputError, match="no service 'other'"):
        list(examine(config(), None, datetime.now(UTC), "other"))


ROLE = "arn:aws:iam::111122223333:role/foresail"


@pytest.mark.parametrize(
    ("asked", "given", "level", "text"),
    [
        ("shop-7f3", "shop-7f3", "ok", "asks for its external id"),
        (None, "shop-7f3", "warning", "is given without its external id, too"),
        (None, None, "warning", "is taken on without an external id"),
    ],
)
def test_a_role_is_tried_without_its_external_id(sandbox, asked, given, level, text):
    sandbox.roles.add(ROLE, asked)
    account = {"role_arn": ROLE} | ({"external_id": given} if given else {})
    made = config(where={"region": "eu-west-1", "account": account})
    found = list(examine(made, sandbox.aws, datetime.now(UTC)))
    [told] = [one for one in found if text in one.text]
    assert (told.level, told.about) == (level, "account 111122223333:eu-west-1")
    assert any("'web' does not exist in eu-west-1" in one.text for one in found)


def test_a_place_that_nobody_gets_into_does_not_hide_the_others(sandbox):
    role = "arn:aws:iam::444455556666:role/foresail"
    made = config(where={"account": {"role_arn": role, "external_id": "x-1"}})
    home = config().services[0].model_copy(update={"name": "home"})
    both = made.model_copy(update={"services": (*made.services, home)})
    found = list(examine(both, sandbox.aws, datetime.now(UTC)))
    [denied] = [one for one in found if "cannot be taken on" in one.text]
    assert (denied.level, denied.about) == ("problem", "account 444455556666:us-east-1")
    assert any(one.about == "home/web" for one in found)
    assert not any(one.about == "shop/web" for one in found)
