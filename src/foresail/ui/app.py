"""The web application: two pages, a style and an icon; nothing in it writes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from foresail.errors import ForesailError, InputError
from foresail.logs import get_logger
from foresail.report.shell import asset
from foresail.ui.guard import Guard, tagged
from foresail.ui.html import el
from foresail.ui.live import Cached, Live, live
from foresail.ui.pages import SAIL, VIEW, message_page, overview_page, service_page
from foresail.ui.views import ServiceView, service_view

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from foresail.aws import Aws
    from foresail.config import Config
    from foresail.store.opening import Store

Clock = Callable[[], datetime]
PER_PAGE = 50
KEPT = timedelta(seconds=20)  # how long what the store says is shown before it is read again
HTML, CSS, SVG = "text/html; charset=utf-8", "text/css; charset=utf-8", "image/svg+xml"
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """Where pages take what they show from."""

    config: Config
    clock: Clock
    short: Cached[ServiceView]
    whole: Cached[ServiceView]
    live: Cached[Live]

    def minute(self) -> datetime:
        """Time, to the minute: a page that is asked twice in it is the same."""
        return self.clock().replace(second=0, microsecond=0)


def source(config: Config, aws: Aws, store: Store, clock: Clock) -> Source:
    """Read services from a store, and their targets from AWS."""

    def view(name: str, *, whole: bool) -> ServiceView:
        return service_view(config, aws, store, name, clock(), whole=whole)

    def standing(name: str) -> Live:
        return live(config, aws, name, clock())

    return Source(
        config,
        clock,
        Cached(partial(view, whole=False), clock, KEPT),
        Cached(partial(view, whole=True), clock, KEPT),
        Cached(standing, clock),
    )


def application(shown: Source, hosts: Collection[str]) -> ASGIApp:
    """Make the application; it answers requests for these hosts only."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    routes = [
        Route("/", partial(_told, shown, _overview)),
        Route("/services/{name}", partial(_told, shown, _service)),
        Route("/style.css", _style),
        Route("/icon.svg", _icon),
    ]
    handlers: dict[Any, Any] = {404: _not_found}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), hosts)


def _told(shown: Source, answer: Callable[[Source, Request], str], request: Request) -> Response:
    """Answer with a page; an error of foresail is one too, with its cure."""
    try:
        return tagged(request, answer(shown, request), HTML)
    except InputError as error:
        log.warning("ui.failed", path=request.url.path, message=error.message)
        status = 404 if error.message.startswith("no service") else 503
        return tagged(request, _sorry(error), HTML, status)


def _sorry(error: ForesailError) -> str:
    return message_page("This cannot be shown", error.message, error.cure)


def _overview(shown: Source, request: Request) -> str:
    names = [service.name for service in shown.config.services]
    pages = -(-len(names) // PER_PAGE)
    asked = request.query_params.get("page", "1")
    number = min(max(int(asked), 1), pages) if asked.isdecimal() and len(asked) < 7 else 1
    chosen = names[(number - 1) * PER_PAGE : number * PER_PAGE]
    views = [shown.short.get(name) for name in chosen]
    return overview_page(views, shown.minute(), number=number, pages=pages, total=len(names))


def _service(shown: Source, request: Request) -> str:
    name = str(request.path_params["name"])
    return service_page(shown.whole.get(name), shown.live.get(name), shown.minute())


def _style(request: Request) -> Response:
    return tagged(request, style(), CSS)


def style() -> str:
    """Join the reports' style, dark where the system asks for it, and the page's own."""
    base = asset("page.css")
    opening = ':root[data-theme="dark"] {'
    dark = base[base.index(opening) + len(opening) :].split("}")[0]
    own = (files("foresail.ui") / "style.css").read_text(encoding="utf-8")
    return f"{base}\n@media (prefers-color-scheme: dark) {{ :root {{{dark}}} }}\n{own}"


def _icon(request: Request) -> Response:
    drawn = el("path", d=SAIL, fill="#1769c2")
    return tagged(request, el("svg", drawn, xmlns="http://www.w3.org/2000/svg", viewBox=VIEW), SVG)


def _not_found(request: Request, _: Exception) -> Response:
    return tagged(request, message_page("Not here", "There is no such page."), HTML, 404)
