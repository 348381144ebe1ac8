"""ElastiCache: how busy the nodes are, over all of them, or the processing units used."""

from __future__ import annotations

import pandas as pd

from foresail.demand.signals.answer import answer


def demand(metrics: pd.DataFrame) -> pd.DataFrame:
    """Compute CPU x nodes in percent, or ElastiCache processing units (ECPU) per second.

    Columns: one of CPU in percent for each node, or ``ecpu`` (per second). A node that sends
    nothing is not there, and counts as idle; where none sends, demand is unknown.

    Source: Amazon ElastiCache User Guide, "Metrics for Valkey and Redis OSS": EngineCPUUtilization
    is the CPU of the engine's thread of one node, 100 % where it can do no more. "Metrics for
    serverless caches": ElastiCacheProcessingUnits counts the ECPUs used.
    """
    if "ecpu" in metrics:
        return answer(metrics["ecpu"])
    return answer(metrics.sum(axis=1, min_count=1))
