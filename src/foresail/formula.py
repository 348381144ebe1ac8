"""Metric maths: arithmetic over named metrics, read by `ast`; nothing is ever evaluated as code."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from foresail.errors import InputError

LONGEST = 300  # characters: more is a mistake, and nesting has limits in Python
_CURE = (
    "write numbers, names of metrics, + - * / ( ), min(a, b) and max(a, b), "
    "like requests * (1 - hit_rate / 100)"
)
_Values = pd.Series | float
_BINARY: dict[type[ast.operator], Callable[[_Values, _Values], _Values]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked formula over named metrics."""

    text: str
    names: tuple[str, ...]
    _tree: ast.expr = field(repr=False)

    def of(self, metrics: Mapping[str, pd.Series]) -> pd.Series:
        """Compute the formula at each timestamp.

        Parameters
        ----------
        metrics
            A series by UTC timestamp for each name; all on one index. NaN is a gap.

        Returns
        -------
        Series
            NaN wherever a metric of the formula is, or where it divides by zero.

        Raises
        ------
        InputError
            When a metric is not there.
        """
        missing = [name for name in self.names if name not in metrics]
        if missing:
            raise InputError(
                f"expression {self.text!r}: no metric {missing[0]!r}",
                cure=f"known: {', '.join(metrics) or 'none'}",
            )
        index = metrics[self.names[0]].index
        found = pd.Series(_compute(self._tree, metrics), index=index, dtype="float64")
        return found.where(np.isfinite(found))


def parse_expression(text: str) -> Expression:
    """Read a formula like ``requests * (1 - hit_rate / 100)``.

    Raises
    ------
    InputError
        When it holds anything but numbers, names, ``+ - * / ( )``, ``min`` and ``max``, or names
        no metric; says which part.
    """
    if len(text) > LONGEST:
        raise InputError(
            f"an expression of {len(text)} characters", cure=f"write at most {LONGEST}"
        )
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        found = dict.fromkeys(_names(tree, text))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"expression {text!r} cannot be read", cure=_CURE) from error
    if not found:
        raise InputError(f"expression {text!r} names no metric", cure=_CURE)
    return Expression(text, tuple(found), tree)


def _names(node: ast.expr, text: str) -> list[str]:
    """Names in the order they stand, or say what does not belong there."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return []
    return [name for part in _parts(node, text) for name in _names(part, text)]


def _parts(node: ast.expr, text: str) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, (*_BINARY, ast.Div)):
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return [node.operand]
    if isinstance(node, ast.Call) and _is_choice(node):
        return list(node.args)
    part = ast.get_source_segment(text.strip(), node) or text
    raise InputError(f"expression {text!r}: {part!r} is no part of a formula", cure=_CURE)


def _is_choice(node: ast.Call) -> bool:
    return (
        isinstance(node.func, ast.Name)
        and node.func.id in ("min", "max")
        and len(node.args) >= 2
        and not node.keywords
    )


def _compute(node: ast.expr, metrics: Mapping[str, pd.Series]) -> _Values:
    match node:
        case ast.Name():
            return metrics[node.id]
        case ast.Constant():
            return float(node.value)  # type: ignore[arg-type]  # checked when it was read
        case ast.UnaryOp():
            inner = _compute(node.operand, metrics)
            return -inner if isinstance(node.op, ast.USub) else inner
        case ast.BinOp():
            left, right = _compute(node.left, metrics), _compute(node.right, metrics)
            return _BINARY.get(type(node.op), _divided)(left, right)
        case _:
            return _chosen(node, metrics)


def _divided(left: _Values, right: _Values) -> _Values:
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = np.divide(left, right)
    return quotient if isinstance(quotient, pd.Series) else float(quotient)


def _chosen(node: ast.expr, metrics: Mapping[str, pd.Series]) -> _Values:
    """Least or greatest of some parts; unknown where any of them is."""
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    choose: Callable[..., _Values] = np.minimum if node.func.id == "min" else np.maximum
    first, *rest = (_compute(part, metrics) for part in node.args)
    for other in rest:
        first = choose(first, other)
    return first
