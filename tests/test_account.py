"""`foresail targets` and `foresail iam` as a person types them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from foresail.cli import app
from foresail.errors import ConfigError, InputError
from foresail.targets.arns import Place, scope
from foresail.targets.registry import target_classes

CONFIG = """
services:
  - name: shop
    tiers:
      - name: web
        target: {type: ecs-service, name: service/shop/web}
        demand: {namespace: AWS/ApplicationELB, metric: RequestCount}
        unit_capacity: 100 requests/s
        max: 60
"""


ROLE = "arn:aws:iam::123456789012:role/foresail-scheduler"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:foresail-failed"
SCHEDULER = f"scheduler: {{role: {ROLE!r}, dead_letter: {QUEUE!r}}}\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder; its errors are raised."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*words):
        return CliRunner().invoke(app, words, catch_exceptions=False).output

    return invoke


def actions(policy, part="Foresail"):
    """Actions that the statements of a part allow, and where each may act."""
    assert {one["Effect"] for one in policy["Statement"]} == {"Allow"}
    sids = [one["Sid"] for one in policy["Statement"]]
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() for sid in sids)
    return {
        action: one["Resource"]
        for one in policy["Statement"] if one["Sid"].startswith(part)
        for action in one["Action"]
    }  # fmt: skip


def test_targets_are_listed_with_what_they_support(run):
    shown = run("targets")
    for name, cls in target_classes().items():
        [line] = [row for row in shown.splitlines() if row.startswith(f"{name} ")]
        assert cls.about in line
        assert str(cls.quota) in line
    rows = {row["type"]: row for row in json.loads(run("targets", "--json"))}
    assert rows["ec2-auto-scaling-group"]["sets"] == "min, desired"
    assert rows["ecs-service"]["sets"] == "min"
    assert rows["ecs-service"]["write"] == list(target_classes()["ecs-service"].iam_write)


def test_read_only_writes_nothing_and_apply_reads_too(run):
    reading = actions(json.loads(run("iam", "--read-only")))
    verbs = {action.split(":")[1] for action in reading}
    assert all(verb.startswith(("Describe", "Get", "GET", "List")) for verb in verbs)
    both = json.loads(run("iam", "--apply"))
    assert actions(both, "ForesailRead") == reading
    assert set(actions(both, "ForesailApply")) == {
        action for cls in target_classes().values() for action in cls.iam_write
    }


def test_a_type_narrows_the_policy(run):
    named = actions(json.loads(run("iam", "--apply", "--type", "ecs-service")))
    assert not any(action.startswith("autoscaling:") for action in named)


def test_the_configuration_narrows_the_resources(run, tmp_path):
    (tmp_path / "foresail.yaml").write_text(CONFIG)
    policy = json.loads(run("iam", "--apply"))
    *_, apply = policy["Statement"]
    assert apply["Action"] == [
        "application-autoscaling:DeleteScheduledAction",
        "application-autoscaling:PutScheduledAction",
    ]
    assert apply["Resource"] == "arn:aws:application-autoscaling:us-east-1:*:scalable-target/*"
    assert apply["Condition"]["StringEquals"] == {
        "application-autoscaling:service-namespace": "ecs",
        "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
    }


def config_of(type_name, name, region="us-east-1"):
    target = f"{{type: {type_name}, name: {name!r}}}"
    plain = CONFIG.replace("{type: ecs-service, name: service/shop/web}", target)
    return f"region: {region}\n{SCHEDULER}{plain}"


@pytest.mark.parametrize(
    ("type_name", "name", "action", "resource"),
    [
        (
            "ec2-auto-scaling-group", "web", "autoscaling:BatchPutScheduledUpdateGroupAction",
            "arn:aws:autoscaling:us-east-1:*:autoScalingGroup:*:autoScalingGroupName/web",
        ),
        ("kinesis-shards", "orders", "kinesis:DescribeStreamSummary",
         "arn:aws:kinesis:us-east-1:*:stream/orders"),
        ("rds-storage", "db", "rds:DescribeDBInstances", "arn:aws:rds:us-east-1:*:db:db"),
        ("kinesis-shards", "orders", "iam:PassRole", ROLE),
        ("kinesis-shards", "orders", "scheduler:CreateSchedule",
         "arn:aws:scheduler:us-east-1:*:schedule/foresail/foresail-*"),
    ],
)  # fmt: skip
def test_actions_are_allowed_on_what_the_configuration_names(
    run, tmp_path, type_name, name, action, resource
):
    (tmp_path / "foresail.yaml").write_text(config_of(type_name, name))
    assert actions(json.loads(run("iam", "--apply")))[action] == resource


def test_a_region_has_its_partition(run, tmp_path):
    (tmp_path / "foresail.yaml").write_text(config_of("kinesis-shards", "orders", "cn-north-1"))
    allowed = actions(json.loads(run("iam", "--read-only")))
    assert allowed["kinesis:DescribeStreamSummary"].startswith("arn:aws-cn:kinesis:cn-north-1:")


def test_the_role_of_scheduler_may_make_the_calls_and_tell_failures(run, tmp_path):
    balancer = (
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188"
    )
    (tmp_path / "foresail.yaml").write_text(config_of("elb-capacity-units", balancer))
    assert actions(json.loads(run("iam", "--scheduler-role"))) == {
        "elasticloadbalancing:ModifyCapacityReservation": balancer,
        "sqs:SendMessage": QUEUE,
    }


def test_no_role_is_printed_where_none_is_needed(run):
    with pytest.raises(InputError, match="none of these targets is called by"):
        run("iam", "--scheduler-role", "--type", "ecs-service")


def test_resources_of_one_action_stand_together(run, tmp_path):
    two = config_of("kinesis-shards", "orders")
    tier = two[two.index("      - name: web") :].replace("web", "more").replace("orders", "clicks")
    (tmp_path / "foresail.yaml").write_text(two + tier)
    calls = actions(json.loads(run("iam", "--scheduler-role")))["kinesis:UpdateShardCount"]
    assert [one.rpartition("/")[2] for one in calls] == ["clicks", "orders"]


@pytest.mark.parametrize("type_name", target_classes())
def test_every_action_has_a_place(type_name):
    """Nothing that names a resource is left to ``*`` but what AWS has no resource for."""
    cls = target_classes()[type_name]
    for action in (*cls.iam_read, *cls.iam_write, *getattr(cls, "iam_call", ())):
        found = scope(action, cls, None, Place("us-east-1"))
        wide = action.split(":")[1].startswith(("Describe", "List", "PassRole"))
        assert wide or "*" not in found.resources, action


@pytest.mark.parametrize("words", [(), ("--read-only", "--apply"), ("--apply", "--scheduler-role")])
def test_one_policy_at_a_time(run, words):
    with pytest.raises(InputError, match="one policy at a time"):
        run("iam", *words)


def test_an_unknown_type_names_the_nearest(run):
    with pytest.raises(ConfigError, match="unknown target type 'ecs-servise'") as caught:
        run("iam", "--read-only", "--type", "ecs-servise")
    assert "ecs-service" in caught.value.cure


def test_a_configuration_that_is_named_must_be_there(run):
    with pytest.raises(ConfigError, match=r"nope\.yaml: no such file"):
        run("iam", "--read-only", "--config", "nope.yaml")


WEST_QUEUE = QUEUE.replace("us-east-1", "us-west-2")
ELSEWHERE = f"""
scheduler: {{role: {ROLE!r}, dead_letter: {QUEUE!r}}}
publish: {{anomaly_detectors: true}}
services:
  - &service
    name: home
    tiers:
      - name: stream
        target: {{type: kinesis-shards, name: orders}}
        demand: {{namespace: Shop, metric: Orders}}
        unit_capacity: 100 requests/s
        max: 60
  - <<: *service
    name: west
    region: us-west-2
    scheduler: {{role: 'arn:aws:iam::123456789012:role/west', dead_letter: {WEST_QUEUE!r}}}
  - <<: *service
    name: shop
    region: eu-west-1
    account: {{role_arn: "arn:aws:iam::111122223333:role/foresail", external_id: shop-7f3}}
    scheduler: {{role: 'arn:aws:iam::111122223333:role/there', dead_letter: {QUEUE!r}}}
