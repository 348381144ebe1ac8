"""HTML in which every text is escaped unless it was made here; no styles and no scripts in it."""

from __future__ import annotations

from html import escape
from typing import Any

VOID = frozenset({"meta", "link", "line", "path"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def el(element: str, /, *children: Any, **attributes: Any) -> Html:
    """Write an element.

    Parameters
    ----------
    element
        Its name.
    children
        `Html` as it is, lists of children, any other value as escaped text; None is left out.
    attributes
        An underscore at the end is dropped (``class_``), others become hyphens; None is left out.
    """
    known = {_name(key): value for key, value in attributes.items() if value is not None}
    told = "".join(f' {key}="{escape(str(value))}"' for key, value in known.items())
    if element in VOID:
        return Html(f"<{element}{told}>" if element in ("meta", "link") else f"<{element}{told}/>")
    return Html(f"<{element}{told}>{join(children)}</{element}>")


def join(children: Any) -> Html:
    """Write children one after the other."""
    return Html("".join(map(_child, children)))


def _child(child: Any) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return str(child)
    if isinstance(child, list | tuple):
        return str(join(child))
    return escape(str(child))


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
