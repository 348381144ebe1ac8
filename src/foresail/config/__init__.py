"""``foresail.yaml``: read, validated strictly, and every mistake named with its cure."""

from foresail.config.demand import DemandConfig, MetricConfig, PartConfig, SignalConfig
from foresail.config.models import Config, ServiceConfig
from foresail.config.needs import LimitConfig, NeedConfig
from foresail.config.places import AccountConfig, place_name
from foresail.config.reading import load_config, parse_config
from foresail.config.scheduling import SchedulerConfig
from foresail.config.signals import LeadingConfig
from foresail.config.storage import StorageConfig
from foresail.config.storing import TableStore
from foresail.config.tiers import GuardrailsConfig, TargetConfig, TierConfig

__all__ = [
    "AccountConfig",
    "Config",
    "DemandConfig",
    "GuardrailsConfig",
    "LeadingConfig",
    "LimitConfig",
    "MetricConfig",
    "NeedConfig",
    "PartConfig",
    "SchedulerConfig",
    "ServiceConfig",
    "SignalConfig",
    "StorageConfig",
    "TableStore",
    "TargetConfig",
    "TierConfig",
    "load_config",
    "parse_config",
    "place_name",
]
