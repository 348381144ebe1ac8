"""The pages: all services, and one of them. Pure: what is shown is passed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from foresail.report.times import local
from foresail.ui.drawing import short
from foresail.ui.html import Html, el
from foresail.ui.live import Live
from foresail.ui.panels import attention, cards, tier_panel
from foresail.ui.views import ServiceView
from foresail.ui.words import ago, change, clock, scored, state

REFRESH = "60"  # seconds
SAIL = (
    "M11 3v14H3.6C6.9 13.6 9.5 9 11 3zM13 1.5c.4 6 2.7 11.5 8 15.500h-8z"
    "M2.5 19h19c-1 2-2.300 3-4.500 3H7c-2.200 0-3.500-1-4.500-3z"
)
VIEW = "0 0 24 24"


def page(title: str, *content: Html, note: str = "") -> str:
    """Put content into the frame that all pages share; it asks for itself again each minute."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", http_equiv="refresh", content=REFRESH),
        el("title", f"{title} - foresail"),
        el("link", rel="stylesheet", href="/style.css"),
        el("link", rel="icon", href="/icon.svg"),
    )
    sail = el("svg", el("path", d=SAIL), viewBox=VIEW, width=22, height=22, aria_hidden="true")
    brand = el("a", sail, "foresail", href="/", class_="brand")
    top = el("header", brand, el("span", "read only", class_="badge"), class_="top")
    foot = el("footer", f"{note} " if note else "", "This page writes nothing.")
    body = el("body", top, el("main", *content), foot)
    return f"<!doctype html>\n{el('html', head, body, lang='en')}\n"


def overview_page(
    views: Sequence[ServiceView], now: datetime, *, number: int = 1, pages: int = 1, total: int = 0
) -> str:
    """All services: how each stands, and what comes next."""
    rows = [_row(view, now) for view in views]
    names = ("service", "state", "plan", "next change", "peak ahead", "last score", "")
    head = el("thead", el("tr", [el("th", name) for name in names]))
    table = el("table", head, el("tbody", rows), class_="services stack")
    looked = [state(view, now) for view in views]
    troubled = sum(look in ("critical", "high") for _, look in looked)
    said = "every service is as planned" if not troubled else f"{troubled} want a look"
    title = el("h1", f"{total or len(views)} services" if len(views) != 1 else "1 service")
    hero = el("section", title, el("p", said, class_="subtitle"), class_="hero")
    panel = el("section", table, _pager(number, pages), class_="panel")
    return page("services", hero, panel, note=f"As of {now:%Y-%m-%d %H:%M} UTC.")


def _row(view: ServiceView, now: datetime) -> Html:
    zone = ZoneInfo(view.timezone)
    words, look = state(view, now)
    link = el("a", view.name, href=f"/services/{quote(view.name, safe='')}")
    cells = (
        ("state", el("span", words, class_=f"badge {look}")),
        ("plan", ago(now - view.made) if view.made else "none yet"),
        ("next change", _next(view, zone, now)),
        ("peak ahead", _peak(view, zone, now)),
        ("last score", _last_score(view)),
        ("", _flags(view)),
    )
    told = [el("td", el("span", value), data_label=label) for label, value in cells]
    return el("tr", el("th", link), told)


def _next(view: ServiceView, zone: ZoneInfo, now: datetime) -> str:
    found = view.next_step(now)
    if found is None:
        return "none planned"
    tier, step = found
    named = f"{tier} " if len(view.tiers) > 1 else ""
    return f"{clock(step.at, zone, now)}: {named}{change(step)}"


def _peak(view: ServiceView, zone: ZoneInfo, now: datetime) -> str:
    tops = [max(one.steps(now), key=lambda s: s.after, default=None) for one in view.tiers]
    known = [top for top in tops if top is not None]
    if not known:
        return "-"
    top = max(known, key=lambda step: step.after)
    return f"{short(top.after)} at {clock(top.at, zone, now)}"


def _last_score(view: ServiceView) -> str:
    known = [one.score for one in view.tiers if one.score is not None]
    worst = max(
        known, key=lambda s: s.capacity.usage["actual"].short_minutes if s.capacity else 0.0,
        default=None,
    )  # fmt: skip
    return scored(worst) if worst else "none yet"


def _flags(view: ServiceView) -> list[Html]:
    flags = []
    if view.waiting:
        flags.append(f"{len(view.waiting)} waiting")
    if view.overrides:
        flags.append(f"{len(view.overrides)} overridden")
    if view.lease is not None:
        flags.append("run under way")
    return [el("span", flag, class_="badge update") for flag in flags]


def _pager(number: int, pages: int) -> Html | None:
    if pages <= 1:
        return None
    before = el("a", "← before", href=f"/?page={number - 1}") if number > 1 else None
    after = el("a", "after →", href=f"/?page={number + 1}") if number < pages else None
    return el("nav", before, f" page {number} of {pages} ", after, class_="pager")


def service_page(view: ServiceView, live: Live, now: datetime) -> str:
    """One service: what wants a person, and each tier's plan against what came."""
    zone = ZoneInfo(view.timezone)
    words, look = state(view, now)
    config = view.tiers[0].tier
    where = [f"{config.region}", view.timezone, f"{local(now, zone)}"]
    hero = el(
        "section",
        el("p", [el("span", part) for part in where], class_="where"),
        el("h1", view.name, " ", el("span", words, class_=f"badge {look}")),
        class_="hero",
    )
    panels = [tier_panel(one, live.rows.get(one.tier.name), zone, now) for one in view.tiers]
    said = f"AWS could not be asked: {live.problem}" if live.problem else None
    problem = el("p", said, class_="notice") if said else None
    note = f"All times are in {view.timezone}. Targets are asked on AWS once a minute."
    content = [hero, cards(view, zone, now), problem, attention(view, zone, now), *panels]
    return page(view.name, *(one for one in content if one is not None), note=note)


def message_page(title: str, said: str, cure: str | None = None) -> str:
    """Say why there is nothing to show, and what to do."""
    told = [el("p", said, class_="verdict"), el("p", cure, class_="subtitle") if cure else None]
    return page(title, el("section", el("h1", title), told, class_="hero"))
