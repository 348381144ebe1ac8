"""``foresail.yaml``: read, validated strictly, and every mistake named with its cure."""

from foresail.config.models import (
    Config,
    DemandConfig,
    GuardrailsConfig,
    MetricConfig,
    NeedConfig,
    ServiceConfig,
    TargetConfig,
    TierConfig,
)
from foresail.config.reading import load_config, parse_config

__all__ = [
    "Config",
    "DemandConfig",
    "GuardrailsConfig",
    "MetricConfig",
    "NeedConfig",
    "ServiceConfig",
    "TargetConfig",
    "TierConfig",
    "load_config",
    "parse_config",
]
