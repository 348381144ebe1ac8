"""DynamoDB: capacity that reads or writes consumed."""

from __future__ import annotations

import pandas as pd

from foresail.demand.signals.answer import answer


def demand(metrics: pd.DataFrame) -> pd.DataFrame:
    """Take capacity units per second; hidden where requests were throttled.

    Columns: ``consumed`` (units per second), ``throttled`` (events).

    Source: Amazon DynamoDB Developer Guide, "DynamoDB metrics and dimensions": the Sum of
    ConsumedReadCapacityUnits or ConsumedWriteCapacityUnits over the period's seconds is the
    average consumption per second; ReadThrottleEvents and WriteThrottleEvents count what exceeded
    the provisioned capacity, and what was throttled consumed nothing.
    """
    return answer(metrics["consumed"], metrics["throttled"])
