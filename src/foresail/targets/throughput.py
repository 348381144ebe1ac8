"""Provisioned throughput of DynamoDB: how often it may fall."""

from __future__ import annotations

from datetime import timedelta

from foresail.plan.moves import Moves

# AWS: four decreases in a UTC day at any time, and one more whenever there was none in the past
# hour, so 27 at most. Counted over any 24 hours, which is never less strict than by UTC days.
FALLS = Moves(falls_per_day=27, free_falls=4, fall_rest=timedelta(hours=1))
