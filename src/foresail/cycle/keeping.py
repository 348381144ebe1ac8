"""Outcomes are kept: what each run did with a service, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from foresail.cycle.outcome import Outcome
from foresail.cycle.work import Work
from foresail.errors import ForesailError
from foresail.logs import run_id
from foresail.publish.run_events import run_failed
from foresail.store.records import Put, Records, stamp

KEEP = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class KeptOutcome:
    """An outcome as it is kept: when it was (UTC), and in which run."""

    at: datetime
    run: str
    outcome: dict[str, Any]


def keep_outcome(work: Work, outcome: Outcome) -> Outcome:
    """Keep an outcome, and tell of one that failed; what others tell of is told there."""
    now = work.clock()
    data = {"at": now.isoformat(), "run": run_id(), "outcome": outcome.to_json()}
    partition = _partition(outcome.service)
    try:
        work.store.records.write(Put(partition, f"{stamp(now)} {run_id()}", data, now + KEEP))
    except ForesailError as error:
        work.warn(f"the outcome of {outcome.service} was not kept: {error}")
    if outcome.state == "failed":
        region = work.config.region
        work.tell([run_failed(outcome.service, region, now, reasons=outcome.reasons)])
    return outcome


def kept_outcomes(records: Records, service: str, *, limit: int | None = None) -> list[KeptOutcome]:
    """Outcomes of a service that are kept, the latest first."""
    found = records.query(_partition(service), newest_first=True, limit=limit)
    return [
        KeptOutcome(datetime.fromisoformat(one.data["at"]), one.data["run"], one.data["outcome"])
        for one in found
    ]


def _partition(service: str) -> str:
    return f"outcome/{service}"
