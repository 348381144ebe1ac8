"""How a configuration is read; needs no Prefect."""

from __future__ import annotations

from pathlib import Path

from foresail.aws import Aws
from foresail.config import Config, load_config
from foresail.remote import is_remote, load_remote


def read_config(path: Path) -> Config:
    """Read a configuration: a file, or ``ssm:/foresail/NAME``.

    Raises
    ------
    ConfigError, AwsError
        As `load_config` and `load_remote`.
    """
    return load_remote(path, Aws()) if is_remote(path) else load_config(path)


def elsewhere(path: Path) -> Path:
    """Name a configuration so that it is found from any folder."""
    return path if is_remote(path) else path.resolve()
