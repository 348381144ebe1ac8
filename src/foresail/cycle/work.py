"""What a run carries from step to step: configuration, account, store, clock, and whom it tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from foresail.approval.pending import PendingPlans
from foresail.config import Config
from foresail.publish.telling import tell

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.publish.events import Event
    from foresail.store.opening import Store

Clock = Callable[[], datetime]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Work:
    """What the steps of a run share."""

    config: Config
    aws: Aws
    store: Store
    clock: Clock
    progress: Progress = lambda _: None

    @property
    def pending(self) -> PendingPlans:
        """Plans that wait for a person."""
        return PendingPlans(self.store.records, self.store.blobs)

    def warn(self, text: str) -> None:
        """Say what went wrong beside the run, which goes on."""
        self.progress(f"warning: {text}")

    def tell(self, events: Sequence[Event]) -> None:
        """Send events and notices to whom the configuration names."""
        records, now = self.store.records, self.clock()
        tell(self.config, self.aws, events, self.warn, records=records, now=now)
