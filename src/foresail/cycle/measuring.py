"""What each service of a run took: time and calls of AWS; told as foresail's own health."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from foresail.calls import counted_calls
from foresail.cycle.outcome import Outcome
from foresail.cycle.work import Work
from foresail.logs import get_logger
from foresail.publish.health import ServiceRun, report_health
from foresail.tracing import span

log = get_logger(__name__)


def measured(name: str, run: Callable[[], Outcome]) -> tuple[Outcome, ServiceRun]:
    """Run a service, and measure it."""
    began = time.perf_counter()
    with counted_calls() as calls, span("foresail.service", service=name):
        outcome = run()
    took = time.perf_counter() - began
    log.info(
        "service.done", service=name, state=outcome.state, plan=outcome.plan_id or None,
        seconds=round(took, 2), calls=calls.total, throttled=calls.throttled,
    )  # fmt: skip
    return outcome, ServiceRun(name, outcome.state, took, calls.total, calls.throttled)


def tell_health(work: Work, runs: Sequence[ServiceRun]) -> None:
    """Report the health of the services of a run, where the configuration says."""
    for warning in report_health(work.config, work.aws, work.store, runs, work.clock()):
        work.warn(warning)
