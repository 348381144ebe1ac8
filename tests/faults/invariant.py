"""What must hold whatever happens: no floor below the minimum, nor below the last good plan."""

from __future__ import annotations

from datetime import timedelta

from foresail.changes.floor import Floor
from foresail.operations import apply_all
from foresail.pipeline import plan_all
from foresail.targets.base import scheduled
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup

REACH = timedelta(hours=30)


class Invariant:
    """Watches the groups of a configuration on a sandbox.

    Parameters
    ----------
    aws
        Access to the groups, with nothing in the way.
    """

    def __init__(self, aws):
        self.groups = AutoScalingGroup(aws)
        self.good = {}

    def applied(self, plan):
        """Note a plan that stands: from now on it is the last good one."""
        self.good |= floors(plan)

    def check(self, config, now, trying=None, about=""):
        """Hold each group's floor, from now on, against its minimum and the plans.

        A plan that is being written may have begun to replace the good one: the floor is then not
        below the lower of the two.
        """
        tried = {} if trying is None else floors(trying)
        minutes = [now + timedelta(minutes=m) for m in range(0, REACH // timedelta(minutes=1), 3)]
        for service in config.services:
            for tier in service.tiers:
                name = tier.target.name
                live = self.groups.read(name)
                floor = Floor.of(live.min_size, live.actions)
                assert floor.lowest(now) >= tier.min, (name, about)
                for at in minutes if name in self.good else ():
                    least = min(self.good[name].at(at), tried.get(name, self.good[name]).at(at))
                    assert floor.at(at) >= least, (name, at, about)


def floors(plan):
    """Floor over time of each group that a plan is of."""
    return {
        tier.live.name: Floor.of(tier.live.min_size, scheduled(tier.wanted)) for tier in plan.tiers
    }


def run(config, aws, now, made=None):
    """Plan and apply, as the command line does; `made` is told the plan before it is written."""
    plan, _ = plan_all(config, aws, now)
    if made is not None:
        made.append(plan)
    apply_all(config, plan, aws, lambda: now)
    return plan


def converges(config, aws, now):
    """Run again, and once more: the last run has nothing to change."""
    plan = run(config, aws, now)
    again, _ = plan_all(config, aws, now)
    assert not again.has_changes
    assert not again.failed
    return plan
