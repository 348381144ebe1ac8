"""Utilisation as a function of load per unit: robust, with whole days drawn again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foresail.demand.loads import SATURATED, Array, Loads

DRAWS = 400
SEED = 20
_EXACT = 1e-7  # spread of what is left, below which a fit needs no robustness


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the interval that holds it 95 times in 100; `high` may be infinite."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LoadFit:
    """Utilisation of a unit by its load: a line, or a curve where `coefficients` are three.

    Parameters
    ----------
    coefficients
        Of 1, z, z^2, where z is load / `scale`.
    draws
        The same, one row for each time that days were drawn.
    scale
        Load that counts as 1.
    spread
        Robust standard deviation of what the fit leaves.
    explained
        Share of the spread of utilisation that the fit explains: a robust R^2.
    days, periods
        Days that were drawn from, and the periods in them.
    """

    coefficients: Array
    draws: Array
    scale: float
    spread: float
    explained: float
    days: int
    periods: int

    @property
    def curved(self) -> bool:
        """Whether it is a curve."""
        return len(self.coefficients) == 3

    def at(self, load: Array) -> Array:
        """Utilisation at some loads."""
        return _powers(load / self.scale, len(self.coefficients)) @ self.coefficients

    def band(self, load: Array) -> tuple[Array, Array]:
        """Lower and upper limit of the fit (not of single periods) at some loads."""
        drawn = _powers(load / self.scale, len(self.coefficients)) @ self.draws.T
        wide = _quantile(self.days) * drawn.std(axis=1)
        return self.at(load) - wide, self.at(load) + wide

    def estimate(self, of: Array, draws: Array) -> Estimate:
        """Put an interval around a positive quantity; Student's t, since days are few."""
        value = float(of)
        known = draws[np.isfinite(draws) & (draws > 0)]
        if len(known) < 0.9 * len(draws):
            return Estimate(value, float(np.quantile(known, 0.05)) if len(known) else 0.0, np.inf)
        wide = _quantile(self.days) * float(np.log(known).std())
        return Estimate(value, value * float(np.exp(-wide)), value * float(np.exp(min(wide, 700))))

    def load_at(self, utilization: float) -> Estimate | None:
        """Load per unit at which utilisation is reached; None where the fit never gets there."""
        value = _solve(self.coefficients[None, :], utilization)[0]
        if not np.isfinite(value) or value <= 0:
            return None
        drawn = _solve(self.draws, utilization)
        return self.estimate(value * self.scale, drawn * self.scale)

    def error(self, power: int) -> float:
        """Half the width of the interval of a coefficient."""
        return _quantile(self.days) * float(self.draws[:, power].std())


def fit_loads(loads: Loads, *, curved: bool = False) -> LoadFit:
    """Fit utilisation on load per unit, without the periods that hide it.

    An MM-like regression: Huber's M-estimate (Huber, 1964) is the start of Tukey's biweight
    (Beaton and Tukey, 1974), which gives no weight to what is far off, by statsmodels' RLM. Where
    some periods are saturated, all whose fitted utilisation is near the top are left out, and the
    fit is made again: choosing by the load does not bend the fit, choosing by utilisation would.

    Raises
    ------
    ValueError
        When fewer than eight periods are left.
    """
    kept = ~loads.saturated
    fit = _fit(loads, kept, curved)
    if kept.all():
        return fit
    clear = kept & (fit.at(loads.load) < SATURATED - 2.5 * fit.spread)
    return _fit(loads, clear, curved) if clear.sum() >= kept.sum() / 2 else fit


def _fit(loads: Loads, kept: NDArray[np.bool_], curved: bool) -> LoadFit:
    if kept.sum() < 8 or loads.utilization is None:
        raise ValueError("fewer than eight periods")
    part = loads.part(kept)
    scale = float(part.load.max()) or 1.0
    y = loads.utilization[kept]
    x = _powers(part.load / scale, 3 if curved else 2)
    coefficients, spread, slopes, pulls = _robust(x, y)
    days = part.days
    draws = coefficients + _draw(x, slopes, pulls, days)
    whole = 1.4826 * float(np.median(np.abs(y - np.median(y))))
    explained = 1 - (spread / whole) ** 2 if whole > 0 else 0.0
    return LoadFit(
        coefficients,
        draws,
        scale,
        spread,
        max(explained, 0.0),
        days=int(days.max(initial=0)) + 1,
        periods=len(y),
    )


