"""What each kind of signal says of demand: a formula over its metrics, with its source.

Each module has ``demand(metrics, ...)``. ``metrics`` has one column for each metric, by its role
in the formula, on one index of UTC timestamps; counts are per second, NaN is a gap. The answer is
a frame on the same index: ``value``, demand in the signal's own unit, NaN where it is unknown; and
``hidden``, true where work was turned away, so that the value is a lower bound.
"""
