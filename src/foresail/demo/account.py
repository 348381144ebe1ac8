"""The demo's account: two equal groups, one for foresail, its twin left to react alone."""

from __future__ import annotations

from foresail.demo.scenario import (
    BOOT,
    CEILING,
    FLOOR,
    GROUP,
    LOAD_BALANCER,
    TWIN,
    TWIN_LOAD_BALANCER,
    UTILIZATION,
    Scenario,
)
from foresail.sandbox import Fleet, Sandbox, create_group, seed_history


def fleet(scenario: Scenario, group: str, load_balancer: str) -> Fleet:
    """Describe the fleet behind a group: its demand and what one unit serves."""
    return Fleet(
        group=group,
        load_balancer=load_balancer,
        demand=scenario.demand,
        period=scenario.period,
        unit_capacity=scenario.unit_capacity,
        boot_time=BOOT,
    )


def seed_account(sandbox: Sandbox, scenario: Scenario) -> None:
    """Create both groups and publish the history that CloudWatch would have."""
    for group, balancer in ((GROUP, LOAD_BALANCER), (TWIN, TWIN_LOAD_BALANCER)):
        units = starting_units(scenario)
        create_group(
            sandbox,
            group,
            min_size=FLOOR,
            max_size=CEILING,
            desired=units,
            target_tracking=UTILIZATION * 100,
        )
        described = fleet(scenario, group, balancer)
        sandbox.add_fleet(described)
        if group == GROUP:
            seed_history(sandbox, described)


def starting_units(scenario: Scenario) -> int:
    """Size a reactive fleet would have at the moment the play begins."""
    last = float(scenario.demand[scenario.demand.index < scenario.now].iloc[-1])
    needed = -(-last // (scenario.unit_capacity * UTILIZATION))
    return int(min(max(needed, FLOOR), CEILING))
