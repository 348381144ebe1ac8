"""From the ``policies:`` of a tier to the items that should stand on its target."""

from __future__ import annotations

from datetime import timedelta

from foresail.config.policies import PoliciesConfig, WarmPoolConfig
from foresail.config.policy_metrics import EC2
from foresail.policies import application_auto_scaling as aas
from foresail.policies import ec2
from foresail.policies.items import ScalingPolicy, Setting, WarmPool
from foresail.policies.normal import normal_pool
from foresail.policies.step import step_policies

LONGEST_BUFFER = timedelta(seconds=3599)  # SchedulingBufferTime is below an hour


def compile_policies(
    policies: PoliciesConfig,
    *,
    type_name: str,
    target_name: str,
    prefix: str,
    lead: timedelta,
) -> list[Setting]:
    """Work out the items that a tier's policies stand for.

    Parameters
    ----------
    policies
        As configured; `check_policies` has passed them for the type.
    type_name, target_name
        The target.
    prefix
        Of the names that foresail owns on the target.
    lead
        Lead time of the tier: what ``measured`` stands for.
    """
    place = ec2 if type_name == EC2 else aas
    wanted: list[Setting] = []
    if policies.target_tracking is not None:
        settings = place.tracking(policies.target_tracking, type_name, lead)
        wanted.append(ScalingPolicy(f"{prefix}tracking", "TargetTrackingScaling", settings))
    if policies.step is not None:
        wanted += step_policies(policies.step, type_name, target_name, prefix, lead)
    if policies.predictive is not None:
        buffer = min(seconds_of(policies.predictive.buffer, lead), LONGEST_BUFFER)
        settings = place.predictive(policies.predictive, type_name, buffer)
        wanted.append(ScalingPolicy(f"{prefix}predictive", "PredictiveScaling", settings))
    if policies.warm_pool is not None:
        wanted.append(WarmPool(f"{prefix}warm-pool", _pool(policies.warm_pool)))
    return wanted


def seconds_of(value: timedelta | str, lead: timedelta) -> timedelta:
    """Duration as configured, or the lead time where it is measured."""
    return value if isinstance(value, timedelta) else lead


def notes_on(policies: PoliciesConfig, lead: timedelta) -> list[str]:
    """Say where AWS's limits cut what was asked."""
    predictive = policies.predictive
    if predictive is None or seconds_of(predictive.buffer, lead) <= LONGEST_BUFFER:
        return []
    minutes = lead.total_seconds() / 60
    return [
        f"the lead time of {minutes:g} min is more than AWS lets a predictive policy launch ahead: "
        "its buffer is 59 min 59 s, and units come late by the rest"
    ]


def _pool(pool: WarmPoolConfig) -> dict[str, object]:
    most = {} if pool.max is None else {"MaxGroupPreparedCapacity": pool.max}
    return normal_pool(
        {
            "MinSize": pool.min,
            "PoolState": pool.state.capitalize(),
            "InstanceReusePolicy": {"ReuseOnScaleIn": pool.reuse},
            **most,
        }
    )
