"""Lambda: how many invocations run at once."""

from __future__ import annotations

import pandas as pd

from foresail.demand.signals.answer import answer


def demand(metrics: pd.DataFrame) -> pd.DataFrame:
    """Compute concurrency: invocations per second x duration; hidden where some were throttled.

    Columns: ``invocations`` (per second), ``duration`` (milliseconds), ``throttles``. Without
    invocations concurrency is zero, whatever the duration.

    Source: AWS Lambda Developer Guide, "Understanding Lambda function scaling": concurrency =
    average requests per second x average request duration in seconds (Little, 1961); throttled
    requests count as neither Invocations nor Errors, so that they hide demand.
    """
    idle = metrics["invocations"] == 0
    value = metrics["invocations"] * metrics["duration"].where(~idle, 0.0) / 1000
    return answer(value, metrics["throttles"])
