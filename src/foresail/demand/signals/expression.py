"""Metric maths over metrics that the user names."""

from __future__ import annotations

import pandas as pd

from foresail.demand.signals.answer import answer
from foresail.formula import parse_expression


def demand(metrics: pd.DataFrame, *, expression: str) -> pd.DataFrame:
    """Compute a formula; columns are the names it uses."""
    return answer(parse_expression(expression).of({str(c): metrics[c] for c in metrics}))
