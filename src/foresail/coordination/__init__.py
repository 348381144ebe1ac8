"""Tiers of a service together: who needs whom, driven forecasts, shared limits, order."""
