"""Parts of scaling policies in foresail.yaml: metrics, targets, times, step adjustments."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from foresail.config.fields import Strict, mistake, told
from foresail.errors import InputError
from foresail.units import format_duration, parse_duration

MOST_STEPS = 20  # step adjustments of a policy; AWS's quota, not adjustable
MOST_QUERIES = 10  # metrics of one specification; an expression counts as one


def _number(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf"):
        return float(value)
    raise InputError(f"{value!r} is no target", cure="write a number above 0, like target: 60")


def _whole_seconds(value: Any) -> Any:
    if value == "measured":
        return value
    seconds = parse_duration(value)
    if seconds < timedelta(0) or seconds % timedelta(seconds=1):
        raise InputError(f"{value!r} is no whole number of seconds", cure="write 300s or 5m")
    return seconds


def _said(value: timedelta | str | None) -> str | None:
    return format_duration(value) if isinstance(value, timedelta) else value


def _metric(value: Any) -> Any:
    """Tell a word that names a metric of AWS's from a list of queries of one's own."""
    if isinstance(value, str):
        return {"named": value}
    if isinstance(value, list):
        return {"queries": value}
    if isinstance(value, dict) and "named" not in value and "queries" not in value:
        return {"queries": [{"id": "m1", **value}]}
    return value


TargetValue = Annotated[float, BeforeValidator(told(_number))]
Seconds = Annotated[timedelta, BeforeValidator(told(_whole_seconds)), PlainSerializer(_said)]
Measured = Annotated[
    timedelta | Literal["measured"],
    BeforeValidator(told(_whole_seconds)),
    PlainSerializer(_said),
]


class QueryConfig(Strict):
    """One query of metric maths: a metric, or an expression over earlier ones."""

    id: Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9_]{0,63}$")]
    expression: Annotated[str, Field(min_length=1, max_length=1023)] | None = None
    namespace: str | None = None
    metric: str | None = None
    dimensions: dict[str, str] = Field(default_factory=dict)
    stat: Annotated[str, Field(min_length=1, max_length=100)] = "Average"

    @model_validator(mode="after")
    def _metric_or_expression(self) -> QueryConfig:
        whole = self.namespace is not None and self.metric is not None
        if (self.expression is None) != whole or (self.expression and self.metric):
            raise mistake(
                f"query {self.id!r} is neither one metric nor one expression",
                "give namespace and metric, or expression alone",
            )
        return self


class PolicyMetric(Strict):
    """A metric that AWS has ready, by its short name, or queries whose last one counts."""

    named: str | None = None
    queries: Annotated[tuple[QueryConfig, ...], Field(max_length=MOST_QUERIES)] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> PolicyMetric:
        if (self.named is None) == (not self.queries):
            raise mistake(
                "a policy follows exactly one metric", "write metric: cpu, or a list of queries"
            )
        ids = [query.id for query in self.queries]
        if len(set(ids)) < len(ids):
            raise mistake("two queries have one id", "give each query an id of its own")
        if len(self.queries) > 1 and self.queries[-1].expression is None:
            raise mistake(
                "several metrics and no expression that joins them",
                "end the list with an expression: it is what the policy follows",
            )
        return self


Metric = Annotated[PolicyMetric, BeforeValidator(_metric)]
ResourceLabel = Annotated[str, Field(min_length=1, max_length=1023)]


class AdjustmentConfig(Strict):
    """One step: from `lower` to `upper` away from the threshold, change capacity by `change`.

    As on AWS the bounds are differences from the threshold; None has no end.
    """

    lower: float | None = None
    upper: float | None = None
    change: Annotated[int, Field(strict=True)]


class SideConfig(Strict):
    """When a step policy scales out, or in: a threshold, for how many periods, and the steps."""

    threshold: Annotated[float, Field(allow_inf_nan=False)]
    periods: Annotated[int, Field(ge=1, le=100)] = 3
    steps: Annotated[tuple[AdjustmentConfig, ...], Field(min_length=1, max_length=MOST_STEPS)]

    @model_validator(mode="before")
    @classmethod
    def _one_change_is_a_list_of_one(cls, data: Any) -> Any:
        if isinstance(data, dict) and "change" in data and "steps" not in data:
            rest = {key: value for key, value in data.items() if key != "change"}
            return {**rest, "steps": [{"change": data["change"]}]}
        return data


def checked_steps(side: SideConfig, *, out: bool) -> tuple[AdjustmentConfig, ...]:
    """Put steps in rising order, without gap or overlap, open where the metric has no end.

    A side of one step without bounds reaches from the threshold outwards.

    Raises
    ------
    PydanticCustomError
        Naming what AWS would refuse.
    """
    steps = side.steps
    if len(steps) == 1 and steps[0].lower is None and steps[0].upper is None:
        bound = {"lower": 0.0} if out else {"upper": 0.0}
        return (steps[0].model_copy(update=bound),)
    ordered = tuple(sorted(steps, key=lambda s: float("-inf") if s.lower is None else s.lower))
    for below, above in pairwise(ordered):
        if below.upper is None or below.upper != above.lower:
            raise mistake(
                f"steps leave a gap or overlap between {below.upper} and {above.lower}",
                "let each step begin (lower) where the one before it ends (upper)",
            )
    _open_outwards(ordered, out=out)
    if any(s.lower is not None and s.upper is not None and s.lower >= s.upper for s in ordered):
        raise mistake("a step ends before it begins", "let lower be below upper")
    return ordered


def _open_outwards(ordered: tuple[AdjustmentConfig, ...], *, out: bool) -> None:
    """AWS wants a step at the threshold, and one without end on the far side."""
    first, last = ordered[0], ordered[-1]
    near, far = (first.lower, last.upper) if out else (last.upper, first.lower)
    if near != 0 or far is not None:
        raise mistake(
            "steps do not reach from the threshold to where the metric has no end",
            "let scale_out begin at lower: 0 and its last step have no upper; scale_in ends at "
            "upper: 0 and its first step has no lower",
        )
