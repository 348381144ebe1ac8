"""The parts of a service's page: figures, what wants a person, and its tiers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from foresail.ui.charts import demand_chart, units_chart
from foresail.ui.drawing import short
from foresail.ui.html import Html, el
from foresail.ui.views import ServiceView, Step, TierView
from foresail.ui.words import ACTUAL, ago, change, clock, length, scored, why

if TYPE_CHECKING:
    from foresail.operations import Status
    from foresail.store.forecasts import Facts

MOST_STEPS = 30
MOST_DRIFT = 8


def cards(view: ServiceView, zone: ZoneInfo, now: datetime) -> Html:
    """Key figures of a service."""
    following = view.next_step(now)
    trust = [one.forecast.facts.confidence for one in view.tiers if one.forecast]
    short_minutes = [
        one.score.capacity.usage[ACTUAL].short_minutes
        for one in view.tiers
        if one.score is not None and one.score.capacity is not None
    ]
    made = [
        _card("plan", ago(now - view.made) if view.made else "none", "of the oldest tier"),
        _card(
            "next change",
            f"in {length(following[1].at - now)}" if following else "none",
            _following(*following, zone, now) if following else "nothing is planned",
        ),
        _card("trust", f"{min(trust):.2f}" if trust else "-", "in the forecast, 0 to 1"),
        _card(
            "under capacity",
            f"{sum(short_minutes):.0f} min" if short_minutes else "-",
            "in the last window that was scored",
            look=_look(short_minutes),
        ),
    ]
    return el("section", made, class_="cards", aria_label="Key figures")


def _following(tier: str, step: Step, zone: ZoneInfo, now: datetime) -> str:
    return f"{clock(step.at, zone, now)}, {tier}: {change(step)} units"


def _look(minutes: Sequence[float]) -> str:
    if not minutes:
        return ""
    return "bad" if sum(minutes) > 0 else "good"


def _card(label: str, value: str, about: str, *, look: str = "") -> Html:
    parts = (("label", label), ("value", value), ("about", about))
    return el("div", [el("span", text, class_=name) for name, text in parts], class_=f"card {look}")


def attention(view: ServiceView, zone: ZoneInfo, now: datetime) -> Html | None:
    """List what a person should know or do, with its command; None when there is nothing."""
    rows = [*_mode(view), *_standstill(view, zone, now), *_waiting(view, zone, now)]
    rows += [*_overrides(view, zone, now), *_failed(view, zone, now)]
    if not rows:
        return None
    return el("section", el("h2", "What to know"), el("ul", rows, class_="todo"), class_="panel")


def _item(badge: str, look: str, said: str, command: str = "") -> Html:
    code = el("code", command) if command else None
    return el("li", el("span", badge, class_=f"badge {look}"), el("span", said), code)


def _mode(view: ServiceView) -> list[Html]:
    if not view.mode.forecast_only:
        return []
    command = f"foresail score --service {view.name}"
    return [_item("forecast only", "critical", view.mode.reason, command)]


def _standstill(view: ServiceView, zone: ZoneInfo, now: datetime) -> list[Html]:
    if view.freeze is None:
        return []
    until = clock(view.freeze.until, zone, now)
    said = f"until {until}: {view.freeze.reason} (by {view.freeze.by})"
    return [_item("frozen", "high", said)]


def _waiting(view: ServiceView, zone: ZoneInfo, now: datetime) -> list[Html]:
    made = []
    for one in view.waiting:
        cost = f", ${one.cost_per_day} a day" if one.cost_per_day else ""
        until = clock(one.expires, zone, now)
        said = f"{one.changes} changes{cost}, until {until}: {'; '.join(one.reasons)}"
        made.append(_item("waiting", "high", said, f"foresail approve {one.plan_id}"))
    return made


def _overrides(view: ServiceView, zone: ZoneInfo, now: datetime) -> list[Html]:
    made = []
    for one in view.overrides:
        bounds = [("at least", one.minimum), ("at most", one.maximum)]
        said = " and ".join(f"{word} {units}" for word, units in bounds if units is not None)
        span = f"{clock(one.start, zone, now)} to {clock(one.end, zone, now)}"
        text = f"{one.tier}: {said}, {span}: {one.reason} (by {one.by})"
        made.append(_item("override", "medium", text))
    return made


def _failed(view: ServiceView, zone: ZoneInfo, now: datetime) -> list[Html]:
    kept = view.outcome
    if kept is None or kept.outcome["state"] not in ("failed", "refused", "held"):
        return []
    said = f"the run of {clock(kept.at, zone, now)}: {'; '.join(kept.outcome['reasons'])}"
    return [_item(kept.outcome["state"], "critical", said, f"foresail run --service {view.name}")]


def tier_panel(view: TierView, live: Status | None, zone: ZoneInfo, now: datetime) -> Html:
    """One tier: its charts, how it stands on AWS, its score, and the steps to come."""
    target = view.tier.tier.target
    head = el("h2", view.tier.tier.name, " ", el("small", f"{target.type} {target.name}"))
    parts = [head, *_standing(view, live)]
    if view.problem:
        parts.append(el("p", view.problem, class_="notice"))
    elif view.forecast is None:
        said = "No plan yet. Make the first one: "
        parts.append(el("p", said, el("code", "foresail plan"), class_="empty"))
    else:
        charts = [demand_chart(view, zone, now), units_chart(view, zone, now)]
        parts += [*charts, _steps(view, zone, now)]
    return el("section", parts, class_="panel")


def _standing(view: TierView, live: Status | None) -> list[Html]:
    facts = view.forecast.facts if view.forecast else None
    said = [] if facts is None else [_foreseen(facts)]
    if live is not None:
        said.append(f"on AWS: {live.live.sizes()}")
    if view.score is not None:
        said.append(f"last window: {scored(view.score)}")
    made = [el("p", " · ".join(said), class_="caption")] if said else []
    return [*made, *_drift(live)]


def _foreseen(facts: Facts) -> str:
    told = [f"up to {short(facts.recommended_capacity)} units, trust {facts.confidence:.2f}"]
    told += [f"pattern {facts.pattern}"] if facts.pattern else []
    return ", ".join([*told, *([f"urgency {facts.urgency}"] if facts.urgency else [])])


def _drift(live: Status | None) -> list[Html]:
    if live is None or not live.drift.pending:
        return []
    changes = live.drift.pending
    lines = [el("li", f"{one.operation} {one.name}") for one in changes[:MOST_DRIFT]]
    more = len(changes) - MOST_DRIFT
    lines += [el("li", f"and {more} more")] if more > 0 else []
    said = el("p", f"{len(changes)} differ from what the last run left:")
    return [el("div", said, el("ul", lines), class_="notice")]


def _steps(view: TierView, zone: ZoneInfo, now: datetime) -> Html:
    ahead = view.steps(now)
    if not ahead:
        said = "The plan changes nothing any more; make another: "
        return el("p", said, el("code", "foresail plan"), class_="empty")
    rows = [
        el("tr", el("td", clock(step.at, zone, now), class_="when"),
           el("td", change(step), class_="sizes"), el("td", why(step), class_="why"))
        for step in ahead[:MOST_STEPS]
    ]  # fmt: skip
    left = len(ahead) - len(rows)
    more = el("p", f"and {left} more: foresail plan --full", class_="empty") if left else None
    head = el("thead", el("tr", [el("th", name) for name in ("when", "floor", "why")]))
    summary = el("summary", f"{len(ahead)} changes to come, each with why")
    return el("details", summary, el("table", head, el("tbody", rows), class_="changes"), more)
