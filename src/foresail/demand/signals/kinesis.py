"""Kinesis Data Streams: shards that what comes in fills."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foresail.demand.signals.answer import answer

BYTES = 1_000_000.0  # a shard takes per second
RECORDS = 1_000.0


def demand(metrics: pd.DataFrame) -> pd.DataFrame:
    """Compute shards: the larger of bytes over 1 MB/s and records over 1000/s.

    Columns: ``bytes`` and ``records`` (per second), ``refused`` records.

    Source: Amazon Kinesis Data Streams Developer Guide, "Quotas and limits": each shard takes up
    to 1 MB/s or 1000 records/s; what exceeds it is refused
    (WriteProvisionedThroughputExceeded). One hot shard is refused earlier: this is the least.
    """
    shards = np.maximum(metrics["bytes"] / BYTES, metrics["records"] / RECORDS)
    return answer(pd.Series(shards, index=metrics.index), metrics["refused"])
