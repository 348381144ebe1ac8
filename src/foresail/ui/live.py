"""How targets stand on AWS now, asked at most once a minute for each service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from foresail.errors import ForesailError
from foresail.operations import status_of

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config
    from foresail.operations import Status

T = TypeVar("T")
KEPT = timedelta(minutes=1)


@dataclass(slots=True)
class Cached(Generic[T]):
    """Answers by name, kept for a while; who asks for the same at once waits for one answer."""

    ask: Callable[[str], T]
    clock: Callable[[], datetime]
    keep: timedelta = KEPT
    _kept: dict[str, tuple[datetime, T]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, name: str) -> T:
        """Answer of a name, at most so old."""
        with self._lock:
            now = self.clock()
            at, answer = self._kept.get(name, (None, None))
            if at is None or now - at >= self.keep:
                answer = self.ask(name)
                self._kept[name] = (now, answer)
            return answer  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Live:
    """Status by the name of the tier; or why AWS could not be asked."""

    rows: dict[str, Status]
    problem: str = ""


def live(config: Config, aws: Aws, service: str, now: datetime) -> Live:
    """Read the targets of a service."""
    try:
        found = status_of(config, aws, now, service)
    except ForesailError as error:
        return Live({}, str(error))
    return Live({one.tier: one for one in found})
