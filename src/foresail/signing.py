"""Signed statements: who holds the key said this, and until when it counts (HMAC-SHA256).

The key comes from the environment or from Parameter Store, and is kept nowhere else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from foresail.errors import ConfigError, InputError
from foresail.remote import is_remote, parse_address, read_parameter

if TYPE_CHECKING:
    from foresail.aws import Aws

VARIABLE = "FORESAIL_SIGNING_KEY"
LEAST_KEY = 32  # characters; as many bytes as the digest has
EXPIRES = "expires"
_MAKE = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that no log, repr or traceback shows."""

    secret: bytes = field(repr=False)


def signing_key(aws: Aws) -> SigningKey | None:
    """Key that the environment names; None where it names none.

    FORESAIL_SIGNING_KEY is the key itself, of 32 characters or more, or names the SecureString
    that holds it: ``ssm:/foresail/signing-key``.

    Raises
    ------
    ConfigError
        The key is too short, or the parameter is not encrypted.
    AwsError
        The parameter cannot be read.
    """
    said = os.environ.get(VARIABLE, "").strip()
    if not said:
        return None
    return _key(_parameter(said, aws) if is_remote(said) else said)


def _parameter(address: str, aws: Aws) -> str:
    found = read_parameter(aws, parse_address(address))
    if found.kind != "SecureString":
        raise ConfigError(
            f"{VARIABLE}: {address} is a {found.kind}, which anybody who reads it can use",
            cure="keep the key as a SecureString: aws ssm put-parameter --type SecureString",
        )
    return found.value.strip()


def _key(secret: str) -> SigningKey:
    if len(secret) < LEAST_KEY:
        raise ConfigError(
            f"{VARIABLE}: the key has {len(secret)} characters, and needs {LEAST_KEY}",
            cure=f"make one: {_MAKE}",
        )
    return SigningKey(secret.encode())


def seal(text: str, key: SigningKey, *, purpose: str) -> str:
    """Seal a text that does not expire by itself, like the fingerprint of a plan."""
    return _mac(text, key, purpose)


def sealed(text: str, seal: object, key: SigningKey, *, purpose: str) -> bool:
    """Tell whether a seal is that of a text; takes as long for each wrong one."""
    given = seal if isinstance(seal, str) else ""
    return hmac.compare_digest(given.encode(errors="replace"), _mac(text, key, purpose).encode())


def sign(payload: dict[str, Any], key: SigningKey, *, purpose: str = "approval") -> str:
    """Sign plain values as a token of letters, digits and ``- _ .``.

    Parameters
    ----------
    payload
        Plain JSON values. `expires`, an aware time as ISO 8601 text, must be among them.
    key
        Whoever holds it can make and check tokens.
    purpose
        What the token is for; one made for another purpose is refused.

    Raises
    ------
    InputError
        Nothing says when the token expires.
    """
    _expiry(payload)
    body = _encode(json.dumps(payload, sort_keys=True, separators=(",", ":")).encode())
    return f"{body}.{_mac(body, key, purpose)}"


def verify(
    token: str, key: SigningKey, now: datetime, *, purpose: str = "approval"
) -> dict[str, Any]:
    """Give back what a token says, when it was signed with this key and still counts.

    Parameters
    ----------
    token, key, purpose
        As of `sign`.
    now
        Aware time.

    Raises
    ------
    InputError
        The token was not made with this key for this purpose, or has expired. Which part of a
        forged one is wrong is not told.
    """
    body, _, mac = token.strip().partition(".")
    if not sealed(body, mac, key, purpose=purpose):
        raise InputError(
            f"the {purpose} token was not signed with this key",
            cure=f"check {VARIABLE}, and that the token was copied whole",
        )
    payload: dict[str, Any] = json.loads(_decode(body))
    expires = _expiry(payload)
    if now >= expires:
        raise InputError(
            f"the {purpose} token expired at {expires.astimezone(UTC):%Y-%m-%d %H:%MZ}",
            cure="ask for a new one",
        )
    return payload


def _expiry(payload: dict[str, Any]) -> datetime:
    try:
        expires = datetime.fromisoformat(payload[EXPIRES])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            "nothing says when the token expires", cure="add expires, as 2026-11-25T12:00:00+00:00"
        ) from error
    if expires.tzinfo is None:
        raise InputError(f"expires has no time zone: {payload[EXPIRES]}", cure="add +00:00")
    return expires


def _mac(body: str, key: SigningKey, purpose: str) -> str:
    # The purpose has no NUL byte, so that no two pairs of purpose and body read the same.
    said = f"foresail {purpose}\0{body}".encode(errors="replace")
    return _encode(hmac.new(key.secret, said, hashlib.sha256).digest())


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
