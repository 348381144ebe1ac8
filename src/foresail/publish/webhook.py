"""A Slack-compatible webhook. Its address is a secret: no message, log or error repeats it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from foresail.errors import ForesailError, InputError
from foresail.remote import parse_address, read_parameter

if TYPE_CHECKING:
    from foresail.aws import Aws

SECONDS = 5.0  # for each attempt, to connect and to be answered
ATTEMPTS = 3
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_OFTEN, _ITS_FAULT = 429, 500
_CURE = "write https://... there, as the chat gave it; http only to this machine"


class WebhookError(ForesailError):
    """The webhook could not be told; says why without its address."""


def address_of(place: str, aws: Aws) -> str:
    """Read a webhook's address from where the configuration says it is.

    Parameters
    ----------
    place
        ``env:NAME``, or ``ssm:/path`` of a SecureString.

    Raises
    ------
    InputError
        When nothing is there, it is not encrypted, or it is no address that may be called.
    """
    kind, _, name = place.partition(":")
    text = os.environ.get(name, "") if kind == "env" else _parameter(place, aws)
    if not text:
        raise InputError(f"webhook: {name} is not set", cure=f"set {name}, or take it out")
    return _checked(text.strip(), place)


def _parameter(place: str, aws: Aws) -> str:
    found = read_parameter(aws, parse_address(place))
    if found.kind != "SecureString":
        raise InputError(
            f"webhook: {place} is a {found.kind}, which whoever lists parameters can read",
            cure="write it again as a SecureString",
        )
    return found.value


def _checked(text: str, place: str) -> str:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    safe = bool(host) and (parts.scheme == "https" or _is_local(parts.scheme, host))
    if not safe or parts.username is not None or any(c.isspace() for c in text) or port == 0:
        raise InputError(f"webhook: what {place} holds is no address to call", cure=_CURE)
    return text


def _is_local(scheme: str, host: str | None) -> bool:
    return scheme == "http" and host in LOOPBACK


def post(address: str, text: str, wait: Callable[[float], None] = time.sleep) -> None:
    """Send a text; twice more where the other side is down, or asks for time.

    Raises
    ------
    WebhookError
        When it did not take it.
    """
    why = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            wait(0.5 * 2.0**attempt)
        status, why = _attempt(address, text)
        if status is not None and status < 300:
            return
        if status is not None and status != _OFTEN and status < _ITS_FAULT:
            break
    raise WebhookError(f"the webhook did not take the notice ({why})", cure="check its address")


def _attempt(address: str, text: str) -> tuple[int | None, str]:
    """Status of the answer and how to say it; a redirect is an answer, and is not followed."""
    import urllib3

    body = json.dumps({"text": text})
    headers = {"Content-Type": "application/json", "User-Agent": "foresail"}
    try:
        with _pool(address) as pool:
            answer = pool.request("POST", address, body=body, headers=headers, redirect=False)
    except urllib3.exceptions.HTTPError as error:  # its text holds the address
        return None, type(error).__name__
    return int(answer.status), f"HTTP {answer.status}"


def _pool(address: str) -> Any:
    """Open connections that check certificates; through the environment's proxy if it has one."""
    from urllib.request import getproxies, proxy_bypass

    import urllib3

    parts = urlsplit(address)
    settings: dict[str, Any] = {"timeout": urllib3.Timeout(total=SECONDS), "retries": False}
    proxy = getproxies().get(parts.scheme)
    if proxy and not proxy_bypass(parts.hostname or "") and parts.hostname not in LOOPBACK:
        return urllib3.ProxyManager(proxy, **settings)
    return urllib3.PoolManager(**settings)
