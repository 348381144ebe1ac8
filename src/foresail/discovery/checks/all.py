"""Every check, in the order in which a person would want to mend what they find."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresail.discovery.boots import GROUP
from foresail.discovery.checks.account import ABOUT, Identity, check_account, identify
from foresail.discovery.checks.finding import Finding, ok, optional, problem, told
from foresail.discovery.checks.group import check_group, check_vcpus
from foresail.discovery.checks.history import check_history
from foresail.discovery.checks.permissions import check_reads, check_writes
from foresail.discovery.checks.place import check_role
from foresail.discovery.checks.scalable import check_scalable
from foresail.discovery.checks.speed import check_speed
from foresail.discovery.checks.store import check_store
from foresail.discovery.checks.target import check_target
from foresail.errors import AwsError
from foresail.places import by_place
from foresail.targets.application_auto_scaling import ScalableTarget
from foresail.targets.policies import iam_of_policies
from foresail.targets.registry import target_class

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config, SchedulerConfig, TierConfig


def examine(
    config: Config | None, aws: Aws, now: datetime, service: str | None = None
) -> Iterator[Finding]:
    """Check an account, and with a configuration all that its plans need; writes nothing to AWS.

    Without usable credentials nothing else can be asked, and only that is told.

    Raises
    ------
    InputError
        When no service has the name that is asked for.
    """
    places = [] if config is None else by_place(config, aws, service)
    if config is not None and isinstance(config.store, Path):
        yield from check_store(config.store, aws)
    try:
        identity = identify(aws)
    except AwsError as error:
        yield problem(ABOUT, error.message, error.cure)
        return
    yield from check_account(identity, now)
    if config is None:
        return
    if not isinstance(config.store, Path):
        yield from check_store(config.store, aws)
    for there, access in places:
        yield from _place(there, access, now, identity if access is aws else None)


def _place(config: Config, aws: Aws, now: datetime, identity: Identity | None) -> Iterator[Finding]:
    """Check what is in one account and region; where nobody gets in, only that is told."""
    about = ABOUT if identity else f"{ABOUT} {config.place_of(config.services[0])}"
    if identity is None:
        try:
            identity = identify(aws)
        except AwsError as error:
            yield problem(about, error.message, error.cure)
            return
        yield ok(about, f"credentials: {identity.arn}, account {identity.account}")
        yield from check_role(aws, about)
    tiers = [(one, tier) for one in config.services for tier in one.tiers]
    writes = [action for _, tier in tiers for action in _writes(tier)]
    yield from check_writes(aws, identity.arn, writes, about)
    for service, tier in tiers:
        named = f"{service.name}/{tier.name}"
        yield from _history(config, tier, aws, now, named)
        yield from _tier(tier, aws, named, config.scheduler_of(service))


def _writes(tier: TierConfig) -> tuple[str, ...]:
    cls = target_class(tier.target.type)
    policies = iam_of_policies(cls).writes if tier.policies else ()
    return (*cls.iam_write, *policies)


def _history(
    config: Config, tier: TierConfig, aws: Aws, now: datetime, about: str
) -> Iterator[Finding]:
    return told(about, partial(check_history, config, tier, aws, now, about))


def _tier(
    tier: TierConfig, aws: Aws, about: str, scheduler: SchedulerConfig | None
) -> Iterator[Finding]:
    found = list(told(about, partial(check_target, tier, aws, about, scheduler)))
    yield from found
    yield from _reads(tier, aws, about, read=found[0].level == "ok")
    if tier.target.type == GROUP:
        yield from told(about, partial(check_group, tier, aws, about))
        yield from optional(about, partial(check_vcpus, tier, aws, about))
    if issubclass(target_class(tier.target.type), ScalableTarget):
        yield from optional(about, partial(check_scalable, tier, aws, about))
    measured = told if tier.lead_quantile else optional  # plan measures it itself
    yield from measured(about, partial(check_speed, tier, aws, about))


def _reads(tier: TierConfig, aws: Aws, about: str, *, read: bool) -> Iterator[Finding]:
    """Say which reads are allowed: all, where the target was read; else each is tried alone.

    A policy that names resources may deny the trial of what it allows for the target, so that
    trials speak only where reading the target failed.
    """
    actions = target_class(tier.target.type).iam_read
    if read:
        yield ok(about, f"reads allowed: {', '.join(actions)}")
    else:
        yield from check_reads(aws, actions, _known(tier), about)


def _known(tier: TierConfig) -> dict[str, Any]:
    """Values of parameters that reads of a target cannot do without."""
    name, cls = tier.target.name, target_class(tier.target.type)
    known: dict[str, Any] = {"AutoScalingGroupName": name}
    if issubclass(cls, ScalableTarget):
        known["ServiceNamespace"] = cls.namespace
    return known
