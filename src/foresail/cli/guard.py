"""What comes from AWS and from files reaches a terminal as text: it moves and hides nothing."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

# All control characters but tab and newline, and those that turn the direction of writing.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# What typer's help is coloured with: bold, dim and colours of letters; none can hide a word.
_COLOUR = re.compile(r"\x1b\[(?:(?:[0-4]|2[2-4]|3[0-79]|9[0-7]|38;5;\d{1,3})(?:;|(?=m)))*m")


def visible(text: str) -> str:
    r"""Show characters that a terminal would obey: escape becomes ``\x1b``."""
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)


def _but_colours(text: str) -> str:
    pieces = _COLOUR.split(text)
    colours = [*_COLOUR.findall(text), ""]
    return "".join(visible(p) + c for p, c in zip(pieces, colours, strict=True))


class Guarded:
    """A text stream that shows what a terminal would obey; all else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write text, made visible; colours of letters pass."""
        self.stream.write(_but_colours(text.replace("\r\n", "\n")))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each line so."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def guarded() -> Iterator[None]:
    """Guard both streams of the process until the block ends."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast(TextIO, Guarded(stream)) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
