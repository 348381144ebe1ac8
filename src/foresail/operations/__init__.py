"""What the command line and the flows do with a plan: apply, status, rollback over all tiers."""

from foresail.operations.apply import apply_all
from foresail.operations.opening import Clock, Progress, target_of
from foresail.operations.rollback import RollbackStep, rollback_all, rollback_plan
from foresail.operations.status import Status, status_of

__all__ = [
    "Clock",
    "Progress",
    "RollbackStep",
    "Status",
    "apply_all",
    "rollback_all",
    "rollback_plan",
    "status_of",
    "target_of",
]
