"""The embedded AWS: moto's server with a clock that moves, rules that bite and fleets that react.

moto stores scheduled actions and never runs them, accepts what AWS refuses and publishes no
metrics; this package adds what trying a plan needs: EC2 and Application Auto Scaling whose due
actions run, EventBridge Scheduler whose calls are made, metrics, and limits that bite. It is not
an AWS: `foresail.sandbox.modules` has a module for each service that it plays.
"""

from foresail.sandbox.account import create_group, seed_history
from foresail.sandbox.fleet import Fleet
from foresail.sandbox.server import Sandbox
from foresail.sandbox.storefront import Storefront, build_storefront

__all__ = [
    "Fleet",
    "Sandbox",
    "Storefront",
    "build_storefront",
    "create_group",
    "seed_history",
]