"""


def test_each_account_has_its_policy_and_the_callers_takes_on_the_others_roles(run, tmp_path):
    (tmp_path / "foresail.yaml").write_text(ELSEWHERE)
    mine = actions(json.loads(run("iam", "--apply")))
    assert mine["sts:AssumeRole"] == "arn:aws:iam::111122223333:role/foresail"
    assert mine["kinesis:DescribeStreamSummary"] == [
        "arn:aws:kinesis:us-east-1:*:stream/orders",
        "arn:aws:kinesis:us-west-2:*:stream/orders",
    ]
    assert mine["iam:PassRole"] == [ROLE, "arn:aws:iam::123456789012:role/west"]
    theirs = run("iam", "--apply", "--account", "111122223333")
    assert "sts:AssumeRole" not in theirs and "shop-7f3" not in theirs
    found = actions(json.loads(theirs))
    assert found["kinesis:DescribeStreamSummary"] == "arn:aws:kinesis:eu-west-1:*:stream/orders"
    alarms = actions(json.loads(run("iam", "--publish")))["cloudwatch:PutMetricAlarm"]
    assert [one.split(":")[3] for one in alarms] == ["us-east-1", "us-west-2"]
    alarm = actions(json.loads(run("iam", "--publish", "--account", "111122223333")))
    assert alarm["cloudwatch:PutMetricAlarm"].split(":")[3] == "eu-west-1"


def test_an_account_that_no_service_is_in(run, tmp_path):
    (tmp_path / "foresail.yaml").write_text(ELSEWHERE)
    with pytest.raises(InputError, match="no service is in account '1'") as told:
        run("iam", "--apply", "--account", "1")
    assert "111122223333" in told.value.cure
