"""rich's console for text that comes from outside."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from foresail.cli.guard import Guarded, visible


class Screen(Console):
    """rich's console for text from outside: no markup, no emoji codes, no control characters.

    It writes past the guard, since it moves the cursor itself where it shows progress.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        stream = sys.stderr if stderr else sys.stdout
        own = stream.stream if isinstance(stream, Guarded) else None
        super().__init__(
            stderr=stderr, file=own, soft_wrap=False, markup=False, emoji=False, highlight=True
        )

    def render_str(self, text: str, **options: Any) -> Text:
        """Make plain text visible before it is laid out, so that it is counted as it shows."""
        return super().render_str(visible(text), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render as rich does, with every text made visible."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else visible(text), style, control)
