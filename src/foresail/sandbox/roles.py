"""Roles of the sandbox's other accounts: taken on only with the external id that they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from foresail.sandbox.modules import ACCOUNT, Module, Patch, World

LIFETIME = timedelta(hours=1)  # as STS gives it when nothing else is asked for


@dataclass(frozen=True, slots=True)
class Trusted:
    """What a role's trust policy asks for, and how long its credentials last."""

    external_id: str | None
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a role that was given: who took it on, by name, and where."""

    role: str
    name: str
    region: str


class Roles(Module):
    """STS: a role that was not added, or another external id, is denied in AWS's words."""

    services: ClassVar[frozenset[str]] = frozenset({"sts"})

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._roles: dict[str, Trusted] = {}
        self.sessions: list[Session] = []

    def add(self, arn: str, external_id: str | None = None, lifetime: timedelta = LIFETIME) -> None:
        """Let a role be taken on."""
        self._roles[arn] = Trusted(external_id, lifetime)

    def methods(self) -> Iterator[Patch]:
        """Check the trust before moto gives credentials, and note the session."""
        from moto.core.utils import utcnow
        from moto.sts.models import STSBackend

        moto_assume = STSBackend.assume_role

        def assume(backend: STSBackend, **asked: Any) -> Any:
            trusted = self._trusted(asked["role_arn"], asked["external_id"])
            made = moto_assume(backend, **asked)
            made.expiration = utcnow() + trusted.lifetime
            self.sessions.append(
                Session(asked["role_arn"], asked["role_session_name"], asked["region_name"])
            )
            return made

        yield STSBackend, "assume_role", assume

    def _trusted(self, arn: str, external_id: str | None) -> Trusted:
        """Find what a role asks for; of a missing one and a wrong id AWS says the same."""
        from moto.sts.exceptions import STSClientError

        trusted = self._roles.get(arn)
        if trusted is None or trusted.external_id not in (None, external_id):
            who = f"arn:aws:sts::{ACCOUNT}:user/sandbox"
            raise STSClientError(
                "AccessDenied",
                f"User: {who} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            )
        return trusted
