"""The scaling policies and warm pool of a tier, beside its schedule."""

from __future__ import annotations

from foresail.changes.names import prefix
from foresail.changes.settings import check_settings
from foresail.changes.warnings import reacts
from foresail.pipeline.tiers import Tier
from foresail.policies.compile import compile_policies, notes_on
from foresail.policies.items import Setting
from foresail.targets.base import LiveTarget, TakesSettings, Target


def wanted_settings(tier: Tier, live: LiveTarget) -> tuple[Setting, ...]:
    """Work out the settings that should stand on a tier's target.

    Raises
    ------
    InputError
        When they would overwrite what somebody else keeps there.
    """
    policies = tier.tier.policies
    if policies is None:
        return ()
    wanted = compile_policies(
        policies,
        type_name=live.type_name,
        target_name=live.name,
        prefix=prefix(live.name),
        lead=tier.tier.lead_time,
    )
    check_settings(live, wanted)
    return tuple(wanted)


def sets_desired(live: LiveTarget, wanted: tuple[Setting, ...]) -> bool:
    """Whether actions must set the desired capacity: no policy will follow the floor."""
    return live.desired_capacity is not None and not reacts(live, wanted)


def policy_cautions(tier: Tier, target: Target) -> list[str]:
    """Say what a reviewer should know of the timing of a tier's policies."""
    policies = tier.tier.policies
    if policies is None:
        return []
    name = tier.tier.target.name
    found = target.settings.cautions(name) if isinstance(target, TakesSettings) else ()
    return [*notes_on(policies, tier.tier.lead_time), *found]
