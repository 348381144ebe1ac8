"""What every model of the field looks like from outside, and how one is found by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar, Protocol, Self, TypeGuard, TypeVar

from foresail.errors import InputError
from foresail.forecast.arrays import Floats
from foresail.forecast.window import Window


class Model(Protocol):
    """A forecaster of many series: the constructor stores parameters, nothing else.

    What it learns ends in an underscore. ``fallbacks_`` says, by row, why a series could not be
    fitted and is forecast by the seasonal naive instead; such a row never spoils another.
    """

    name: ClassVar[str]
    fallbacks_: dict[int, str]

    def fit(self, window: Window) -> Self:
        """Learn from rows of hourly history."""
        ...

    def predict(self, days: int) -> Floats:
        """Give the median path of each row; shape (rows, 24 days), finite."""
        ...


class QuantileModel(Model, Protocol):
    """A model that predicts its own quantiles, and knows what it would have said earlier."""

    def predict_quantiles(self, days: int, levels: Sequence[float]) -> Floats:
        """Give calibrated quantiles; shape (rows, 24 days, levels), non-crossing, not negative."""
        ...

    def past(self, count: int) -> Floats:
        """Give paths said 1 to `count` days ago; shape (rows, count, 48), NaN where unknown."""
        ...


def is_quantile_model(model: Model) -> TypeGuard[QuantileModel]:
    """Tell whether a model, fitted or not, predicts its own quantiles."""
    return hasattr(model, "predict_quantiles") and hasattr(model, "past")


_MODELS: dict[str, Callable[..., Model]] = {}
Kind = TypeVar("Kind", bound=Callable[..., Model])


def register(kind: Kind) -> Kind:
    """Make a class of models known by its name."""
    _MODELS[kind.name] = kind  # type: ignore[attr-defined]
    return kind


def models() -> tuple[str, ...]:
    """Names of the models, sorted."""
    return tuple(sorted(_MODELS))


def make(name: str, **parameters: Any) -> Model:
    """Create a model by name.

    Parameters
    ----------
    name
        One of `models`.
    parameters
        Of its constructor.

    Raises
    ------
    InputError
        When there is no such model; names the nearest.
    """
    return _MODELS[check_name(name)](**parameters)


def check_name(name: str) -> str:
    """Give the name back when there is such a model, else raise an InputError."""
    if name in _MODELS:
        return name
    near = get_close_matches(str(name), _MODELS, n=3, cutoff=0.4) or models()
    raise InputError(f"there is no model {name!r}", cure="use " + " or ".join(near))
