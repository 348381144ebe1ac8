"""What only an EC2 Auto Scaling group has: opt-in metrics, tags of other tools, a vCPU quota."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors
from foresail.config.demand import DemandConfig, SignalConfig
from foresail.discovery.checks.finding import Finding, not_checked, ok, problem, warning
from foresail.discovery.groups import groups, managed_by
from foresail.targets.tools import leave_to_foresail, owner

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import TierConfig

IAM_READ = (
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeLaunchTemplateVersions",
    "servicequotas:GetServiceQuota",
)
NEEDED = "GroupInServiceInstances"
WANTED = (NEEDED, "GroupMaxSize")
# AWS CLI reference, service-quotas get-service-quota: vCPUs of these families together
STANDARD = ("L-1216C47A", frozenset("acdhimrtz"))


def check_group(tier: TierConfig, aws: Aws, about: str) -> Iterator[Finding]:
    """Judge a group by what AWS says of it; nothing when it is not there."""
    for group in groups(aws, [tier.target.name]):
        yield from _operator(group, about)
        yield from _metrics(group, about, required=any(map(_counts_units, tier.demand)))
        yield from _tools(group, about)


def _counts_units(signal: SignalConfig) -> bool:
    return signal.needs_units or (isinstance(signal, DemandConfig) and signal.scale_by is not None)


def _operator(group: dict[str, Any], about: str) -> Iterator[Finding]:
    if name := managed_by(group):
        yield problem(
            about,
            f"{name} manages the group: nobody else may change it",
            "scale through that service, and take the tier out of foresail.yaml",
        )


def _metrics(group: dict[str, Any], about: str, *, required: bool) -> Iterator[Finding]:
    on = {row["Metric"] for row in group.get("EnabledMetrics", [])}
    off = [name for name in WANTED if name not in on]
    if not off:
        yield ok(about, "group metrics are switched on")
        return
    name = group["AutoScalingGroupName"]
    text = f"group metrics are off ({', '.join(off)}); CloudWatch never fills them in later"
    cure = (
        "aws autoscaling enable-metrics-collection --granularity 1Minute "
        f"--auto-scaling-group-name {name}"
    )
    if required and NEEDED in off:
        yield problem(about, f"{text}; scale_by: capacity needs them", cure)
    else:
        yield warning(about, text, cure)


def _tools(group: dict[str, Any], about: str) -> Iterator[Finding]:
    if tool := owner(group.get("Tags", [])):
        yield warning(
            about,
            f"{tool} owns the group: its next run may set min and desired back",
            f"{leave_to_foresail(tool, group=True)}; foresail status shows when they drift",
        )


def check_vcpus(tier: TierConfig, aws: Aws, about: str) -> Iterator[Finding]:
    """Hold a group's max against the Region's vCPU quota of standard on-demand instances."""
    for group in groups(aws, [tier.target.name]):
        kind = _instance_type(group, aws)
        if kind is None or kind[0] not in STANDARD[1]:
            yield not_checked(about, "vCPU quota: not one standard instance type")
            return
        yield _quota(tier, kind, _vcpus(kind, aws), _allowed(aws), about)


def _quota(tier: TierConfig, kind: str, each: int, allowed: float, about: str) -> Finding:
    wanted = tier.max * each
    text = f"vCPU quota: {tier.max} x {kind} are {wanted} vCPUs of {allowed:g} in the Region"
    if wanted > allowed:
        return problem(
            about, text, "ask for more: aws service-quotas request-service-quota-increase "
            f"--service-code ec2 --quota-code {STANDARD[0]} --desired-value {wanted}",
        )  # fmt: skip
    return ok(about, text)


def _instance_type(group: dict[str, Any], aws: Aws) -> str | None:
    template = group.get("LaunchTemplate")
    if template is None:  # a mixed policy has several types, a launch configuration is of old
        return None
    name = {"LaunchTemplateId": template["LaunchTemplateId"]}
    versions = [template.get("Version") or "$Default"]
    with aws_errors(IAM_READ[1], template["LaunchTemplateId"]):
        answer = aws.client("ec2").describe_launch_template_versions(**name, Versions=versions)
    data = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    found: str | None = data.get("InstanceType")
    return found


def _vcpus(kind: str, aws: Aws) -> int:
    with aws_errors(IAM_READ[0], kind):
        answer = aws.client("ec2").describe_instance_types(InstanceTypes=[kind])
    return int(answer["InstanceTypes"][0]["VCpuInfo"]["DefaultVCpus"])


def _allowed(aws: Aws) -> float:
    with aws_errors(IAM_READ[2], STANDARD[0]):
        answer = aws.client("service-quotas").get_service_quota(
            ServiceCode="ec2", QuotaCode=STANDARD[0]
        )
    return float(answer["Quota"]["Value"])
