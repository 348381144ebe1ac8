"""What a run tells once it is done: forecasts kept, events sent, the live plan's summary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from foresail.errors import ForesailError
from foresail.pipeline.keeping import keep_forecasts, signal
from foresail.publish.events import Event, send
from foresail.publish.notices import notices_of
from foresail.publish.notify import notify
from foresail.publish.occasions import anomaly_events, applied_events, drift_events, plan_events
from foresail.publish.summary import write_summary
from foresail.publish.surprises import Surprise, surprises
from foresail.store.opening import open_store

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.changes.planfile import PlanFile
    from foresail.config import Config
    from foresail.pipeline.planning import Planned
    from foresail.store.forecasts import ForecastStore
    from foresail.store.opening import Store
    from foresail.store.records import Records

Warn = Callable[[str], None]


def after_plan(
    config: Config,
    aws: Aws,
    plan: PlanFile,
    planned: Sequence[Planned],
    now: datetime,
    warn: Warn,
    *,
    store: Store | None = None,
) -> None:
    """Keep the forecasts that were made; tell of the plan, and of demand nobody foresaw."""
    opened = store or open_store(config, aws)
    found = _unforeseen(config, opened.forecasts, planned)
    keep_forecasts(opened.forecasts, planned, plan.id, now)
    events = [*plan_events(plan), *anomaly_events(found, config.regions(), now)]
    tell(config, aws, events, warn, records=opened.records, now=now)


def _unforeseen(config: Config, store: ForecastStore, planned: Sequence[Planned]) -> list[Surprise]:
    """Hold what was measured against each tier's forecast before this one."""
    rules = config.publish.alarms
    found: list[Surprise] = []
    for one in planned:
        before = store.read(one.tier.service.name, one.tier.tier.name)
        if before is not None:
            measured = _measured(one)
            found += surprises(before, measured, quantile=rules.quantile, periods=rules.periods)
    return found


def _measured(planned: Planned) -> pd.DataFrame:
    names = [signal(planned.tier, series) for series in planned.demand["series"]]
    return planned.demand[["timestamp", "value"]].assign(signal=names)


def after_apply(
    config: Config,
    aws: Aws,
    plan: PlanFile,
    rows: Sequence[dict[str, Any]],
    now: datetime,
    warn: Warn,
    *,
    store: Store | None = None,
) -> None:
    """Tell of what was applied; write the live plan's summary where that is configured."""
    records = (store or open_store(config, aws)).records
    tell(config, aws, applied_events(plan, rows, now), warn, records=records, now=now)
    if config.parameters is None:
        return
    try:
        write_summary(aws, config.parameters.prefix, plan, now)
    except ForesailError as error:
        warn(f"the plan was applied, but its summary was not written: {error}")


def after_status(
    config: Config, aws: Aws, rows: Sequence[dict[str, Any]], now: datetime, warn: Warn
) -> None:
    """Tell of drift; rows are those of `foresail status --json`."""
    records = open_store(config, aws).records
    tell(config, aws, drift_events(rows, config.regions(), now), warn, records=records, now=now)


def tell(
    config: Config,
    aws: Aws,
    events: Sequence[Event],
    warn: Warn,
    *,
    records: Records | None = None,
    now: datetime | None = None,
) -> None:
    """Tell what happened to whom the configuration names: the event bus, topics, the webhook.

    Parameters
    ----------
    events
        From `foresail.publish.occasions` and `foresail.publish.run_events`.
    warn
        Hears what did not go out; nothing is raised.
    records, now
        As `foresail.publish.notify.notify` takes them: the same notice is told once.
    """
    if config.events is not None:
        for warning in send(aws, config.events.bus, events):
            warn(warning)
    for notice in notices_of(events):
        for warning in notify(config, aws, notice, records=records, now=now):
            warn(warning)
