"""Plans: forecast quantiles to capacity steps to scheduled actions; pure functions."""
