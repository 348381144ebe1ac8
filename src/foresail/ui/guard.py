"""What stands before every page: who may ask, how, and what a browser may do with the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

METHODS = ("GET", "HEAD")
HEADERS = {
    # No script at all, no style but the page's own file, nothing from elsewhere, in no frame.
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "private, no-cache",
}


class Guard:
    """Refuses other methods than GET and HEAD, and other names than the page's own.

    A page of another site can have its name point to this machine, and read what is served here as
    if it were its own; its requests carry its name as their host.

    Parameters
    ----------
    app
        What stands behind.
    hosts
        Names that requests may carry, without port.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self.app = app
        self.hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on; every answer carries the headers."""
        from starlette.datastructures import Headers
        from starlette.responses import PlainTextResponse

        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # a websocket is refused before it is one
            await send({"type": "websocket.close", "code": 1008})
            return
        answer: ASGIApp = self.app
        if host_of(Headers(scope=scope).get("host", "")) not in self.hosts:
            answer = PlainTextResponse("this host is not served here\n", 421)
        elif scope["method"] not in METHODS:
            answer = PlainTextResponse("this page is read only\n", 405, {"allow": "GET, HEAD"})
        await answer(scope, receive, _with_headers(send))


def _with_headers(send: Send) -> Send:
    from starlette.datastructures import MutableHeaders
    from starlette.types import Message

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sending


def host_of(header: str) -> str:
    """Name in a Host header, without its port; brackets of an IPv6 address are taken off."""
    if header.startswith("["):
        return header[1:].split("]", maxsplit=1)[0].lower()
    return header.rsplit(":", 1)[0].lower() if header.count(":") == 1 else header.lower()


def tagged(request: Request, content: str, media_type: str, status: int = 200) -> Response:
    """Answer with content and its tag; without it where the browser has it already."""
    from starlette.responses import Response

    tag = f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'
    if status == 200 and tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"etag": tag})
    return Response(content, status, {"etag": tag}, media_type)
