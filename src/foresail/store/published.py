"""What was published to CloudWatch: each point once, with its value."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from foresail.store.records import Delete, Put, Records, revise

Dimensions = tuple[tuple[str, str], ...]
_Kept = dict[str, list[Any]]  # value and whether CloudWatch took it, by time


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a custom metric at a time (UTC)."""

    metric: str
    dimensions: Dimensions
    time: datetime
    value: float

    @property
    def key(self) -> str:
        """Text that tells the metric apart from others."""
        return json.dumps([self.metric, self.dimensions])


class Published:
    """A record of what one account and region was told, by metric.

    CloudWatch adds values of one timestamp up rather than replacing them. So a point is written
    down before it is sent, and when a run dies in between, the next sends the same value again:
    Average, Minimum and Maximum stay what they are.

    Parameters
    ----------
    records
        Where it is kept.
    place
        Region and endpoint; each has its own record.
    """

    def __init__(self, records: Records, place: str) -> None:
        self.records = records
        self.place = place

    def unsent(self) -> list[Point]:
        """Points that an earlier run meant to send, and may have sent."""
        return [
            _point(record.sort, time, value)
            for record in self.records.query(self._points)
            for time, (value, sent) in sorted(record.data["points"].items())
            if not sent
        ]

    def new(self, points: Sequence[Point]) -> list[Point]:
        """Those of some points of which nothing is recorded, in their order."""
        known: dict[str, _Kept] = {key: self._kept(key) for key in {one.key for one in points}}
        return [one for one in points if one.time.isoformat() not in known[one.key]]

    def intend(self, points: Sequence[Point]) -> None:
        """Write down what is about to be sent; a point that is written down already stays."""
        for key, group in _by_key(points).items():
            meant = {one.time.isoformat(): [one.value, False] for one in group}
            self._revise(key, lambda kept, meant=meant: {**meant, **kept})  # type: ignore[misc]

    def sent(self, points: Sequence[Point]) -> None:
        """Write down that CloudWatch took them."""
        for key, group in _by_key(points).items():
            times = {one.time.isoformat() for one in group}
            self._revise(key, lambda kept, times=times: _taken(kept, times))  # type: ignore[misc]

    def forget_before(self, time: datetime) -> None:
        """Drop what is too old to be published again."""
        first = time.astimezone(UTC).isoformat()
        for record in self.records.query(self._points):
            if any(at < first for at in record.data["points"]):
                self._revise(record.sort, lambda kept: _since(kept, first))

    def detectors(self) -> set[str]:
        """Metrics whose anomaly detectors foresail made."""
        return {record.sort for record in self.records.query(self._detectors)}

    def own_detector(self, metric: str, *, owned: bool) -> None:
        """Write down that a detector is foresail's, or is no more."""
        change = Put(self._detectors, metric, {}) if owned else Delete(self._detectors, metric)
        self.records.write(change)

    @property
    def _points(self) -> str:
        return f"published/{self.place}"

    @property
    def _detectors(self) -> str:
        return f"detector/{self.place}"

    def _kept(self, key: str) -> _Kept:
        found = self.records.get(self._points, key)
        return found.data["points"] if found else {}

    def _revise(self, key: str, change: Callable[[_Kept], _Kept]) -> None:
        def changed(data: dict[str, Any] | None) -> dict[str, Any]:
            return {"points": change(data["points"] if data else {})}

        revise(self.records, self._points, key, changed)


def _by_key(points: Sequence[Point]) -> dict[str, list[Point]]:
    groups: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        groups[point.key].append(point)
    return groups


def _taken(kept: _Kept, times: set[str]) -> _Kept:
    return {at: [value, sent or at in times] for at, (value, sent) in kept.items()}


def _since(kept: _Kept, first: str) -> _Kept:
    return {at: one for at, one in kept.items() if at >= first}


def _point(key: str, time: str, value: float) -> Point:
    metric, dimensions = json.loads(key)
    named = tuple((str(name), str(text)) for name, text in dimensions)
    return Point(metric, named, datetime.fromisoformat(time).astimezone(UTC), value)
