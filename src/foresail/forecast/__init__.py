"""Forecasts: quantiles of future demand, chosen and calibrated on rolling origins of the past."""
