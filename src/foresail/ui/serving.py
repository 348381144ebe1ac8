"""Serve the page, to this machine unless another is named on purpose."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from foresail.errors import InputError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
OWN_NAMES = ("localhost", "127.0.0.1", "::1")


def check_host(host: str, *, allowed: bool) -> None:
    """Refuse to serve others than this machine unless that was said.

    Parameters
    ----------
    host
        Address to listen on.
    allowed
        Whether ``--allow-remote`` was given.

    Raises
    ------
    InputError
        Saying why: the page has no login.
    """
    if not is_loopback(host) and not allowed:
        raise InputError(
            f"{host} is reachable from other machines, and the page has no login: whoever reaches "
            "it sees your services, their demand and their costs",
            cure="leave --host out and reach it through ssh -L or a proxy that has a login; or add "
            "--allow-remote where the network itself keeps others out",
        )


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def served_names(host: str, names: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Names that requests may carry: the machine's own, the address, and those that are given."""
    return (*OWN_NAMES, host, *names)


def serve(app: ASGIApp, host: str, port: int) -> None:
    """Serve until it is stopped.

    Raises
    ------
    InputError
        When uvicorn is not installed, or the port is taken.
    """
    import uvicorn

    settings = uvicorn.Config(
        app, host=host, port=port, log_level="warning", access_log=False, server_header=False
    )
    server = uvicorn.Server(settings)
    try:
        server.run()
    except SystemExit as error:  # how uvicorn says that it could not listen
        raise InputError(
            f"{host}:{port} cannot be listened on", cure="choose another port: --port 8081"
        ) from error
