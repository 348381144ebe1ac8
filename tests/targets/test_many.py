"""Many targets of one kind: each is read as it would be alone, in a handful of calls."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from foresail.errors import AwsError
from foresail.sandbox import Sandbox, create_group
from foresail.targets.base import ScheduledAction
from foresail.targets.dynamodb_table_read import DynamodbTableRead as Reads
from foresail.targets.dynamodb_table_write import DynamodbTableWrite as Writes
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup
from foresail.targets.many import listed, read_each

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
GROUPS = [f"group-{n:02d}" for n in range(12)]
TABLES = [f"table/t{n:02d}" for n in range(12)]


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        for number, name in enumerate(GROUPS):
            tracked = 60 if number % 2 else None
            create_group(running, name, min_size=1, max_size=9 + number, target_tracking=tracked)
            AutoScalingGroup(running.aws).put(name, schedule(number))
        scaling = running.client("application-autoscaling")
        for number, name in enumerate(TABLES):
            create_table(running, name.removeprefix("table/"))
            for kind in (Reads, Writes):
                scaling.register_scalable_target(
                    ServiceNamespace="dynamodb", ResourceId=name,
                    ScalableDimension=kind.dimension, MinCapacity=5, MaxCapacity=50 + number,
                )  # fmt: skip
                kind(running.aws).put(name, schedule(number % 3, "-" + kind.type_name))
        yield running


def create_table(running, name):
    running.client("dynamodb").create_table(
        TableName=name, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )  # fmt: skip


def schedule(count, more=""):
    return [
        ScheduledAction(f"foresail-{n}{more}", start=NOW + timedelta(hours=n + 1), min_size=2 + n)
        for n in range(count)
    ]


def counted(target):
    calls = Counter()
    target.client.meta.events.register("before-call", lambda model, **_: calls.update([model.name]))
    return target, calls


def test_groups_together_are_what_each_is_alone(sandbox):
    target, calls = counted(AutoScalingGroup(sandbox.aws))
    found = read_each(target, GROUPS)
    assert calls == {"DescribeAutoScalingGroups": 1, "DescribePolicies": 1,
                     "DescribeScheduledActions": 1}  # fmt: skip
    assert found == {name: target.read(name) for name in GROUPS}
    assert list(found) == GROUPS
    assert len(found["group-11"].actions) == 11


@pytest.mark.parametrize("kind", [Reads, Writes])
def test_targets_of_one_dimension_are_told_from_those_of_another(sandbox, kind):
    target, calls = counted(kind(sandbox.aws))
    found = read_each(target, TABLES)
    assert calls == {"DescribeScalableTargets": 1, "DescribeScalingPolicies": 1,
                     "DescribeScheduledActions": 1}  # fmt: skip
    assert found == {name: target.read(name) for name in TABLES}
    assert len(found["table/t05"].actions) == 2


@pytest.mark.parametrize(
    ("target", "names"),
    [(AutoScalingGroup, [*GROUPS[:2], "gone"]), (Reads, [*TABLES[:2], "table/gone"])],
)
def test_one_that_is_not_there_fails_alone_and_in_its_own_words(sandbox, target, names):
    opened = target(sandbox.aws)
    found = read_each(opened, names)
    assert [found[name] for name in names[:2]] == [opened.read(name) for name in names[:2]]
    with pytest.raises(AwsError) as alone:
        opened.read(names[2])
    assert str(found[names[2]]) == str(alone.value)


def test_more_than_fifty_go_in_several_calls(sandbox):
    target, calls = counted(AutoScalingGroup(sandbox.aws))
    found = read_each(target, [*GROUPS, *(f"gone-{n}" for n in range(50))])
    assert calls["DescribeAutoScalingGroups"] == 2
    assert sum(isinstance(one, AwsError) for one in found.values()) == 50


def test_a_call_that_fails_fails_all(sandbox):
    target = AutoScalingGroup(sandbox.aws)

    def refuse(**_):
        raise AwsError("a region is down")

    target.client.meta.events.register("before-call", refuse)
    assert {str(one) for one in read_each(target, GROUPS).values()} == {"a region is down"}


def test_a_list_that_is_mostly_others_is_left_for_each_name():
    asked = []

    def pages():
        for _ in range(99):
            asked.append("page")
            yield [{"of": "somebody"}]

    def one_by_one(name):
        asked.append(name)
        return [{"of": name}]

    found = listed(pages(), lambda row: row["of"], ["a", "b"], one_by_one)
    assert found == {"a": [{"of": "a"}], "b": [{"of": "b"}]}
    assert asked == ["page"] * 3 + ["a", "b"]
