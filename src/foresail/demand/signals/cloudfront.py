"""CloudFront: what its caches let through to the origin."""

from __future__ import annotations

import pandas as pd

from foresail.demand.signals.answer import answer


def demand(metrics: pd.DataFrame) -> pd.DataFrame:
    """Compute requests x (1 - hit rate): the share of cacheable requests that caches did not serve.

    Columns: ``requests`` (per second), ``hit_rate`` (percent).

    Source: Amazon CloudFront Developer Guide, "Types of metrics for CloudFront": Requests (Sum)
    counts all viewer requests, CacheHitRate (Average) is the share of cacheable requests served
    from the cache; errors and methods that are never cached are not in it, so that a site with
    many of those has more origin demand than this.
    """
    return answer(metrics["requests"] * (1 - metrics["hit_rate"] / 100))
