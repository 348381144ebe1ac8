"""What would make launches faster, each advice with the measured figure that calls for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from foresail.provisioning.boot_times import BootTimes
from foresail.provisioning.lead import ENOUGH, spoken

SLOW = timedelta(minutes=3)  # a boot beyond this is worth work on the image
BOTTLENECK = timedelta(minutes=5)  # beyond this a warm pool is worth looking at
UNEVEN = 2.0  # upper quantile over median
MANY_FAILED = 0.05
GENEROUS = 3  # a time limit of so many upper quantiles waits too long
TYPICAL, UPPER = 0.5, 0.95


@dataclass(frozen=True, slots=True)
class Hook:
    """A lifecycle hook on launch."""

    name: str
    timeout: timedelta


@dataclass(frozen=True, slots=True)
class LaunchSettings:
    """How an EC2 Auto Scaling group launches; what is not set is None.

    Parameters
    ----------
    instance_warm_up
        DefaultInstanceWarmup.
    grace
        HealthCheckGracePeriod.
    hooks
        Lifecycle hooks on launch.
    warm_pool
        Whether there is one.
    """

    instance_warm_up: timedelta | None = None
    grace: timedelta | None = None
    hooks: tuple[Hook, ...] = ()
    warm_pool: bool | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do, and the measured figure that calls for it."""

    do: str
    because: str


def launch_advice(boots: BootTimes, settings: LaunchSettings | None = None) -> list[Advice]:
    """Say what would make launches faster; nothing where too few are known to judge by.

    Without settings (what is no group of instances) only failures are judged.
    """
    if boots.count + boots.failed < ENOUGH:
        return []
    found = list(_failures(boots))
    if settings is not None and boots.count >= ENOUGH:
        found += [*_boot(boots), *_limits(boots, settings), *_pool(boots, settings)]
    return found


def _failures(boots: BootTimes) -> Iterator[Advice]:
    share = boots.failed / (boots.count + boots.failed)
    if share > MANY_FAILED:
        yield Advice(
            "look at the StatusMessage of failed launches; more instance types or zones, or a "
            "capacity reservation, help where capacity was lacking",
            f"{boots.failed} of {boots.count + boots.failed} launches failed ({share:.0%})",
        )


def _boot(boots: BootTimes) -> Iterator[Advice]:
    upper, typical = boots.quantile(UPPER), boots.quantile(TYPICAL)
    if upper > SLOW:
        yield Advice(
            "bake into the image what user data installs at boot, and keep the image small",
            f"p95 of {boots.count} launches is {spoken(upper)}, above {spoken(SLOW)}",
        )
    if upper > UNEVEN * typical and upper > SLOW:
        yield Advice(
            "find what the slow launches wait for: downloads, a lifecycle hook, or one zone",
            f"p95 ({spoken(upper)}) is {upper / typical:.1f} times the median ({spoken(typical)})",
        )


def _limits(boots: BootTimes, settings: LaunchSettings) -> Iterator[Advice]:
    """Find settings that wait much longer than launches take."""
    upper = boots.quantile(UPPER)
    for hook in settings.hooks:
        if hook.timeout > GENEROUS * upper:
            yield Advice(
                f"lower HeartbeatTimeout of lifecycle hook {hook.name} to about "
                f"{spoken(_double(upper))}: one that is not answered holds its launch that long",
                f"hook {hook.name} may wait {spoken(hook.timeout)}, "
                f"launches take {spoken(upper)} (p95)",
            )
    grace, warm_up = settings.grace, settings.instance_warm_up
    if grace is not None and grace > GENEROUS * upper:
        yield Advice(
            "lower HealthCheckGracePeriod to the time the application takes to start: until it is "
            "over nobody replaces an instance that came up dead",
            f"the grace period is {spoken(grace)}, launches take {spoken(upper)} (p95)",
        )
    if warm_up is not None and warm_up > GENEROUS * upper:
        yield Advice(
            "lower DefaultInstanceWarmup: policies wait for it, and it is counted as lead time",
            f"warm-up is {spoken(warm_up)}, launches take {spoken(upper)} (p95)",
        )


def _pool(boots: BootTimes, settings: LaunchSettings) -> Iterator[Advice]:
    upper = boots.quantile(UPPER)
    if settings.warm_pool is False and upper > BOTTLENECK:
        yield Advice(
            "consider a warm pool; foresail provisioning --warm-price --shortage-price sizes it",
            f"p95 of {boots.count} launches is {spoken(upper)}, above {spoken(BOTTLENECK)}",
        )


def _double(time: timedelta) -> timedelta:
    return timedelta(minutes=max(round(2 * time / timedelta(minutes=1)), 1))
