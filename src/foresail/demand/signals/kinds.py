"""Formula of each kind of signal, by the kind's name in foresail.yaml."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from foresail.demand.signals import (
    cloudfront,
    connections,
    dynamodb,
    elasticache,
    expression,
    kinesis,
    lambda_function,
    latency,
    queue,
)

FORMULAS: dict[str, Callable[..., pd.DataFrame]] = {
    "expression": expression.demand,
    "cloudfront": cloudfront.demand,
    "queue": queue.demand,
    "connections": connections.demand,
    "latency": latency.demand,
    "lambda": lambda_function.demand,
    "kinesis": kinesis.demand,
    "dynamodb": dynamodb.demand,
    "elasticache": elasticache.demand,
}


def signal_demand(kind: str, metrics: pd.DataFrame, parameters: dict[str, Any]) -> pd.DataFrame:
    """Compute a signal of some kind; see the kind's module."""
    return FORMULAS[kind](metrics, **parameters)
