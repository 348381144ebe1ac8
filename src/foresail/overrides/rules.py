"""An override: at least or at most so many units for a time, whatever is forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from foresail.config import TierConfig
from foresail.errors import InputError
from foresail.plan.bounds import Bound, Window

LONGEST = timedelta(days=31)
MOST_REASON = 500  # characters
_FORM = "%Y-%m-%d %H:%MZ"


@dataclass(frozen=True, slots=True)
class Override:
    """What a person decided for one tier, until it ends.

    Parameters
    ----------
    id
        Names it, for removal.
    service, tier
        Whose floor.
    minimum, maximum
        Units that the planned floor is at least, at most; one of them may be None.
    start, end
        Aware times; in force in ``[start, end)``.
    reason, by
        Why, and who set it.
    made
        When it was set.
    removed
        When somebody ended it early; None while it stands.
    """

    id: str
    service: str
    tier: str
    minimum: int | None
    maximum: int | None
    start: datetime
    end: datetime
    reason: str
    by: str
    made: datetime
    removed: datetime | None = None

    @property
    def name(self) -> str:
        """``service/tier``."""
        return f"{self.service}/{self.tier}"

    def stands(self, now: datetime) -> bool:
        """Whether plans have to follow it: it has neither ended nor been removed."""
        return self.removed is None and now < self.end

    def asks(self) -> str:
        """Say what it asks for: ``at least 40``."""
        parts = (("at least", self.minimum), ("at most", self.maximum))
        return ", ".join(f"{word} {units}" for word, units in parts if units is not None)

    def said(self) -> str:
        """Say the whole of it in one line, in UTC."""
        when = f"{self.start.astimezone(UTC):{_FORM}} to {self.end.astimezone(UTC):{_FORM}}"
        return f"override {self.id}: {self.asks()}, {when}: {self.reason} (by {self.by})"

    def bounds(self, early: timedelta) -> list[Bound]:
        """Bounds of the need: units are requested `early`, so that they are in service in time."""
        least = Bound(self.start - early, self.end, least=self.minimum)
        most = Bound(self.start, self.end, most=self.maximum)
        return [
            *([least] if self.minimum is not None else []),
            *([most] if self.maximum is not None else []),
        ]

    def window(self, early: timedelta) -> Window:
        """Time at which it moves the floor, or would have if it had not been removed."""
        return self.start - early, self.end

    def to_json(self) -> dict[str, Any]:
        """Plain values for records and ``--json``."""
        times = {"start": self.start, "end": self.end, "made": self.made}
        return {
            "id": self.id,
            "service": self.service,
            "tier": self.tier,
            "min": self.minimum,
            "max": self.maximum,
            **{key: when.astimezone(UTC).isoformat() for key, when in times.items()},
            "reason": self.reason,
            "by": self.by,
            "removed": None if self.removed is None else self.removed.isoformat(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Override:
        """Read what `to_json` wrote."""
        removed = data["removed"]
        return cls(
            id=data["id"],
            service=data["service"],
            tier=data["tier"],
            minimum=data["min"],
            maximum=data["max"],
            start=datetime.fromisoformat(data["start"]),
            end=datetime.fromisoformat(data["end"]),
            reason=data["reason"],
            by=data["by"],
            made=datetime.fromisoformat(data["made"]),
            removed=None if removed is None else datetime.fromisoformat(removed),
        )

    def ended(self, now: datetime) -> Override:
        """Give the same, ended by hand."""
        return replace(self, removed=now)


def check_override(
    override: Override,
    tier: TierConfig,
    standing: Sequence[Override],
    now: datetime,
    *,
    long: bool = False,
) -> None:
    """Refuse an override that no plan could follow, or that nobody would remember.

    Parameters
    ----------
    override
        What is to be set.
    tier
        The tier's configuration: its min and max.
    standing
        Overrides of the tier that stand already.
    now
        Aware time.
    long
        Whether the person said that more than 31 days are meant.

    Raises
    ------
    InputError
        Says what is wrong and what would be right.
    """
    _check_reason(override)
    _check_times(override, now, long=long)
    _check_units(override, tier)
    for one in standing:
        _check_pair(override, one)


def _check_reason(override: Override) -> None:
    if not override.reason.strip():
        raise InputError(
            "an override needs a reason", cure='say why: --reason "launch of the autumn range"'
        )
    if len(override.reason) > MOST_REASON:
        raise InputError(
            f"the reason has {len(override.reason)} characters", cure=f"say it in {MOST_REASON}"
        )


def _check_times(override: Override, now: datetime, *, long: bool) -> None:
    if override.end <= override.start:
        raise InputError("the override ends before it begins", cure="give --until after --from")
    if override.end <= now:
        raise InputError(
            f"the override would end at {override.end.astimezone(UTC):{_FORM}}, which is past",
            cure="give an --until that is to come",
        )
    lasts = override.end - max(override.start, now)
    if lasts > LONGEST and not long:
        raise InputError(
            f"the override would last {lasts.days} days, longer than {LONGEST.days}",
            cure="give an earlier --until, or change min in foresail.yaml; "
            "if it is meant, add --longer-than-a-month",
        )


def _check_units(override: Override, tier: TierConfig) -> None:
    low, high = override.minimum, override.maximum
    if low is None and high is None:
        raise InputError(
            "the override asks for nothing", cure="give --min, --max or both, in units"
        )
    if low is not None and high is not None and low > high:
        raise InputError(f"--min {low} is above --max {high}", cure="raise --max, or lower --min")
    if low is not None and low > tier.max:
        raise InputError(
            f"--min {low} is above max of {override.name}, {tier.max}",
            cure=f"raise max in foresail.yaml first, or give --min {tier.max}",
        )
    if low is not None and low < 0:
        raise InputError(f"--min {low} is below zero", cure="give units, 0 or more")
    if high is not None and high < tier.min:
        raise InputError(
            f"--max {high} is below min of {override.name}, {tier.min}",
            cure=f"lower min in foresail.yaml first, or give --max {tier.min}",
        )


def _check_pair(new: Override, old: Override) -> None:
    """Two overrides at one time must leave something to be planned."""
    if new.end <= old.start or old.end <= new.start:
        return
    low = max((one.minimum for one in (new, old) if one.minimum is not None), default=None)
    high = min((one.maximum for one in (new, old) if one.maximum is not None), default=None)
    if low is not None and high is not None and low > high:
        raise InputError(
            f"it contradicts {old.said()}",
            cure=f"remove that one first: foresail override --remove {old.id}",
        )
