"""The shape of what a signal says: value and hidden, on the index of its metrics."""

from __future__ import annotations

import numpy as np
import pandas as pd


def answer(value: pd.Series, refused: pd.Series | None = None) -> pd.DataFrame:
    """Put a signal's demand into its frame.

    Parameters
    ----------
    value
        Demand; negative values become zero, since maths over approximate metrics can dip below.
    refused
        Work turned away; above zero, demand was hidden. Unknown is not hidden.
    """
    hidden = np.zeros(len(value), dtype=bool) if refused is None else (refused > 0).to_numpy()
    return pd.DataFrame({"value": value.clip(lower=0.0), "hidden": hidden}, index=value.index)
