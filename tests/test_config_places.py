"""Where services are: region, account and Scheduler's role of a service; every mistake told."""

import copy

import pytest

from foresail.config import parse_config
from foresail.errors import ConfigError

TIER = {
    "name": "web", "max": 40, "unit_capacity": "9 requests/s",
    "target": {"type": "ec2-auto-scaling-group", "name": "web"},
    "demand": {"namespace": "Shop", "metric": "Calls"},
}  # fmt: skip
ROLE, ID = "arn:aws:iam::111122223333:role/foresail", "shop-7f3"
ACCOUNT = {"role_arn": ROLE, "external_id": ID}
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:failed"


def config(*places, **top):
    services = [
        {"name": f"s{number}", "tiers": [copy.deepcopy(TIER)], **where}
        for number, where in enumerate(places)
    ]
    return parse_config({"region": "us-east-1", "services": services, **top}, source="f.yaml")


def test_places_are_named_and_what_is_not_said_is_the_configurations():
    made = config({}, {"region": "eu-west-1"}, {"account": ACCOUNT})
    assert [made.place_of(one) for one in made.services] == [
        "us-east-1", "eu-west-1", "111122223333:us-east-1",
    ]  # fmt: skip
    assert made.regions() == {"s0": "us-east-1", "s1": "eu-west-1", "s2": "us-east-1"}
    assert [one.name for one in made.of_account().services] == ["s0", "s1"]
    assert [one.name for one in made.of_account("111122223333").services] == ["s2"]


@pytest.mark.parametrize(
    ("where", "says", "cure"),
    [
        ({"region": "Ireland"}, r"services\[0\].region.*'Ireland'", "us-east-1"),
        ({"regoin": "eu-west-1"}, r"services\[0\].regoin: unknown key", "region"),
        ({"account": "111122223333"}, r"services\[0\].account", "role_arn: ARN"),
        ({"account": {}}, r"account.role_arn: required", "role_arn"),
        ({"account": {"role": ROLE}}, r"account.role: unknown key", "role_arn"),
        ({"account": {"role_arn": "foresail"}}, r"account.role_arn.*'foresail'", "arn:aws:iam::"),
        ({"account": {"role_arn": ROLE.replace("role/", "user/")}}, "role_arn", "arn:aws:iam::"),
        ({"account": {**ACCOUNT, "session_name": "a b"}}, r"session_name.*'a b'", "2 to 40"),
        ({"account": {**ACCOUNT, "external_id": 12345}}, "external_id: not an", "in quotes"),
        ({"account": {**ACCOUNT, "external_id": "x"}}, "external_id: not an", "2 to 1224"),
        (
            {
                "account": ACCOUNT,
                "scheduler": {"role": "arn:aws:iam::999:role/x", "dead_letter": QUEUE},
            },
            r"scheduler.role",
            "arn:aws:iam::",
        ),
        (
            {
                "account": ACCOUNT,
                "scheduler": {"role": "arn:aws:iam::444455556666:role/x", "dead_letter": QUEUE},
            },
            "role is of account 444455556666, and the service's account is 111122223333",
            "role of the service's account",
        ),
    ],
)
def test_each_mistake_names_its_key_and_cure(where, says, cure):
    with pytest.raises(ConfigError, match=says) as told:
        config(where)
    assert cure in told.value.cure


def test_a_wrong_external_id_is_not_repeated():
    with pytest.raises(ConfigError) as told:
        config({"account": {**ACCOUNT, "external_id": "my secret phrase"}})
    assert "secret phrase" not in str(told.value)


def test_an_external_id_is_shown_nowhere_and_no_part_of_the_digest():
    made, other = (
        config({"account": ACCOUNT}),
        config({"account": {**ACCOUNT, "external_id": "xy"}}),
    )
    for shown in (repr(made), str(made), made.model_dump_json(), str(made.model_dump())):
        assert ID not in shown
    assert made.digest() == other.digest() != config({"region": "eu-west-1"}).digest()


def test_a_target_may_stand_once_in_each_place():
    config({}, {"region": "eu-west-1"}, {"account": ACCOUNT})
    with pytest.raises(ConfigError, match="'ec2-auto-scaling-group web' is listed twice"):
        config({"region": "eu-west-1"}, {"region": "eu-west-1"})
    with pytest.raises(ConfigError, match="listed twice"):
        config({}, {"region": "us-east-1"})


def test_scheduler_of_another_place_is_of_no_use():
    here = {"role": "arn:aws:iam::123456789012:role/x", "dead_letter": QUEUE}
    there = {"role": "arn:aws:iam::111122223333:role/x", "dead_letter": QUEUE}
    made = config(
        {}, {"region": "eu-west-1"}, {"account": ACCOUNT, "scheduler": there}, scheduler=here
    )
    found = [made.scheduler_of(one) for one in made.services]
    assert found[1] is None
    assert [found[0].role, found[2].role] == [here["role"], there["role"]]


def test_topics_of_alarms_are_where_a_service_is():
    topic = "arn:aws:sns:{}:123456789012:capacity".format
    both = {"alarms": {"notify": [topic("us-east-1"), topic("eu-west-1")]}}
    config({}, {"region": "eu-west-1"}, publish=both)
    with pytest.raises(ConfigError, match="no alarm of a service in eu-west-1") as told:
        config({}, publish=both)
    assert "us-east-1" in told.value.cure
