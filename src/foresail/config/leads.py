"""``lead_time: measured p95``: a lead time that is measured when a plan is made."""

from __future__ import annotations

import re
from typing import Any

from foresail.config.fields import mistake

DEFAULT_LEVEL = 0.95
_MEASURED = re.compile(r"measured(?:\s+p(\d{1,2}(?:\.\d+)?))?")


def split_measured_lead(tier: Any) -> Any:
    """Turn ``lead_time: measured p95`` into ``lead_quantile: 0.95`` beside the default lead time.

    Anything else is handed on as it is, to be judged where its key is.
    """
    text = tier.get("lead_time") if isinstance(tier, dict) else None
    if not isinstance(text, str) or not text.strip().startswith("measured"):
        return tier
    if tier.get("lead_quantile") is not None:
        raise mistake(
            "lead_time: measured and lead_quantile say the same",
            "keep one: lead_time: measured p95, or lead_quantile: 0.95 beside a lead_time to fall "
            "back on",
        )
    rest = {key: value for key, value in tier.items() if key != "lead_time"}
    return {**rest, "lead_quantile": _level(text)}


def _level(text: str) -> float:
    found = _MEASURED.fullmatch(text.strip())
    if found is None or (found[1] and not float(found[1])):
        raise mistake(
            f"lead_time: {text!r} names no percentile of boot times",
            "write measured, or measured p95",
        )
    return float(found[1]) / 100 if found[1] else DEFAULT_LEVEL
