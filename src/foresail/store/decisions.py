"""Decisions: what foresail decided for a tier and why, kept for reports and audits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from foresail.store.records import Put, Record, Records, stamp

KEEP = timedelta(days=400)  # a report may look at the same month of last year


@dataclass(frozen=True, slots=True)
class Decision:
    """What an apply decided for one tier.

    Parameters
    ----------
    id
        Id of the run in the journal that carried it out.
    plan_id, service, tier
        The plan, and whose it is.
    resource, resource_kind
        Type and name of the target; compute, database, cache, storage or network.
    made
        When (UTC).
    current_capacity, target_capacity
        Floor that was in force, and the highest that is planned, in the target's units.
    strategy
        How it is carried out: ``scheduled-actions``, ``target-tracking`` and so on.
    metrics
        Names of the demand metrics that it rests on, the one that asks for most first.
    expected_completion
        When the last planned change will have been made (UTC).
    cost_impact
        Dollars that the planned floor costs more (or less, below 0) than the floor in force would
        over the plan's horizon; None where no price is known.
    approved_by
        Who approved it; None where nobody had to.
    """

    id: str
    plan_id: str
    service: str
    tier: str
    resource: str
    resource_kind: str
    made: datetime
    current_capacity: int
    target_capacity: int
    strategy: str
    metrics: tuple[str, ...]
    expected_completion: datetime
    cost_impact: Decimal | None = None
    approved_by: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values; money as text, so that it stays exact."""
        cost = None if self.cost_impact is None else str(self.cost_impact)
        times = {"made": self.made, "expected_completion": self.expected_completion}
        plain = {name: at.astimezone(UTC).isoformat() for name, at in times.items()}
        return {**asdict(self), **plain, "metrics": list(self.metrics), "cost_impact": cost}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Decision:
        """Read what `to_json` wrote."""
        times = {n: datetime.fromisoformat(data[n]) for n in ("made", "expected_completion")}
        cost = None if data["cost_impact"] is None else Decimal(data["cost_impact"])
        return cls(**{**data, **times, "metrics": tuple(data["metrics"]), "cost_impact": cost})


class Decisions:
    """The decisions of a store, by service and time; kept for 400 days."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def write(self, decision: Decision) -> None:
        """Keep a decision; the same one again changes nothing."""
        sort = f"{stamp(decision.made)} {decision.tier} {decision.id}"
        expires = decision.made + KEEP
        self.records.write(Put(_partition(decision.service), sort, decision.to_json(), expires))

    def between(self, service: str, since: datetime, until: datetime) -> list[Decision]:
        """Decisions for a service made in ``[since, until)``, oldest first."""
        partition = _partition(service)
        found = self.records.query(partition, since=stamp(since), until=stamp(until))
        return [_read(one) for one in found]

    def latest(self, service: str, limit: int = 20) -> list[Decision]:
        """Latest decisions for a service, newest first."""
        found = self.records.query(_partition(service), newest_first=True, limit=limit)
        return [_read(one) for one in found]


def _partition(service: str) -> str:
    return f"decision/{service}"


def _read(record: Record) -> Decision:
    return Decision.from_json(record.data)
