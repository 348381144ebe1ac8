"""Target tracking, by the minute: its alarms, and its reluctance to scale in."""

from __future__ import annotations

import math
from dataclasses import dataclass

OUT_AFTER = 3  # minutes above the target before it scales out
IN_AFTER = 15  # minutes under 90 % of the target before it scales in
IN_BAND = 0.9


@dataclass(slots=True)
class Tracking:
    """How long a policy's metric has been above and below what it tracks."""

    above: int = 0
    below: int = 0

    def wanted(
        self, seen: float, target: float, units: float, desired: int, low: int, high: int,
        *, settled: bool = True,
    ) -> int:  # fmt: skip
        """Capacity that should hold from now on, when the metric shows `seen`.

        Scale-in waits until what was launched is `settled`.
        """
        self.above = self.above + 1 if seen > target else 0
        self.below = self.below + 1 if seen < IN_BAND * target else 0
        needed = math.ceil(units * seen / target - 1e-9)
        if self.above >= OUT_AFTER:
            return max(min(needed, high), desired)
        if self.below >= IN_AFTER and settled:
            self.below = 0
            return min(max(needed, low), desired)
        return desired
