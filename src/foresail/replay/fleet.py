"""A fleet simulator: many scenarios at once, time is the only loop.

The rules are those of AWS as `foresail.sandbox` plays them minute by minute; a test compares the
two. Sources: EC2 Auto Scaling user guide (target tracking: alarms of 3 and 15 minutes, proportional
scale-out, reluctant scale-in; scheduled actions; instance warmup; step adjustments; warm pools).

Each step, in this order: units boot; the floor (MinSize) of the step comes into force; units are
launched or stopped; demand is served; policies set the desired capacity of the next step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foresail.errors import InputError
from foresail.replay.settings import IN_BAND, Fleet, Floats, Saturation

_ROUNDING = 1e-9  # a need of 3.0000000001 units is float noise, not a fourth unit
_NOBODY = 1e-12  # stands for no unit, where one divides by units


@dataclass(frozen=True, slots=True)
class Run:
    """What fleets did; every array has the shape (steps, scenarios).

    Parameters
    ----------
    offered
        Demand of the step with what came back from earlier ones; NaN where unknown.
    in_service, launching, desired
        Units.
    lost
        Demand that was never served.
    waiting
        Demand that is queued, or will be retried, at the end of the step.
    """

    offered: Floats
    in_service: Floats
    launching: Floats
    desired: Floats
    lost: Floats
    waiting: Floats

    @property
    def served(self) -> Floats:
        """Demand served in each step; unknown demand is none."""
        return np.minimum(np.nan_to_num(self.offered), self.in_service)

    def columns(self, some: slice) -> Run:
        """Take some of the scenarios."""
        return Run(*(getattr(self, name)[:, some] for name in self.__slots__))


def simulate(
    demand: Floats, floors: Floats, fleet: Fleet, *, start: Floats | float | None = None
) -> Run:
    """Play fleets against demand.

    Parameters
    ----------
    demand
        Shape (steps, scenarios) or (steps, 1): units that would be busy at 100 %; NaN is unknown:
        then alarms have no data and nothing scales.
    floors
        Shape (steps, scenarios) or (steps, 1): MinSize in force.
    fleet
        Units and rules.
    start
        Units in service at the first step; the floor (or the group's minimum) when None.

    Returns
    -------
    Run
        Conservation: in each step ``demand + waiting before = served + lost + waiting``.
    """
    if demand.ndim != 2 or floors.ndim != 2 or len(demand) != len(floors) or not len(demand):
        raise InputError(
            f"demand has shape {demand.shape}, floors {floors.shape}",
            cure="pass both as (steps, scenarios), with at least one step",
        )
    playing = _Playing(demand, floors, fleet, start)
    with np.errstate(invalid="ignore"):
        for step in range(len(demand)):
            playing.play(step)
    return playing.run()


class _Playing:
    """State of all fleets; buffers are made once, each rule is a few operations on them."""

    def __init__(
        self, demand: Floats, floors: Floats, fleet: Fleet, start: Floats | float | None
    ) -> None:
        self.fleet = fleet
        self.count = count = np.broadcast_shapes(
            demand.shape[1:],
            floors.shape[1:],
            *(np.shape(v) for v in (fleet.minimum, fleet.maximum, fleet.follow)),
            *(np.shape(v)[-1:] for v in (fleet.target, fleet.in_after)),
            *(np.shape(v) for v in (fleet.pool, fleet.scale_in, start if start is not None else 0)),
        )[0]
        shape = (len(demand), count)
        self.demand = np.broadcast_to(demand, shape)
        self.minimum, self.maximum = self._each(fleet.minimum), self._each(fleet.maximum)
        self.floors = np.broadcast_to(floors, shape)
        if (self.floors < self.minimum).any() or (self.floors > self.maximum).any():
            self.floors = np.clip(self.floors, self.minimum, self.maximum)
        self.targets = self._each_step(fleet.target)
        self.in_after = self._each_step(fleet.in_after)
        self.target = self.targets[0].copy()
        self.per_target = 1 / self.target
        self.tracks = bool(np.isfinite(self.targets).any())
        self.changes = np.ndim(fleet.target) > 1
        self.follow = np.broadcast_to(np.asarray(fleet.follow, dtype=bool), count).copy()
        self.follows = bool(self.follow.any())
        self.fixed_size = ~np.broadcast_to(np.asarray(fleet.scale_in, dtype=bool), count)
        self._units(start)
        self._buffers()
        self._logs(shape)

    def _each(self, value: object) -> Floats:
        return np.broadcast_to(np.asarray(value, dtype=np.float64), self.count).copy()

    def _each_step(self, value: object) -> Floats:
        """Value at each step of each scenario; a view where it does not change."""
        return np.broadcast_to(np.asarray(value, dtype=np.float64), (len(self.demand), self.count))

    def _units(self, start: Floats | float | None) -> None:
        self.boot = max(int(self.fleet.boot), 1)
        self.pool_boot = max(int(self.fleet.pool_boot), 1)
        self.ring = max(self.boot, self.pool_boot) + 1
        self.in_service = self._each(self.floors[0] if start is None else start)
        np.clip(self.in_service, self.minimum, self.maximum, out=self.in_service)
        self.desired = self.in_service.copy()
        self.launching = np.zeros(self.count)
        self.booting = np.zeros((self.ring, self.count))
        self.pool = self._each(self.fleet.pool)
        self.pools = bool(self.pool.any())
        self.refill = np.zeros((self.boot + 1, self.count))
        self.warming = np.zeros(self.count)
        self.warms = np.zeros((max(self.fleet.warmup, 1), self.count))
        self.ready = np.empty(self.count) if self.fleet.warmup else self.in_service
        self.above, self.below = np.zeros(self.count), np.zeros(self.count)
        self.beyond = [np.zeros(self.count) for _ in self.fleet.steps]
        self.last_in = np.full(self.count, -np.inf)

    def _buffers(self) -> None:
        self.a, self.b, self.c, self.wanted = (np.empty(self.count) for _ in range(4))
        self.high, self.low, self.calm = (np.empty(self.count, dtype=bool) for _ in range(3))
        self.seen = np.empty(self.count)
        self.back = np.zeros(self.count)

    def _logs(self, shape: tuple[int, int]) -> None:
        self.in_service_log, self.launching_log, self.desired_log = (
            np.empty(shape) for _ in range(3)
        )
        self.loses = self.fleet.saturation is Saturation.LOST
        if not self.loses:
            self.offered_log, self.lost_log, self.waiting_log = (np.empty(shape) for _ in range(3))

    def play(self, step: int) -> None:
        """Play one step."""
        self._boot(step)
        self._set_floor(step)
        self._move(step)
        offered = self.demand[step]
        if not self.loses:
            offered = self._keep(step, offered)
        self.in_service_log[step] = self.in_service
        self.launching_log[step] = self.launching
        self.desired_log[step] = self.desired
        if self.changes:
            self.target[:] = self.targets[step]
            np.divide(1, self.target, out=self.per_target)
        if self.tracks or self.fleet.steps:
            self._scale(step, offered)

    def run(self) -> Run:
        """Give the logs; what is lost at once needs no state, and is worked out here."""
        logs = self.in_service_log, self.launching_log, self.desired_log
        if self.loses:
            lost = np.maximum(np.nan_to_num(self.demand) - self.in_service_log, 0.0)
            waiting = np.broadcast_to(0.0, lost.shape)
            return Run(self.demand, *logs, lost, waiting)
        return Run(self.offered_log, *logs, self.lost_log, self.waiting_log)

    def _boot(self, step: int) -> None:
        ready = self.booting[step % self.ring]
        self.in_service += ready
        self.launching -= ready
        if self.fleet.warmup:
            slot = self.warms[step % self.fleet.warmup]
            self.warming += ready
            self.warming -= slot
            np.maximum(self.warming, 0.0, out=self.warming)
            slot[:] = ready
        ready.fill(0.0)
        if self.pools:
            slot = self.refill[step % (self.boot + 1)]
            self.pool += slot
            slot.fill(0.0)

    def _set_floor(self, step: int) -> None:
        """Raise desired to MinSize; let it fall along where the actions set it."""
        floor = self.floors[step]
        np.maximum(self.desired, floor, out=self.desired)
        if self.follows:
            np.copyto(self.desired, floor, where=self.follow)

    def _move(self, step: int) -> None:
        """Launch what is short of desired, or stop what is over."""
        short = np.subtract(self.desired, self.in_service, out=self.a)
        short -= self.launching
        launch = np.maximum(short, 0.0, out=self.b)
        over = np.subtract(launch, short, out=self.c)
        self.launching += launch
        if self.pools:
            self._take_from_pool(step, launch)
        self.booting[(step + self.boot) % self.ring] += launch
        if over.any():
            self._stop(step, over)

    def _take_from_pool(self, step: int, launch: Floats) -> None:
        taken = np.minimum(launch, self.pool)
        self.pool -= taken
        launch -= taken
        self.booting[(step + self.pool_boot) % self.ring] += taken
        self.refill[(step + self.boot) % (self.boot + 1)] += taken

    def _stop(self, step: int, over: Floats) -> None:
        """Stop the last launched first: they serve nobody yet."""
        early = np.minimum(over, self.launching, out=self.b)
        if early.any():
            over -= early
            self.launching -= early
            for ahead in range(self.ring - 1, 0, -1):
                slot = self.booting[(step + ahead) % self.ring]
                taken = np.minimum(early, slot)
                slot -= taken
                early -= taken
        self.in_service -= over
        if self.fleet.warmup:
            np.minimum(self.warming, self.in_service, out=self.warming)

    def _keep(self, step: int, demand: Floats) -> Floats:
        """Offer what waits along with new demand, and keep what is not served."""
        waiting = self.waiting_log[step - 1] if step else np.zeros(self.count)
        queued = self.fleet.saturation is Saturation.QUEUED
        back = waiting if queued else waiting / max(self.fleet.retry_over, 1)
        offered = np.nan_to_num(demand) + back
        unserved = np.maximum(offered - self.in_service, 0.0)
        kept = unserved if queued else self.fleet.retry_share * unserved
        self.lost_log[step] = unserved - kept
        self.waiting_log[step] = waiting - back + kept
        self.offered_log[step] = np.where(np.isfinite(demand), offered, np.nan)
        if (gap := ~np.isfinite(demand)).any():  # unknown demand: what waits is served unseen
            self.offered_log[step, gap & (back > 0)] = offered[gap & (back > 0)]
        return np.asarray(self.offered_log[step])

    def _scale(self, step: int, offered: Floats) -> None:
        """Let the policies set what is desired from the next step on; the largest wish holds."""
        if self.fleet.warmup:
            np.subtract(self.in_service, self.warming, out=self.ready)
            share = self.ready / np.maximum(self.in_service, _NOBODY)
            offered = offered * share
        units = np.maximum(self.ready, _NOBODY, out=self.a)
        # What the units can show: CPU is never more than all of it.
        np.minimum(offered, units, out=self.seen)
        np.equal(self.launching, 0.0, out=self.calm)
        if self.fleet.warmup:
            self.calm &= self.warming == 0
        if not self.fleet.steps:
            self._track(step)
            return
        now = self.desired.copy()
        self._track(step)
        wishes = [np.where(np.isnan(self.target), -np.inf, self.desired)]
        wishes += [self._wish(at, now) for at in range(len(self.fleet.steps))]
        self._agree(step, now, wishes)

    def _track(self, step: int) -> None:
        """Target tracking: out in proportion after the high alarm, in after the low one."""
        edge = np.multiply(self.target, self.a, out=self.b)
        np.greater(self.seen, edge, out=self.high)
        edge *= IN_BAND
        np.less(self.seen, edge, out=self.low)
        self.above += 1
        self.above *= self.high
        self.below += 1
        self.below *= self.low
        np.greater_equal(self.above, self.fleet.out_after, out=self.high)
        np.greater_equal(self.below, self.in_after[step], out=self.low)
        self.low &= self.calm
        np.copyto(self.below, 0.0, where=self.low)
        wanted = np.multiply(self.seen, self.per_target, out=self.wanted)
        wanted -= _ROUNDING
        np.ceil(wanted, out=wanted)
        self._go(step, wanted)

    def _go(self, step: int, wanted: Floats) -> None:
        more = np.minimum(wanted, self.maximum, out=self.b)
        np.maximum(more, self.desired, out=more)
        self.low &= ~self.fixed_size
        less = np.maximum(wanted, self.floors[step], out=self.c)
        np.minimum(less, self.desired, out=less)
        if self.fleet.cooldown:
            self.low &= step - self.last_in >= self.fleet.cooldown
            np.copyto(self.last_in, step, where=self.low & (less < self.desired))
        np.copyto(self.desired, more, where=self.high)
        np.copyto(self.desired, less, where=self.low)

    def _wish(self, at: int, now: Floats) -> Floats:
        """Capacity that one step policy asks for; minus infinity when it has no say."""
        policy = self.fleet.steps[at]
        use = self.seen / self.a
        distance = use - policy.threshold if policy.above else policy.threshold - use
        counter = self.beyond[at]
        counter += 1
        counter *= distance > 0
        on = counter >= policy.after
        step = np.searchsorted(policy.bounds, np.maximum(distance, 0.0), side="right") - 1
        amount = np.asarray(policy.amounts)[np.clip(step, 0, None)]
        wish = policy.adjusted(self.ready if policy.above else now, amount)
        if policy.above:
            return np.where(on, np.maximum(wish, now), -np.inf)
        return np.where(on & self.calm, wish, now)

    def _agree(self, step: int, now: Floats, wishes: list[Floats]) -> None:
        """Scale out if any policy wants it, in only if all that can agree."""
        wish = np.max(wishes, axis=0)
        wish = np.where(np.isfinite(wish), wish, now)
        self.desired = np.clip(wish, self.floors[step], self.maximum)
