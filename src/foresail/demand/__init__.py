"""Demand: the work that arrived, independent of the capacity of the day."""
