"""The main job, step by step: pull -> demand -> forecast -> plan -> compile -> diff.

Each step takes what the one before it gave; `apply` is in `foresail.changes.apply`.
"""

from foresail.pipeline.planning import Planned, plan_tier
from foresail.pipeline.pulling import pull_demand
from foresail.pipeline.run import plan_all
from foresail.pipeline.tiers import Tier, capacities, open_tier, tiers

__all__ = [
    "Planned",
    "Tier",
    "capacities",
    "open_tier",
    "plan_all",
    "plan_tier",
    "pull_demand",
    "tiers",
]
