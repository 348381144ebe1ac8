"""The embedded AWS: moto's server with a clock that moves, rules that bite and fleets that react.

moto stores scheduled actions and never runs them, accepts what AWS refuses and publishes no
metrics; this package adds what trying a plan needs. It is not an AWS: it knows EC2 Auto Scaling
groups and CloudWatch metrics.
"""

from foresail.sandbox.account import create_group, seed_history
from foresail.sandbox.fleet import Fleet
from foresail.sandbox.server import Sandbox

__all__ = ["Fleet", "Sandbox", "create_group", "seed_history"]
