"""The planner as a Lambda function: events of EventBridge, batches of SQS and Kinesis, and runs.

``handler`` answers an event by its shape. A batch answers which records are to be sent again; an
event that could not be answered raises, so that Lambda tries it again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresail import logs
from foresail.aws import Aws
from foresail.config import Config, load_config
from foresail.errors import ForesailError, InputError
from foresail.remote import is_remote, load_remote
from foresail.urgent.calls import Call
from foresail.urgent.events import Item, Refusal, merged, read_records
from foresail.urgent.replan import answer_calls, replan_urgently

if TYPE_CHECKING:
    from foresail.cycle.outcome import Outcome

CONFIG = "FORESAIL_CONFIG"
BUNDLED = "foresail.yaml"  # beside the code, where no variable says otherwise
log = logs.get_logger(__name__)
Answer = dict[str, Any]


class NotAnswered(ForesailError):  # noqa: N818 - what it is, not how it ends
    """An event was not answered; Lambda is to send it again."""


def handler(event: Any, context: object = None) -> Answer:
    """Answer an event.

    Parameters
    ----------
    event
        An event of EventBridge, a batch of SQS or Kinesis, a message of demand, or
        ``{"run": "all"}`` or ``{"run": SERVICE}`` for a whole run, as a schedule sends it.
    context
        Lambda's; not used.

    Raises
    ------
    NotAnswered
        A service failed, or another run held it: to be sent again.
    InputError
        The event has no known shape.
    """
    del context
    logs.configure("json", os.environ.get("FORESAIL_LOG_LEVEL", "info"))
    config, aws = _opened()
    if isinstance(event, Mapping) and isinstance(event.get("Records"), list):
        return _batch(config, aws, event["Records"])
    if isinstance(event, Mapping) and "run" in event:
        return _checked(_run(config, aws, event))
    return _checked(replan_urgently(config, aws, event, _now))


@cache
def _opened() -> tuple[Config, Aws]:
    """Open configuration and account: read once, kept while the function stays warm."""
    path = Path(os.environ.get(CONFIG, BUNDLED))
    config = load_remote(path, Aws()) if is_remote(path) else load_config(path)
    return config, Aws(region=config.region)


def _now() -> datetime:
    return datetime.now(UTC)


def _run(config: Config, aws: Aws, event: Mapping[str, Any]) -> list[Outcome]:
    from foresail.cycle import plan_and_apply

    name = event["run"]
    if not isinstance(name, str):
        raise InputError(f"run: {name!r} is no service", cure='send {"run": "all"} or a name')
    return plan_and_apply(config, aws, _now, service=None if name == "all" else name)


def _checked(outcomes: Sequence[Outcome]) -> Answer:
    bad = [one for one in outcomes if one.state in ("failed", "held")]
    if bad:
        said = "; ".join(f"{one.service} {one.state}: {' '.join(one.reasons)}" for one in bad)
        raise NotAnswered(said)
    return {"outcomes": [one.to_json() for one in outcomes]}


def _batch(config: Config, aws: Aws, records: Sequence[Any]) -> Answer:
    """Answer a batch together; a record that cannot be read is refused, and never sent again."""
    items = read_records(records, config)
    refused = [one for one in items if isinstance(one.asked, Refusal)]
    for one in refused:
        log.error("record refused", record=one.name, reason=one.asked.reason)  # type: ignore[union-attr]
    calls = merged(one.asked for one in items if isinstance(one.asked, Call))
    outcomes = answer_calls(config, aws, calls, _now)
    failed = {
        name
        for call, outcome in zip(calls, outcomes, strict=True)
        if outcome.state in ("failed", "held")
        for name in call.ids
    }
    return {
        "batchItemFailures": [{"itemIdentifier": one.name} for one in items if _again(one, failed)],
        "outcomes": [one.to_json() for one in outcomes],
        "refused": len(refused),
    }


def _again(item: Item, failed: set[str]) -> bool:
    return isinstance(item.asked, Call) and bool(failed & set(item.asked.ids))
