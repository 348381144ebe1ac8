"""One module per AWS service of the sandbox: what it changes in moto, and what a minute does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from foresail.sandbox.clock import Clock

ACCOUNT = "123456789012"  # moto's own
Patch = tuple[Any, str, Any]  # owner, name, what stands there instead


@dataclass(slots=True)
class World:
    """What every module may use: the clock, the region, clients of this very sandbox."""

    clock: Clock
    region: str
    make_client: Callable[[str], Any]
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Give the one client of a service, made when first asked for."""
        if service not in self._clients:
            self._clients[service] = self.make_client(service)
        return self._clients[service]


class Module:
    """Base of all modules; one that has nothing to do each minute or at the end says nothing.

    `services` are moto's names of the services that it changes. Its methods go into moto when
    the first request for one of them arrives, since importing all of moto takes seconds.
    """

    services: ClassVar[frozenset[str]]

    def __init__(self, world: World) -> None:
        self.world = world

    def methods(self) -> Iterator[Patch]:
        """Owner, name and replacement of each method of moto that this service changes."""
        raise NotImplementedError

    def play(self, minute: datetime) -> None:
        """Do what is due in the minute that begins at `minute` (UTC)."""

    def publish(self) -> None:
        """Tell CloudWatch what was played since the last time."""


class Patches:
    """Puts modules into moto, service by service, and takes all of them out again."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self._waiting = list(modules)
        self._kept: list[tuple[type, str, Any]] = []

    def install(self, service: str) -> None:
        """Serve a service of moto with its modules' methods from now on."""
        for module in [m for m in self._waiting if service in m.services]:
            self._waiting.remove(module)
            for owner, name, method in module.methods():
                self._kept.append((owner, name, vars(owner).get(name)))
                setattr(owner, name, method)

    def undo(self) -> None:
        """Leave moto as it was."""
        while self._kept:
            owner, name, original = self._kept.pop()
            if original is None:
                delattr(owner, name)
            else:
                setattr(owner, name, original)


@contextmanager
def extended(modules: Sequence[Module], eager: Sequence[str]) -> Iterator[None]:
    """Serve with the modules until the block ends; those of `eager` services right away."""
    from moto.moto_server import threaded_moto_server

    server: Any = threaded_moto_server
    patches, moto_create = Patches(modules), server.create_backend_app

    def create(service: str) -> Any:
        patches.install(service)
        return moto_create(service)

    server.create_backend_app = create
    try:
        for service in eager:
            patches.install(service)
        yield
    finally:
        server.create_backend_app = moto_create
        patches.undo()
