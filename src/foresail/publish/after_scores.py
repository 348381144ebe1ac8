"""What scoring tells once it is done: drift that is new, services demoted and promoted back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from foresail.publish.events import Event
from foresail.publish.run_events import demoted, model_drift, promoted
from foresail.publish.telling import tell

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config
    from foresail.pipeline.scoring import ServiceScored

Warn = Callable[[str], None]


def after_scores(
    config: Config, aws: Aws, done: Sequence[ServiceScored], now: datetime, warn: Warn
) -> None:
    """Tell what scores brought about; `warn` hears what did not go out."""
    events = [event for one in done for event in events_of(config, one, now)]
    tell(config, aws, events, warn)


def events_of(config: Config, one: ServiceScored, now: datetime) -> list[Event]:
    """Events of a service that was scored."""
    region = config.service(one.service).region or config.region
    events = [
        model_drift(
            one.service,
            region,
            now,
            tier=drift.tier.removeprefix(f"{one.service}/"),
            what=drift.kind,
            reasons=[drift.reason],
            expected=drift.expected,
            measured=drift.measured,
        )
        for drift in one.fresh
    ]
    if one.demoted:
        events.append(demoted(one.service, region, now, reasons=[one.after.reason]))
    if one.promoted:
        events.append(promoted(one.service, region, now, reasons=[one.after.reason]))
    return events
