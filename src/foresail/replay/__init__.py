"""Backtests: policies replayed on past demand by a fleet simulator; pure functions."""
