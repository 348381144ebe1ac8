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
from foresail.config.scheduling import SchedulerConfig

__all__ = [
    "Config",
    "DemandConfig",
    "GuardrailsConfig",
    "MetricConfig",
    "NeedConfig",
    "SchedulerConfig",
    "ServiceConfig",
    "TargetConfig",
    "TierConfig",
    "load_config",
    "parse_config",
]
