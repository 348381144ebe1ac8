"""Prefect flows, one file for each deployment: they call the library and decide nothing."""
