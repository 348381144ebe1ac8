"""What people decided, put on a tier's need: overrides, and windows in which nothing falls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pandas as pd

from foresail.overrides.rules import Override
from foresail.plan.bounds import Bound, Window, bounded, without_falls
from foresail.plan.compile import DesiredAction

BEFORE = timedelta(minutes=10)  # how early a rise may come for AWS's slack and others' actions
AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Decided:
    """What people decided for a tier.

    Parameters
    ----------
    overrides
        Those that stand, and those that ended lately, by themselves or by hand.
    windows
        Maintenance windows ahead, as ``[start, end)``.
    """

    overrides: tuple[Override, ...] = ()
    windows: tuple[Window, ...] = ()

    def standing(self, now: datetime) -> tuple[Override, ...]:
        """List overrides that the plan has to follow."""
        return tuple(one for one in self.overrides if one.stands(now))

    def bounds(self, early: timedelta, now: datetime) -> list[Bound]:
        """Bounds of the need; units are asked for `early`, so as to be in service in time."""
        return [bound for one in self.standing(now) for bound in one.bounds(early)]

    def aside(self, early: timedelta) -> list[Window]:
        """List the times at which overrides make, or made, the floor that stands."""
        return [one.window(early + BEFORE) for one in self.overrides]

    def notes(self, now: datetime) -> list[str]:
        """Say each override that the plan follows."""
        return [one.said() for one in self.standing(now)]


NOTHING = Decided()


def decided_need(needed: pd.DataFrame, bounds: Sequence[Bound], windows: Sequence[Window],
                 floor: int) -> pd.DataFrame:  # fmt: skip
    """Keep a need within bounds, and let it fall in no window; longer where these outlast it.

    Parameters
    ----------
    needed
        series, start, end (UTC), needed (int) of one series, without gaps.
    bounds, windows
        As overrides and maintenance ask for.
    floor
        What is needed after the need's own end.
    """
    if not bounds and not windows:
        return needed
    within = bounded(needed, bounds, floor)
    end = within["end"].max()
    until = max([end, *(pd.Timestamp(b) for a, b in windows if pd.Timestamp(a) <= end)])
    longer = bounded(within, [Bound(end, until)], floor)
    held = without_falls(longer, windows, "needed")
    inside: pd.DataFrame = held[held["start"] < until].reset_index(drop=True)
    return inside.assign(end=[*inside["start"].iloc[1:], until])


def with_reasons(
    desired: Sequence[DesiredAction], overrides: Sequence[Override], early: timedelta
) -> list[DesiredAction]:
    """Say of each action that an override asks for, or whose end it is, which one it was."""
    return [replace(one, reason=_reason(one, overrides, early)) for one in desired]


def _reason(action: DesiredAction, overrides: Sequence[Override], early: timedelta) -> str:
    for one in overrides:
        begin = one.start - early - BEFORE
        if begin <= action.start < one.end and action.min_size in (one.minimum, one.maximum):
            return one.said()
        if one.end <= action.start < one.end + AFTER:
            return f"{action.reason}; override {one.id} ends"
    return action.reason
