"""List, diff, write: what one run does to what foresail owns of one kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Operation = Literal["create", "update", "delete", "keep"]


@dataclass(frozen=True, slots=True)
class Write:
    """One thing of foresail's on AWS, and what a run does to it."""

    kind: str
    name: str
    operation: Operation
    wanted: Any = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"kind": self.kind, "name": self.name, "operation": self.operation}


def compare(
    kind: str,
    live: Mapping[str, Any],
    wanted: Mapping[str, Any],
    same: Callable[[Any, Any], bool] = lambda live, wanted: bool(live == wanted),
) -> list[Write]:
    """Hold what is wanted against what is live, by name; both hold only what foresail owns."""
    writes = [
        Write(kind, name, "create" if name not in live else _changed(live[name], one, same), one)
        for name, one in wanted.items()
    ]
    gone = [Write(kind, name, "delete") for name in live if name not in wanted]
    return [*writes, *gone]


def pending(writes: Iterable[Write]) -> list[Write]:
    """Those that write something."""
    return [write for write in writes if write.operation != "keep"]


def _changed(live: Any, wanted: Any, same: Callable[[Any, Any], bool]) -> Operation:
    return "keep" if same(live, wanted) else "update"
