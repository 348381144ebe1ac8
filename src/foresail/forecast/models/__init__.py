"""The field's well-known models behind one interface, to choose or to compare with.

>>> from foresail.forecast.models import make, models, window_quantiles
>>> models()
('gradient-boosting', 'harmonic-arma', 'holt-winters', 'mixture', ...)

A model is fitted to a matrix of series (`foresail.forecast.window.Window`) and predicts the median;
`window_quantiles` adds quantiles from its errors at rolling origins. statsmodels and scikit-learn
are imported when first used.
"""

from foresail.forecast.models import (
    boosting,
    decomposition,
    harmonic,
    mixture,
    naive,
    ridge,
    smoothing,
)
from foresail.forecast.models.base import Model, QuantileModel, check_name, make, models
from foresail.forecast.models.calibration import window_quantiles

__all__ = ["Model", "QuantileModel", "check_name", "make", "models", "window_quantiles"]

_REGISTERED = (boosting, decomposition, harmonic, mixture, naive, ridge, smoothing)
