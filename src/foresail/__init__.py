"""foresail: capacity ahead of demand on AWS.

The public functions are imported when first used, so that ``import foresail`` stays light.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foresail.forecast.api import forecast
    from foresail.plan.capacity import capacity_plan
    from foresail.replay.api import replay

__version__ = "0.1.0"
__all__ = ["__version__", "capacity_plan", "forecast", "replay"]

_PUBLIC = {
    "forecast": "foresail.forecast.api",
    "capacity_plan": "foresail.plan.capacity",
    "replay": "foresail.replay.api",
}


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        found = globals()[name] = getattr(import_module(_PUBLIC[name]), name)
        return found
    raise AttributeError(f"module 'foresail' has no attribute {name!r}")


class _Package(ModuleType):
    """Keeps ``foresail.forecast`` the function of the public contract.

    Importing anything below the package of the same name would bind the package over it.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _PUBLIC and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
