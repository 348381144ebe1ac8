"""Score what is due, service by service; scores teach, tune, find drift and set the mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from foresail.config import Config
from foresail.failures import ServiceFailure, each_service
from foresail.pipeline.drifting import measured_drifts
from foresail.pipeline.score_tier import KEEP, LOOK_BACK, TierScored, read_scores, score_tier
from foresail.pipeline.tiers import Tier, tiers
from foresail.score.drift import Drift, forecast_drift
from foresail.score.modes import PARTITION, Hysteresis, Mode, next_mode, read_mode
from foresail.score.score import Score
from foresail.store.opening import open_store
from foresail.store.records import Put, stamp
from foresail.tracing import span

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.store.opening import Store

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ServiceScored:
    """What scoring a service brought.

    Parameters
    ----------
    service
        Its name.
    scores
        New ones, in the order of their windows.
    left_out
        Windows that were due and have no score, and why.
    drifts, fresh
        What is no longer as plans take it, and what of it was not so after the window before.
    before, after
        Its mode.
    notes
        What else a person should know.
    """

    service: str
    scores: tuple[Score, ...]
    left_out: tuple[str, ...]
    drifts: tuple[Drift, ...]
    fresh: tuple[Drift, ...]
    before: Mode
    after: Mode
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """Say what a person should know, a line each."""
        told = [f"{self.service}: drift: {one.tier}: {one.reason}" for one in self.drifts]
        if self.after.forecast_only and self.after.since is not None:
            told.append(f"{self.service}: forecast-only since {self._since()}: {self.after.reason}")
        if self.promoted:
            told.append(f"{self.service}: plans are written again: {self.after.reason}")
        return [*told, *(f"left out: {text}" for text in self.left_out), *self.notes]

    def _since(self) -> str:
        return f"{self.after.since:%Y-%m-%d %H:%M}Z"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "service": self.service,
            "scores": [one.to_json() for one in self.scores],
            "left_out": list(self.left_out),
            "drifts": [one.to_json() for one in self.drifts],
            "mode": self.after.to_json(),
            "demoted": self.demoted,
            "promoted": self.promoted,
            "notes": list(self.notes),
        }

    @property
    def demoted(self) -> bool:
        """Whether it is forecast-only from now on."""
        return self.after.forecast_only and not self.before.forecast_only

    @property
    def promoted(self) -> bool:
        """Whether its plans are written again from now on."""
        return self.before.forecast_only and not self.after.forecast_only


def score_all(
    config: Config,
    aws: Aws,
    now: datetime,
    *,
    store: Store | None = None,
    service: str | None = None,
    progress: Progress = lambda _: None,
) -> list[Score]:
    """Score every window that is due; answers the new scores. See `score_services`."""
    done, _ = score_services(config, aws, now, store=store, service=service, progress=progress)
    return [score for one in done for score in one.scores]


@span("foresail.score")
def score_services(
    config: Config,
    aws: Aws,
    now: datetime,
    *,
    store: Store | None = None,
    service: str | None = None,
    progress: Progress = lambda _: None,
) -> tuple[list[ServiceScored], tuple[ServiceFailure, ...]]:
    """Score every window that is due, and carry over what follows from it.

    A window is scored once. Run again after a run that died, it goes on where that one stopped.

    Parameters
    ----------
    store
        Opened as the configuration says when None.
    service
        Only this one.

    Returns
    -------
    tuple
        What each service brought, and the services that failed; one does not stop the others.

    Raises
    ------
    InputError
        When none of the services could be scored.
    """
    kept = store or open_store(config, aws, lambda: now)
    grouped = groupby(tiers(config, service), key=lambda tier: tier.service.name)
    groups = {name: list(group) for name, group in grouped}
    done, failed = each_service(
        groups, lambda name: _score_service(groups[name], aws, kept, now, progress)
    )
    return list(done.values()), failed


def _score_service(
    group: Sequence[Tier], aws: Aws, store: Store, now: datetime, progress: Progress
) -> ServiceScored:
    name = group[0].service.name
    before = read_mode(store.records, name)
    scored = []
    for tier in group:
        progress(f"{tier.name}: score")
        scored.append(score_tier(tier, aws, store, now, before))
    scores = sorted((s for one in scored for s in one.scores), key=lambda s: s.window.start)
    measured, notes = _measured(scored, aws, now) if scores else ([], [])
    after, drifts = _follow(group, store, before, measured, now)
    fresh = tuple(one for one in drifts if one.name not in before.drifts)
    return ServiceScored(
        service=name,
        scores=tuple(scores),
        left_out=tuple(text for one in scored for text in one.left_out),
        drifts=tuple(drifts),
        fresh=fresh,
        before=before,
        after=after,
        notes=(*(text for one in scored for text in one.notes), *notes),
    )


def _measured(
    scored: Sequence[TierScored], aws: Aws, now: datetime
) -> tuple[list[Drift], list[str]]:
    pulled = {
        one.tier.tier.name: (one.tier, one.pulled) for one in scored if one.pulled is not None
    }
    return measured_drifts(pulled, aws, now)


def _follow(
    group: Sequence[Tier], store: Store, before: Mode, measured: Sequence[Drift], now: datetime
) -> tuple[Mode, list[Drift]]:
    """Take a service's mode through every window that it has not seen, and keep it."""
    service, config = group[0].service, group[0].config
    scores = [
        score
        for tier in group
        for score in read_scores(store, service.name, tier.tier.name, now - LOOK_BACK, now)
    ]
    rule = Hysteresis(config.scoring.demote_after, config.scoring.promote_after)
    after, drifts = followed(before, scores, measured, rule)
    if after == before:
        return before, drifts

    changes = [Put(PARTITION, service.name, after.to_json())]
    if after.forecast_only != before.forecast_only and after.since is not None:
        data = {"forecast_only": after.forecast_only, "reason": after.reason}
        changes.append(Put(f"{PARTITION}/{service.name}", stamp(after.since), data, now + KEEP))
    store.records.write(*changes)
    return after, drifts


def followed(
    mode: Mode, scores: Sequence[Score], measured: Sequence[Drift], rule: Hysteresis
) -> tuple[Mode, list[Drift]]:
    """Tell a service's mode after the windows that it has not seen yet.

    Parameters
    ----------
    scores
        Of all its tiers, also of the windows that it has seen: drift looks back on them.
    measured
        What was found to have drifted now; it counts in the last window.

    Returns
    -------
    tuple
        The mode, and what has drifted at the end of the last window.
    """
    ends = sorted({score.window.end for score in scores})
    todo = [end for end in ends if mode.until is None or end > mode.until]
    drifts: list[Drift] = []
    for end in todo:
        drifts = _residuals(scores, end) + (list(measured) if end == todo[-1] else [])
        mode = next_mode(mode, [s for s in scores if s.window.end == end], drifts, rule, end)
    return mode, drifts


def _residuals(scores: Sequence[Score], end: datetime) -> list[Drift]:
    """Which tiers' demand has just left its forecasts at the end of a window."""
    found = []
    for name in dict.fromkeys(score.tier for score in scores):
        mine = sorted(
            (s for s in scores if s.tier == name and s.window.end <= end),
            key=lambda s: s.window.end,
        )
        drift = forecast_drift(mine) if mine and mine[-1].window.end == end else None
        found += [] if drift is None else [drift]
    return found
