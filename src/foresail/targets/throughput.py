"""Provisioned throughput of DynamoDB: how often it may fall."""

from __future__ import annotations

from foresail.plan.moves import Moves

# Four decreases in the first hour of a UTC day, then one in each hour: 27 a day at most.
# The rule of an hour is left to target tracking, which tries again: a plan lowers floors only.
FALLS = Moves(falls_per_day=27)
