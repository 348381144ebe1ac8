"""What foresail.yaml says of a plan's steps: their cost, length, size and whether they recur."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from foresail.config.approval import TierRulesConfig
from foresail.config.fields import Duration, Units, mistake, told
from foresail.errors import InputError
from foresail.units import format_duration

WEEK = timedelta(days=7)


def _step(value: Any) -> int | float:
    """Read units, a whole number, or a share of the capacity, in percent."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    text = str(value).strip()
    if text.endswith("%"):
        try:
            share = float(text[:-1]) / 100
        except ValueError:
            share = 0.0
        if 0 < share < float("inf"):
            return share
    if isinstance(value, float) and 0 < value < float("inf") and value != int(value):
        return value
    raise InputError(
        f"{value!r} is no largest step", cure="write units, like 10, or a share, like 50%"
    )


Step = Annotated[int | float, BeforeValidator(told(_step))]


class StepsConfig(TierRulesConfig):
    """Keys of a tier that shape the steps of its plan.

    `switch_cost` is what a step has to save, in unit-hours. `max_step` is the largest rise of one
    action, in units or as a share; the actions of a rise are `min_dwell` apart, else `lead_time`.
    `repeat_for` is how long a weekly schedule acts when nobody plans again. `weights` are the
    capacity units of a mixed-instances group's instance types.
    """

    switch_cost: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    min_dwell: Duration = timedelta(0)
    max_step: Step | None = None
    schedule: Literal["one-off", "weekly", "auto"] = "one-off"
    repeat_for: Duration = WEEK
    weights: Annotated[tuple[Annotated[Units, Field(ge=1, le=999)], ...], Field(min_length=1)] = (
        1,
    )

    @model_validator(mode="after")
    def _repeats_a_week(self) -> StepsConfig:
        if self.repeat_for < WEEK:
            raise mistake(
                f"repeat_for: {format_duration(self.repeat_for)} is shorter than the week that "
                "is repeated",
                "write at least 7d",
            )
        if self.min_dwell.total_seconds() % 60:
            raise mistake(
                f"min_dwell: actions start on whole minutes, not every "
                f"{format_duration(self.min_dwell)}",
                "write minutes, like 30m",
            )
        return self
