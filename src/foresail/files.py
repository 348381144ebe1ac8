"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path

from foresail.errors import InputError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file beside `path` to write, which then takes its place at once, or is removed."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def private_folder(path: Path) -> None:
    """Make a folder that only its owner may look into; one that is there stays as it is."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)


def check_writable(path: Path, option: str) -> None:
    """Refuse an output that cannot be, before the work is done that it is for.

    Raises
    ------
    InputError
        The path is a folder, or its folder does not exist.
    """
    if path.is_dir():
        raise InputError(
            f"{path}: cannot be written (it is a folder)", cure=f"name a file with {option}"
        )
    if not path.absolute().parent.is_dir():
        raise InputError(
            f"{path}: cannot be written (there is no folder {path.parent})",
            cure=f"make it, or choose another {option}",
        )
