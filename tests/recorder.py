"""Compares IAM policies with the calls that are really made."""

from __future__ import annotations

from foresail.operations import apply_all, rollback_all, rollback_plan, status_of
from foresail.permissions import PULL, Use, policy
from foresail.pipeline import plan_all
from foresail.targets.registry import open_target, target_class

BOTO3 = {"elasticloadbalancing": "elbv2"}  # where IAM's prefix is not boto3's name


def service_of(action):
    """Boto3's name of the service of an IAM action."""
    service = action.split(":")[0]
    return BOTO3.get(service, service)


def iam_name(operation):
    """IAM action of an operation; API Gateway's are the methods of HTTP."""
    service = operation.service_model.service_name
    if service == "apigateway":
        return f"apigateway:{operation.http['method']}"
    prefix = next((iam for iam, ours in BOTO3.items() if ours == service), service)
    return f"{prefix}:{operation.name}"


class Recorder:
    """An account that writes down each call to it by its IAM name."""

    role = None

    def __init__(self, aws):
        self.aws = aws
        self.calls = set()

    def at(self, region=None, role=None):
        """Speak to another place; what is called there is written down here."""
        there = Recorder(self.aws.at(region, role))
        there.calls = self.calls
        return there

    def client(self, service):
        made = self.aws.client(service)
        made.meta.events.register("before-call", self.note)
        return made

    def note(self, model, **_):
        self.calls.add(iam_name(model))

    def taken(self):
        calls, self.calls = self.calls, set()
        return calls


def allowed(type_name, *, write):
    """Actions that a policy allows; passing a role is no call of its own."""
    statements = policy([Use(target_class(type_name))], write=write)["Statement"]
    return {action for one in statements for action in one["Action"]} - {"iam:PassRole"}


def assert_policies_are_what_is_called(config, aws, now):
    """Planning calls all that the read-only policy allows, and nothing else; so does applying."""
    type_name = config.services[0].tiers[0].target.type
    recorder = Recorder(aws)
    plan, _ = plan_all(config, recorder, now)
    assert recorder.taken() == allowed(type_name, write=False)
    apply_all(config, plan, recorder, lambda: now)
    put_again(config, recorder)
    status_of(config, recorder, now)
    rollback_all(config, recorder, rollback_plan(config, recorder, now), lambda: now)
    assert recorder.taken() | set(PULL) == allowed(type_name, write=True)


def put_again(config, recorder):
    """Write one of foresail's actions once more: an update has a call of its own somewhere."""
    tier = config.services[0].tiers[0].target
    target = open_target(tier.type, recorder, config.scheduler)
    actions = target.read(tier.name).actions
    assert target.put(tier.name, actions[:1]) == {}