def _robust(x: Array, y: Array) -> tuple[Array, float, Array, Array]:
    """Coefficients, spread, and each row's slope (psi') and pull (psi) on the coefficients."""
    from statsmodels.robust.norms import HuberT, TukeyBiweight
    from statsmodels.robust.robust_linear_model import RLM

    coefficients: Array = np.linalg.lstsq(x, y)[0].astype(np.float64)
    spread = _mad(y - x @ coefficients)
    if spread < _EXACT:
        return coefficients, spread, np.ones(len(y)), y - x @ coefficients
    start = RLM(y, x, M=HuberT()).fit(maxiter=100)
    if start.scale < _EXACT:
        left = y - x @ start.params
        return (
            start.params,
            float(start.scale),
            np.ones(len(y)),
            np.where(abs(left) > 1e-6, 0, left),
        )
    norm = TukeyBiweight()
    made = RLM(y, x, M=norm).fit(maxiter=100, start_params=start.params)
    spread = max(float(made.scale), _EXACT)
    left = (y - x @ made.params) / spread
    return np.asarray(made.params), spread, norm.psi_deriv(left), norm.psi(left) * spread


def _mad(left: Array) -> float:
    return 1.4826 * float(np.median(np.abs(left)))


def _draw(x: Array, slopes: Array, pulls: Array, days: NDArray[np.int64]) -> Array:
    """Draw whole days with replacement; one Newton step gives the coefficients of each draw.

    A block bootstrap (Kuensch, 1989) over days, since periods of one day err alike; the step
    instead of a new fit is the fast and robust bootstrap of Salibian-Barrera and Zamar (2002).
    """
    count = int(days.max()) + 1
    width = x.shape[1]
    squares = np.zeros((count, width, width))
    sums = np.zeros((count, width))
    np.add.at(squares, days, slopes[:, None, None] * x[:, :, None] * x[:, None, :])
    np.add.at(sums, days, pulls[:, None] * x)
    rng = np.random.default_rng(SEED)
    drawn = rng.multinomial(count, np.full(count, 1 / count), size=DRAWS).astype(float)
    bread = np.einsum("bd,dij->bij", drawn, squares)
    whole = squares.sum(axis=0)
    bread += 1e-9 * np.trace(whole) * np.eye(width)
    steps = np.linalg.solve(bread, (drawn @ sums)[:, :, None])[:, :, 0]
    few = np.sqrt(count / max(count - 1, 1))  # a draw of few days varies too little
    alone = np.linalg.pinv(whole) @ (x.T @ (x * pulls[:, None] ** 2)) @ np.linalg.pinv(whole)
    steps *= few
    floor = np.sqrt(np.maximum(np.diag(alone), 0))  # never surer than if periods erred apart
    short = np.maximum(floor / np.maximum(steps.std(axis=0), 1e-300), 1).max()
    return np.asarray(steps * min(short, 1e6))


def _quantile(days: int) -> float:
    from scipy.stats import t

    return float(t.ppf(0.975, max(days - 1, 1)))


def _powers(z: Array, width: int) -> Array:
    return np.vander(np.asarray(z, dtype=float), width, increasing=True)


def _solve(coefficients: Array, level: float) -> Array:
    """First z above zero where the line or curve rises through a level; NaN where it does not."""
    c, b = coefficients[:, 0] - level, coefficients[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        line = np.where(b > 0, -c / b, np.nan)
        if coefficients.shape[1] == 2:
            return line
        a = coefficients[:, 2]
        root = np.sqrt(b * b - 4 * a * c)
        return np.where(np.abs(a) < 1e-12, line, -2 * c / (b + root))
