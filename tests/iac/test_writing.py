"""Plans as code: held against the provider's schema, AWS's own, and what the sandbox reads back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from foresail.changes.names import owned, owned_items
from foresail.config.scheduling import SchedulerConfig
from foresail.errors import InputError, RefusedError
from foresail.iac import as_code
from foresail.iac.terraform import _text
from foresail.sandbox import Sandbox, create_group
from foresail.targets.application_auto_scaling import ScalableTarget
from foresail.targets.base import by_time
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup
from foresail.targets.registry import open_target, target_classes
from iac.sample import EC2, NOW, POLICIES, actions, plan, settings, tier, weekly
from targets.names import NAMES
from targets.resources import MAKERS, QUEUE, ROLE

SCHEMA = json.loads((Path(__file__).parent / "aws_provider_5.json").read_text())
PLUGINS = os.environ.get("FORESAIL_TERRAFORM_PLUGINS", "")
terraform_here = pytest.mark.skipif(
    shutil.which("terraform") is None or not Path(PLUGINS or "-").is_dir(),
    reason="needs terraform, and FORESAIL_TERRAFORM_PLUGINS with hashicorp/aws 5",
)
GROUP = "web"
STEPS = ((10, 4), (40, 7), (90, 2))


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        create_group(running, GROUP, min_size=2, max_size=40)
        yield running


@pytest.fixture(scope="module")
def target_of(sandbox):
    """Open targets; a resource that EventBridge Scheduler calls is made when it is asked for."""
    scheduler = SchedulerConfig(role=ROLE, dead_letter=QUEUE)
    return lambda one: open_target(one.live.type_name, sandbox.aws, scheduler)


def of_group(*more):
    return tier("ec2-auto-scaling-group", GROUP, (*actions(GROUP, *STEPS), *more))


@pytest.fixture(scope="module")
def everything(sandbox):
    """A plan with a tier of each type that the sandbox has, and every kind of setting."""
    tiers = [of_group(weekly(GROUP), *settings("ec2-auto-scaling-group", GROUP))]
    for name, cls in target_classes().items():
        if issubclass(cls, ScalableTarget):
            wanted = actions(NAMES[name][0], *STEPS)
            made = settings(name, NAMES[name][0]) if name in POLICIES else ()
            tiers.append(tier(name, NAMES[name][0], (*wanted, *made)))
    for name in ("kinesis-shards", "apigateway-stage", "rds-storage"):
        resource = MAKERS[name](sandbox)
        steps = tuple((m, size * 20) for m, size in STEPS)
        tiers.append(tier(name, resource, actions(resource, *steps)))
    return plan(*tiers)


def assert_in_schema(body, schema, where):
    """Every attribute is one of the schema's, and each that is required is there."""
    for key, value in body.items():
        if key in ("//", "provider", "depends_on"):
            continue
        assert key in schema, f"{where}.{key}"
        inner = schema[key]
        if isinstance(inner, dict):
            for block in value:
                assert_in_schema(block, inner, f"{where}.{key}")
        elif isinstance(value, list):
            assert not any(isinstance(one, dict) for one in value), f"{where}.{key}"
    missing = [key for key, kind in schema.items() if kind == "required" and key not in body]
    assert not missing, where


def test_every_attribute_of_terraform_is_one_of_the_providers(everything, target_of):
    code = as_code(everything, "terraform", target_of)
    for kind, named in json.loads(code.text)["resource"].items():
        for name, body in named.items():
            assert_in_schema(body, SCHEMA[kind], f"{kind}.{name}")


def test_every_item_is_there_once_with_its_reason(everything, target_of):
    code = as_code(everything, "terraform", target_of)
    written = [
        body["//"]
        for kind, named in json.loads(code.text)["resource"].items()
        for body in named.values()
        if kind != "aws_cloudwatch_metric_alarm"
    ]
    left_out = [note for note in code.notes if "is left out" in note]
    assert len(left_out) == 2  # a warm pool, and a predictive policy of ECS
    assert len(written) + len(left_out) == sum(len(one.wanted) for one in everything.tiers)
    assert set(written) == {"because"}


def test_names_do_not_depend_on_the_run(everything, target_of):
    later = replace(everything, created=NOW + timedelta(hours=1))
    both = [json.loads(as_code(p, "terraform", target_of).text) for p in (everything, later)]
    assert both[0]["resource"] == both[1]["resource"]


def test_cloudformation_passes_the_schemas_of_aws(everything, target_of):
    from cfnlint import api

    text = as_code(everything, "cloudformation", target_of).text
    config = api.ManualArgs(regions=["us-east-1"])
    found = api.lint(text, config=config)
    assert [f"{one.rule.id} {one.path}: {one.message}" for one in found] == []


def test_json_and_yaml_say_the_same(everything, target_of):
    plain = as_code(everything, "cloudformation", target_of).text
    other = as_code(everything, "cloudformation", target_of, yaml=True).text
    assert yaml.safe_load(other) == json.loads(plain)


def test_a_stack_made_of_it_reads_back_as_the_plan(sandbox, target_of):
    """CloudFormation names the actions itself: times and sizes are what can be compared."""
    wanted = of_group(weekly(GROUP))
    text = as_code(plan(wanted), "cloudformation", target_of).text
    stacks = sandbox.client("cloudformation")
    stacks.create_stack(StackName="capacity", TemplateBody=text)
    target = AutoScalingGroup(sandbox.aws)
    live = target.read(GROUP)
    try:
        assert unnamed(live.actions) == unnamed(wanted.wanted)
        assert owned(live) == ()
    finally:
        target.delete(GROUP, [action.name for action in live.actions])


