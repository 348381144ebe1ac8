"""How often and how many at once: retries, caching, and limits per account and region."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from prefect.cache_policies import CacheKeyFnPolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.tasks import exponential_backoff

from foresail.aws import throttled
from foresail.config import Config, ServiceConfig
from foresail.errors import ForesailError

if TYPE_CHECKING:
    from flows.work import Session

RUNS_PER_PLACE = 2  # flow runs at a time in one account and region


class Throttled(ForesailError):  # noqa: N818 - what happened, not what it is
    """A run of a service failed because its calls of AWS came too often."""


def waiting_helps(_task: Any, _run: TaskRun, state: State[Any]) -> bool:
    """Whether a task failed by AWS's throttling: nothing else gets better by trying again."""
    error = state.data
    return isinstance(error, Throttled) or (isinstance(error, BaseException) and throttled(error))


# boto3 has tried five times within seconds before a task counts as throttled.
RETRIES: dict[str, Any] = {
    "retries": 4,
    "retry_delay_seconds": exponential_backoff(15),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": waiting_helps,
}


def limits_of(config: Config, services: Iterable[ServiceConfig]) -> list[str]:
    """Names of the concurrency limits of the accounts and regions that services are in."""
    return sorted({f"aws-{config.place_of(one)}".replace(":", "-") for one in services})


def period_key(session: Session, service: str) -> str:
    """Key that stays until the service has a new period: what is stored cannot have grown before.

    It tells apart configurations, stores, endpoints and regions.
    """
    config, place = session.config, session.aws.client("cloudwatch").meta
    period = min(
        tier.period for one in config.services if one.name == service for tier in one.tiers
    )
    since = int(session.now.timestamp() // period.total_seconds())
    whose = f"{config.store} {place.region_name} {place.endpoint_url}"
    text = f"{config.digest()} {whose} {service} {period} {since}"
    return hashlib.sha256(text.encode()).hexdigest()


def _once_a_period(_context: TaskRunContext, given: dict[str, Any]) -> str:
    return period_key(given["session"], given["service"])


ONCE_A_PERIOD = CacheKeyFnPolicy(cache_key_fn=_once_a_period)
