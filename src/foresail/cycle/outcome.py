"""What a run did with one service, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from foresail.changes.planfile import PlanFile

OutcomeState = Literal[
    "applied",
    "unchanged",
    "waiting",
    "refused",
    "frozen",
    "forecast-only",
    "held",
    "failed",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did with one service.

    Parameters
    ----------
    service
        Name of the service.
    state
        ``applied`` or ``unchanged``; ``waiting`` for approval; ``refused`` by a guardrail;
        ``frozen`` by a freeze or a maintenance window; ``forecast-only`` by its scores; ``held``
        by another planner's lease; ``failed`` with an error.
    plan_id
        Plan that was made; empty when there is none.
    reasons
        Why, in words; the cure where there is one.
    rows
        One row for each target that was written, as `apply_all` answers.
    throttled
        Whether it failed because calls of AWS came too often: waiting alone cures that.
    plan
        The plan that was made, where one was; while an earlier one waits, that one.
    """

    service: str
    state: OutcomeState
    plan_id: str = ""
    reasons: tuple[str, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()
    throttled: bool = False
    plan: PlanFile | None = field(default=None, repr=False, compare=False)

    @property
    def good(self) -> bool:
        """Whether nobody has to mend anything: a run of such outcomes exits with 0."""
        return self.state not in ("failed", "refused", "held")

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``--json``, records and events."""
        return {
            "service": self.service,
            "state": self.state,
            "plan": self.plan_id,
            "reasons": list(self.reasons),
            "targets": list(self.rows),
        }
