"""foresail.yaml in Systems Manager's Parameter Store: ``ssm:/foresail/storefront``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors, code_of
from foresail.config import Config, parse_config
from foresail.config.reading import CALENDAR_FILES
from foresail.errors import AwsError, ConfigError, InputError
from foresail.yamls import parse_yaml

if TYPE_CHECKING:
    from foresail.aws import Aws

IAM_READ = ("ssm:GetParameter",)
IAM_WRITE = ("ssm:PutParameter",)
IAM_DECRYPT = "kms:Decrypt"  # where a SecureString has a key of the customer's own
SCHEME = "ssm:"
STANDARD_BYTES, ADVANCED_BYTES = 4096, 8192
_ADDRESS = re.compile(r"ssm:(?P<name>(/[A-Za-z0-9_.-]+){1,15})(:(?P<version>[A-Za-z0-9_.-]+))?")
_CURE = "write ssm:/foresail/storefront, or ssm:/foresail/storefront:3 for its version 3"


@dataclass(frozen=True, slots=True)
class Address:
    """A parameter, and which of its versions (a number or a label); None for the latest."""

    name: str
    version: str | None = None

    @property
    def selector(self) -> str:
        """Name as GetParameter takes it."""
        return f"{self.name}:{self.version}" if self.version else self.name

    def __str__(self) -> str:
        return f"{SCHEME}{self.selector}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as it stands."""

    value: str
    version: int
    kind: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did: the version now, the one before, and whether anything was written."""

    name: str
    version: int
    previous: int | None
    changed: bool

    def said(self) -> str:
        """Say it for people."""
        if not self.changed:
            return f"{self.name}: version {self.version} says the same already; nothing written"
        if self.previous is None:
            return f"{self.name}: created, version {self.version}"
        return (
            f"{self.name}: version {self.version} written; the one before stays readable as "
            f"{SCHEME}{self.name}:{self.previous}"
        )


def is_remote(config: Path | str) -> bool:
    """Whether a configuration is named by a parameter rather than a file."""
    return str(config).startswith(SCHEME)


def parse_address(text: Path | str) -> Address:
    """Read ``ssm:/path`` or ``ssm:/path:version``.

    Raises
    ------
    ConfigError
        When it is not of that form, or the path is one that AWS keeps for itself.
    """
    found = _ADDRESS.fullmatch(str(text))
    if found is None:
        raise ConfigError(f"{text}: no parameter of Systems Manager", cure=_CURE)
    if found["name"].lower().startswith(("/aws", "/ssm")):
        raise ConfigError(f"{text}: paths that begin with /aws or /ssm are AWS's own", cure=_CURE)
    return Address(found["name"], found["version"])


def load_remote(source: Path | str, aws: Aws) -> Config:
    """Read and validate a configuration from a parameter; a SecureString is decrypted.

    Its store is relative to the current folder: there is no folder that it lies in.

    Raises
    ------
    ConfigError
        Naming the parameter, the key and what would be right.
    AwsError
        When the parameter, its version or the permission is missing.
    """
    address = parse_address(source)
    return _parse(read_parameter(aws, address).value, str(address))


def _parse(text: str, source: str) -> Config:
    config = parse_config(parse_yaml(text, source, error=ConfigError), source=source)
    for service in config.services:
        for one in service.calendar:
            if one.endswith(CALENDAR_FILES) and not Path(one).is_absolute():
                raise ConfigError(
                    f"{source}: calendar {one} of {service.name} lies beside no file here",
                    cure="write its absolute path where foresail runs, or a country like US",
                )
    return config


def read_parameter(aws: Aws, address: Address) -> Parameter:
    """Read one version of a parameter.

    Raises
    ------
    AwsError
        Naming the parameter or its version when it is not there.
    """
    return _read(aws.client("ssm"), address)


def _read(client: Any, address: Address) -> Parameter:
    try:
        with aws_errors("ssm:GetParameter", address.name):
            answer = client.get_parameter(Name=address.selector, WithDecryption=True)
    except AwsError as error:
        raise _told(error, address) from error.__cause__
    found = answer["Parameter"]
    return Parameter(found["Value"], int(found["Version"]), found["Type"])


def _told(error: AwsError, address: Address) -> AwsError:
    match code_of(error):
        case "ParameterNotFound":
            return AwsError(
                f"{address}: no such parameter in this account and region",
                cure=f"write it: foresail config push foresail.yaml {SCHEME}{address.name}; "
                "check AWS_REGION",
            )
        case "ParameterVersionNotFound":
            return AwsError(
                f"{address}: the parameter has no version {address.version}",
                cure=f"read the latest: {SCHEME}{address.name}; AWS keeps the last 100",
            )
        case "InvalidKeyId":
            return AwsError(
                f"{address}: its encryption key cannot be used",
                cure=f"allow {IAM_DECRYPT} on the key that encrypts it",
            )
    return error


def push(
    aws: Aws, text: str, target: str, *, source: str, secure: bool = False, advanced: bool = False
) -> Pushed:
    """Write a configuration to a parameter when it differs from what stands there.

    Parameters
    ----------
    text, source
        The configuration as YAML, and how to name it in messages; it is validated first.
    target
        ``ssm:/path``.
    secure
        Encrypt a new parameter with the account's key (SecureString). One that stands keeps its
        type.
    advanced
        Allow 8 KB rather than 4; costs money, and AWS lets none go back to standard.

    Raises
    ------
    InputError
        When it cannot be a parameter's value; nothing was written then.
    """
    address = parse_address(target)
    if address.version:
        raise InputError(
            f"{target}: a version cannot be written, only the next one",
            cure=f"write {SCHEME}{address.name}",
        )
    _parse(text, source)
    check_size(text, source, advanced=advanced)
    return put(aws, address, text, secure=secure, advanced=advanced)


def check_size(text: str, source: str, *, advanced: bool) -> None:
    """Refuse a value that Parameter Store would not take.

    Raises
    ------
    InputError
        Too many bytes, or double braces.
    """
    size, most = len(text.encode()), ADVANCED_BYTES if advanced else STANDARD_BYTES
    if size > most:
        more = "" if advanced else f"add --advanced ({ADVANCED_BYTES} bytes, at AWS's price), or "
        raise InputError(
            f"{source}: {size} bytes, and a parameter of this tier takes {most}",
            cure=f"{more}leave out comments, or split the services over two parameters",
        )
    if "{{" in text:
        raise InputError(
            f"{source}: Parameter Store takes no double braces",
            cure="write nested mappings over several lines",
        )


def put(
    aws: Aws, address: Address, text: str, *, secure: bool = False, advanced: bool = False
) -> Pushed:
    """Write a value when it differs, and read it back."""
    client = aws.client("ssm")
    before = _existing(client, address)
    if before is not None and before.value == text:
        return Pushed(address.name, before.version, None, changed=False)
    kind = before.kind if before else ("SecureString" if secure else "String")
    asked: dict[str, Any] = {"Name": address.name, "Value": text, "Type": kind}
    asked |= {"Overwrite": True} if before else {}
    asked |= {"Tier": "Advanced"} if advanced else {}
    with aws_errors("ssm:PutParameter", address.name):
        client.put_parameter(**asked)
    after = _read(client, address)
    if after.value != text:
        raise AwsError(
            f"{address}: reads back otherwise than it was written",
            cure="somebody else writes it too; look at it, then run this again",
        )
    return Pushed(address.name, after.version, before.version if before else None, changed=True)


def _existing(client: Any, address: Address) -> Parameter | None:
    try:
        return _read(client, address)
    except AwsError as error:
        if code_of(error) == "ParameterNotFound":
            return None
        raise
