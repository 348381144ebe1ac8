"""Databases: connections that are open."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from foresail.demand.signals.answer import answer

SAMPLED = timedelta(minutes=1)


def demand(metrics: pd.DataFrame, *, period: timedelta, summed: bool) -> pd.DataFrame:
    """Compute open connections; a unit takes max_connections x share of them.

    Columns: ``connections``: their average, or where `summed` the sum of all samples of all
    instances over a `period`, per second.

    Source: Amazon RDS User Guide, "Amazon CloudWatch metrics for Amazon RDS": DatabaseConnections
    counts client connections of an instance; RDS sends its metrics each minute. A sum over the
    instances of a cluster divided by the minutes is therefore their total, however many there are.
    """
    if not summed:
        return answer(metrics["connections"])
    return answer(per_sample(metrics["connections"], period))


def per_sample(per_second: pd.Series, period: timedelta) -> pd.Series:
    """Total over the members of a fleet that each send a sample a minute, from a sum per second."""
    samples = max(period / SAMPLED, 1.0)
    return per_second * period.total_seconds() / samples
