"""The run: plan every service and apply what may go by itself; each service has its outcome."""

from foresail.cycle.outcome import Outcome, OutcomeState
from foresail.cycle.run import plan_and_apply

__all__ = ["Outcome", "OutcomeState", "plan_and_apply"]
