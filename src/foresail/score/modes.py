"""Whether a service's plans are written, or only forecast: demoted by evidence, and back by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:  # whoever reads a mode does not score, and need not load what that takes
    from foresail.score.drift import Drift
    from foresail.score.score import Score

PARTITION = "mode"


@dataclass(frozen=True, slots=True)
class Mode:
    """How far foresail may act on a service.

    Parameters
    ----------
    forecast_only
        True: forecasts and plans are made and scored, and nothing is written.
    reason
        Why, in words.
    since
        When it began (UTC); None when it never was otherwise.
    bad, good
        Windows in a row, up to the last one scored, that were bad, or good.
    until
        End of the last window that was counted (UTC).
    drifts
        What had drifted then: ``tier: kind``.
    """

    forecast_only: bool = False
    reason: str = ""
    since: datetime | None = None
    bad: int = 0
    good: int = 0
    until: datetime | None = None
    drifts: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        times = {"since": self.since, "until": self.until}
        said = {name: None if at is None else at.isoformat() for name, at in times.items()}
        return {**asdict(self), **said, "drifts": list(self.drifts)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            bool(data["forecast_only"]),
            str(data["reason"]),
            _time(data["since"]),
            int(data["bad"]),
            int(data["good"]),
            _time(data["until"]),
            tuple(map(str, data["drifts"])),
        )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


class Reads(Protocol):
    """What of the store's records a mode needs."""

    def get(self, partition: str, sort: str) -> Any:
        """Give a record with its `data`, or None."""
        ...


def read_mode(records: Reads, service: str) -> Mode:
    """Read a service's mode; without a record it is the usual one.

    A record that cannot be read counts as forecast-only, with the reason: what it held is not
    known, and nothing is written on a guess.
    """
    record = records.get(PARTITION, service)
    if record is None:
        return Mode()
    try:
        return Mode.from_json(record.data)
    except (KeyError, TypeError, ValueError) as error:
        return Mode(forecast_only=True, reason=f"the record of its mode is broken ({error!r})")


@dataclass(frozen=True, slots=True)
class Hysteresis:
    """Windows in a row that demote, and that promote back."""

    demote_after: int = 3
    promote_after: int = 4


def next_mode(
    mode: Mode,
    scores: Sequence[Score],
    drifts: Sequence[Drift],
    rule: Hysteresis,
    at: datetime,
) -> Mode:
    """Tell a service's mode after one more window.

    Parameters
    ----------
    mode
        Before it.
    scores
        Of the service's tiers in that window; a window without any changes nothing.
    drifts
        That were found at its end.
    rule
        How many windows it takes.
    at
        End of the window.
    """
    if not scores:
        return mode
    severe = [one for one in drifts if one.severe]
    troubled = bool(severe) or any(score.bad for score in scores)
    bad, good = (mode.bad + 1, 0) if troubled else (0, mode.good + 1)
    counted = replace(mode, bad=bad, good=good, until=at, drifts=tuple(d.name for d in drifts))
    if not mode.forecast_only and (severe or bad >= rule.demote_after):
        why = _why(scores, severe, bad)
        return replace(counted, forecast_only=True, reason=why, since=at)
    if mode.forecast_only and good >= rule.promote_after:
        why = f"{good} good windows in a row"
        return replace(counted, forecast_only=False, reason=why, since=at)
    return counted


def _why(scores: Sequence[Score], severe: Sequence[Drift], bad: int) -> str:
    if severe:
        return "; ".join(f"{one.tier}: {one.kind}: {one.reason}" for one in severe)
    told = [f"{one.tier}: {reason}" for one in scores for reason in one.bad]
    windows = "window" if bad == 1 else f"{bad} windows in a row"
    return f"{windows} were bad, in the last: {'; '.join(told)}"