def unnamed(items):
    return [replace(one, name="") for one in by_time(items)]


def test_the_schedule_of_a_scalable_target_ends_at_its_floor_and_keeps_the_one_in_force(target_of):
    one = tier("ecs-service", "service/shop/web", actions("service/shop/web", *STEPS))
    code = as_code(plan(one), "cloudformation", target_of)
    [target] = json.loads(code.text)["Resources"].values()
    assert target["DeletionPolicy"] == "Retain"
    properties = target["Properties"]
    assert (properties["MinCapacity"], properties["MaxCapacity"]) == (2, 40)
    last = max(properties["ScheduledActions"], key=lambda action: action["Schedule"])
    assert last["ScalableTargetAction"] == {"MinCapacity": 2}
    assert any("property" in note for note in code.notes)


def test_floors_come_after_the_policies_that_they_rely_on(target_of):
    one = of_group(*settings("ec2-auto-scaling-group", GROUP))
    found = json.loads(as_code(plan(one), "terraform", target_of).text)["resource"]
    policies = {f"aws_autoscaling_policy.{name}" for name in found["aws_autoscaling_policy"]}
    for action in found["aws_autoscaling_schedule"].values():
        assert policies <= set(action["depends_on"])


def test_a_tier_elsewhere_names_its_provider_and_no_stack_has_two_places(target_of):
    there = replace(of_group(), region="eu-west-1", account="123456789012", service="far")
    code = as_code(plan(of_group(), there), "terraform", target_of)
    bodies = json.loads(code.text)["resource"]["aws_autoscaling_schedule"].values()
    assert {body.get("provider") for body in bodies} == {None, "aws.eu_west_1_123456789012"}
    assert any('alias = "eu_west_1_123456789012"' in note for note in code.notes)
    with pytest.raises(InputError, match="one region and account"):
        as_code(plan(of_group(), there), "cloudformation", target_of)


def test_what_may_not_be_applied_is_not_written(target_of):
    with pytest.raises(RefusedError, match="too far"):
        as_code(plan(replace(of_group(), refused=("too far",))), "terraform", target_of)


@pytest.mark.parametrize(
    ("made", "form", "said"),
    [
        (plan(tier("ec2-auto-scaling-group", GROUP, ())), "terraform", "wants nothing"),
        (plan(of_group()), "pulumi", "no format 'pulumi'"),
        (
            plan(of_group(*actions(GROUP, *((m, 2) for m in range(100, 598))))),
            "cloudformation",
            "501 resources",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_told(made, form, said, target_of):
    with pytest.raises(InputError, match=said):
        as_code(made, form, target_of)


@given(st.text())
def test_no_text_is_a_template(text):
    """What Terraform reads back of an escaped string is the string."""
    read = _text(text).replace("$${", "\0").replace("%%{", "\1")
    assert "${" not in read
    assert "%{" not in read
    assert read.replace("\0", "${").replace("\1", "%{") == text.replace("\0", "${").replace(
        "\1", "%{"
    )


@pytest.fixture(scope="module")
def initialised(tmp_path_factory):
    folder = tmp_path_factory.mktemp("terraform")
    needs = {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.0"}}}
    (folder / "versions.tf.json").write_text(json.dumps({"terraform": needs}))
    run(folder, "init", f"-plugin-dir={PLUGINS}")
    return folder


def run(folder, *words):
    environment = {k: v for k, v in os.environ.items() if k != "TF_CLI_CONFIG_FILE"}
    done = subprocess.run(
        ["terraform", *words, "-no-color"], cwd=folder, capture_output=True, text=True,
        env={**environment, "CHECKPOINT_DISABLE": "1"}, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@terraform_here
def test_terraform_takes_every_kind_of_resource(initialised, everything, target_of):
    (initialised / "plan.tf.json").write_text(as_code(everything, "terraform", target_of).text)
    assert json.loads(run(initialised, "validate", "-json"))["diagnostics"] == []


@terraform_here
def test_what_terraform_applies_is_the_plan_and_foresail_finds_nothing_to_change(
    initialised, sandbox, target_of
):
    policies = {"target_tracking": EC2["target_tracking"]}
    wanted = of_group(weekly(GROUP), *settings("ec2-auto-scaling-group", GROUP, policies))
    (initialised / "plan.tf.json").write_text(as_code(plan(wanted), "terraform", target_of).text)
    (initialised / "provider.tf.json").write_text(json.dumps({"provider": provider(sandbox)}))
    run(initialised, "apply", "-auto-approve", "-input=false")
    live = AutoScalingGroup(sandbox.aws).read(GROUP)
    assert {item.name for item in owned_items(live)} == {item.name for item in wanted.wanted}
    assert not replace(wanted, live=live).changes(NOW).pending
    run(initialised, "destroy", "-auto-approve", "-input=false")
    assert owned_items(AutoScalingGroup(sandbox.aws).read(GROUP)) == ()


def provider(sandbox):
    services = ("autoscaling", "applicationautoscaling", "cloudwatch", "scheduler", "sts", "iam")
    skips = ("skip_credentials_validation", "skip_metadata_api_check",
             "skip_requesting_account_id", "skip_region_validation")  # fmt: skip
    return {
        "aws": {
            "region": "us-east-1", "access_key": "testing", "secret_key": "testing",
            **dict.fromkeys(skips, True),
            "endpoints": [dict.fromkeys(services, sandbox.endpoint_url)],
        }
    }  # fmt: skip
