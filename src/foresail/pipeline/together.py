"""Plan many services, each step for all of them before the next: calls and forecasts are shared.

A service that fails at a step takes no part in the later ones, and stops no other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from foresail.failures import attempts
from foresail.graph import bottom_up
from foresail.pipeline.coordinating import coordinate
from foresail.pipeline.decided import decided_for
from foresail.pipeline.feedback import remapped, tuned
from foresail.pipeline.fitting import changes_of_day
from foresail.pipeline.forecasting import forecast_each
from foresail.pipeline.hit_rates import pull_hit_rates
from foresail.pipeline.lead import lead_told, with_lead
from foresail.pipeline.leading_metrics import adjusted, notes
from foresail.pipeline.nowcasting import nowcast_each
from foresail.pipeline.planning import Foreseen, Planned, Ready, make_ready, plan_need
from foresail.pipeline.pulling import Pulled, pull_tiers
from foresail.pipeline.tiers import Tier, open_tier
from foresail.provisioning.lead import Lead
from foresail.targets.many import read_each

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.store.opening import Store
    from foresail.targets.base import LiveTarget, Target

T = TypeVar("T")
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Member:
    """A tier on its way to a plan: its target, its lead time, what is live there.

    `tuned` says where its scores moved what it is planned for.
    """

    tier: Tier
    target: Target
    live: LiveTarget
    lead: Lead
    tuned: tuple[str, ...] = ()


Members = Mapping[str, Member]  # of one service, by the tier's name within it


class Together:
    """The steps from tiers to plans, each for many services at once.

    Parameters
    ----------
    aws
        The account and region of the configuration; services may be elsewhere.
    now
        Aware time of planning.
    store
        Keeps history and the journal.
    progress
        Told each step in words.
    """

    def __init__(self, aws: Aws, now: datetime, store: Store, progress: Progress) -> None:
        self.aws = aws
        self.now = now
        self.store = store
        self.progress = progress
        self.errors: dict[str, Exception] = {}

    def plan(self, groups: Mapping[str, Sequence[Tier]]) -> dict[str, list[Planned]]:
        """Plan services, given the tiers of each; what failed is in `errors`."""
        members = self._members(groups)
        found = [one.tier for tiers in members.values() for one in tiers.values()]
        pulled = self._whole(
            members, pull_tiers(found, self.aws, self.now, store=self.store, progress=self.progress)
        )
        self._say("forecast and plan", members)
        ready = self._each(pulled, lambda name: self._ready(members[name], pulled[name]))
        foreseen, told = self._foreseen(ready, pulled)
        return self._each(
            foreseen, lambda name: self._planned(members[name], foreseen[name], told[name])
        )

    def _say(self, what: str, names: Iterable[str]) -> None:
        known = list(names)
        if known:
            self.progress(f"{known[0] if len(known) == 1 else f'{len(known)} services'}: {what}")

    def _each(self, names: Iterable[str], work: Callable[[str], T], most: int = 1) -> dict[str, T]:
        """Work on services; those that fail are left out from here on."""
        done, failed = attempts({name: partial(work, name) for name in names}, most)
        self.errors |= failed
        return done

    def _whole(
        self, members: Mapping[str, Members], found: Mapping[str, T | Exception]
    ) -> dict[str, dict[str, T]]:
        """Put tiers together by service: one tier's error is its service's."""

        def collect(name: str) -> dict[str, T]:
            return {key: _or_raise(found[one.tier.name]) for key, one in members[name].items()}

        return self._each(members, collect)

    def _members(self, groups: Mapping[str, Sequence[Tier]]) -> dict[str, Members]:
        """Open and read all targets: one that is missing is told before a long pull."""
        self._say("read what is live", groups)
        opened = self._each(groups, lambda name: [open_tier(t, self.aws) for t in groups[name]])
        pairs = [pair for name in opened for pair in zip(groups[name], opened[name], strict=True)]
        live = _read(pairs)
        concurrency = pairs[0][0].config.concurrency if pairs else 1

        def member(tier: Tier, target: Target) -> Member:
            found = _or_raise(live[tier.name])
            ready, lead = with_lead(tier, self.aws)
            ready, said = tuned(ready, self.store.records)
            return Member(ready, target, found, lead, said)

        def of_service(name: str) -> Members:
            both = zip(groups[name], opened[name], strict=True)
            return {tier.tier.name: member(tier, target) for tier, target in both}

        return self._each(opened, of_service, concurrency)

    def _ready(self, members: Members, pulled: Mapping[str, Pulled]) -> dict[str, Ready]:
        return {
            name: make_ready(one.tier, pulled[name].demand, one.target, one.live, self.now)
            for name, one in members.items()
        }

    def _foreseen(
        self,
        ready: Mapping[str, Mapping[str, Ready]],
        pulled: Mapping[str, Mapping[str, Pulled]],
    ) -> tuple[dict[str, dict[str, Foreseen]], dict[str, dict[str, tuple[str, ...]]]]:
        """Forecast all tiers, then correct and raise each; also say what that did."""
        keys = [(name, tier) for name, tiers in ready.items() for tier in tiers]
        made = forecast_each([ready[name][tier].asked for name, tier in keys])
        forecasts = dict(zip(keys, made, strict=True))
        told: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)

        def correct(name: str) -> dict[str, Foreseen]:
            found = {}
            for tier, one in ready[name].items():
                alone = one.foreseen(_or_raise(forecasts[name, tier]))
                alone, learned = remapped(alone, self.store.records)
                found[tier], corrections = adjusted(alone, pulled[name][tier].leading)
                told[name][tier] = (*pulled[name][tier].notes, *learned, *notes(corrections))
            return found

        corrected = self._each(ready, correct)
        return self._nowcasted(corrected, told), told

    def _nowcasted(
        self,
        foreseen: Mapping[str, Mapping[str, Foreseen]],
        told: dict[str, dict[str, tuple[str, ...]]],
    ) -> dict[str, dict[str, Foreseen]]:
        keys = [(name, tier) for name, tiers in foreseen.items() for tier in tiers]
        raised = nowcast_each([foreseen[name][tier] for name, tier in keys])
        found = dict(zip(keys, raised, strict=True))

        def raise_(name: str) -> dict[str, Foreseen]:
            done = {}
            for tier in foreseen[name]:
                done[tier], rises = _or_raise(found[name, tier])
                told[name][tier] += rises
            return done

        return self._each(foreseen, raise_)

    def _planned(
        self,
        members: Members,
        foreseen: Mapping[str, Foreseen],
        told: Mapping[str, tuple[str, ...]],
    ) -> list[Planned]:
        """Count the tiers of a service against each other, and plan them from the bottom up."""
        group = [one.tier for one in members.values()]
        service = group[0].service
        known = {name: self._with_recent(members[name], one) for name, one in foreseen.items()}
        rows = coordinate(service, known, pull_hit_rates(group, self.aws, self.now))
        planned = []
        for name in bottom_up(service.needs()):
            row = rows[name]
            said = (*members[name].tuned, *told[name], *row.notes)
            made = plan_need(row.foreseen, row.wanted, members[name].target, self.now, said)
            planned.append(lead_told(made, members[name].lead))
        return planned

    def _with_recent(self, member: Member, foreseen: Foreseen) -> Foreseen:
        journal = self.store.journal
        recent = changes_of_day(member.tier, foreseen.live, member.target, journal, self.now)
        decided = decided_for(member.tier, self.store.records, self.now)
        return replace(foreseen, recent=recent, decided=decided)


def _read(pairs: Sequence[tuple[Tier, Target]]) -> dict[str, LiveTarget | Exception]:
    """Read targets, those of one kind and place together."""
    alike: dict[tuple[str, str], list[tuple[Tier, Target]]] = defaultdict(list)
    for tier, target in pairs:
        alike[tier.place, tier.tier.target.type].append((tier, target))
    found: dict[str, LiveTarget | Exception] = {}
    for group in alike.values():
        names = [tier.tier.target.name for tier, _ in group]
        live = read_each(group[0][1], names, group[0][0].config.concurrency)
        found |= {tier.name: live[tier.tier.target.name] for tier, _ in group}
    return found


def _or_raise(found: T | Exception) -> T:
    if isinstance(found, Exception):
        raise found
    return found
