"""What the flows share: how a run begins, and how its services are taken one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from prefect import Task
from prefect.concurrency.sync import concurrency
from prefect.futures import PrefectFuture, as_completed
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from flows.limits import limits_of
from flows.reading import read_config
from foresail.aws import Aws
from foresail.config import Config, ServiceConfig
from foresail.errors import ForesailError, InputError
from foresail.logs import bind_run
from foresail.pipeline.scaling_plan import prefers_plan

WORKERS = 4  # services at a time in one run
Row = dict[str, Any]
T = TypeVar("T")


class Session:
    """What the tasks of a run work with; a plain class, which Prefect hands on without reading it.

    Parameters
    ----------
    config
        The configuration, read once for the run.
    aws
        As whom and where to speak to AWS.
    now
        When the run began (UTC).
    """

    def __init__(self, config: Config, aws: Aws, now: datetime) -> None:
        self.config, self.aws, self.now = config, aws, now


def clock() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def begin(config: Path) -> Session:
    """Read the configuration and open AWS as it says; logs and calls carry the flow run's id.

    Raises
    ------
    ConfigError, AwsError
        As `read_config`.
    """
    bind_run(flow_run.id)
    read = read_config(config)
    return Session(read, Aws(region=read.region), clock())


def chosen(config: Config, service: str | None, timezone: str | None) -> list[ServiceConfig]:
    """Services of a run: the one that is named, or those of a time zone, or all.

    Raises
    ------
    InputError
        When no service has that name.
    """
    found = [one for one in config.services if service in (None, one.name)]
    if not found:
        known = ", ".join(one.name for one in config.services)
        raise InputError(f"no service {service!r} in the configuration", cure=f"known: {known}")
    return [one for one in found if timezone in (None, one.timezone)]


def planned(config: Config, service: str | None, timezone: str | None) -> list[ServiceConfig]:
    """Choose as `chosen`, but leave out what a scaling plan moves, unless it is named.

    Raises
    ------
    InputError
        When no service has that name.
    """
    found = chosen(config, service, timezone)
    return [one for one in found if service is not None or not prefers_plan(one)]


def run_name() -> str:
    """Name a flow run by what it is about: ``refresh storefront``, ``score Asia/Tokyo``."""
    given = flow_run.parameters
    about = given.get("service") or given.get("timezone") or "all services"
    return f"{flow_run.flow_name} {about}"


def runner() -> Any:
    """Run so many services at a time that AWS and two cores take it well."""
    return ThreadPoolTaskRunner(max_workers=WORKERS)


def each(
    step: Task[..., list[T]],
    session: Session,
    services: Sequence[ServiceConfig],
    progress: Callable[[float], None],
    **more: Any,
) -> tuple[list[T], list[str]]:
    """Run a task for every service, in the places that have room; one that fails stops no other.

    Parameters
    ----------
    step
        Takes the work and the name of a service; answers what it found.
    progress
        Told the share that is done.
    **more
        Further arguments of the task.

    Returns
    -------
    list
        What all found, in the order of the services.
    list of str
        What failed, naming the service.
    """
    with concurrency(limits_of(session.config, services), occupy=1):
        futures = {one.name: step.submit(session, one.name, **more) for one in services}
        for done, _ in enumerate(as_completed(list(futures.values())), 1):
            progress(done / len(services))
    return _sorted(futures)


def _sorted(futures: dict[str, PrefectFuture[list[T]]]) -> tuple[list[T], list[str]]:
    rows: list[T] = []
    failed: list[str] = []
    for name, future in futures.items():
        found: Any = future.result(raise_on_failure=False)
        if isinstance(found, BaseException):
            failed.append(f"{name}: {found}")
        else:
            rows += found
    return rows, failed


def close(failed: Sequence[str], services: Sequence[ServiceConfig]) -> None:
    """End a run in failure when services failed, after all that could be done was done.

    Raises
    ------
    ForesailError
        Says which failed, and why.
    """
    if failed:
        raise ForesailError(
            f"{len(failed)} of {len(services)} services failed: {'; '.join(failed)}"
        )
