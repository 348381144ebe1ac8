"""What every page shares: one file, everything inlined, nothing fetched; and how it is written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from foresail.errors import InputError
from foresail.report.findings import to_json


def shell(title: str, main: str, zone: str, data: Mapping[str, Any], extra: str = "") -> str:
    """Put a page's body into the common frame, with styles, scripts and plotly inlined.

    Parameters
    ----------
    title, zone
        Title of the page and name of the time zone: plain text, escaped here.
    main
        The body: HTML in which every text from outside has been escaped.
    data
        What scripts and readers find as JSON, by the id of its element; `charts` is drawn.
    extra
        Name of a style and a script of the template that come after the page's own.

    Raises
    ------
    InputError
        When plotly is not installed (the ``report`` extra).
    """
    scripts = (
        f'<script type="application/json" id="{escape(name)}">{to_json(value)}</script>'
        for name, value in data.items()
    )
    return Template(asset("page.html")).substitute(
        title=escape(title),
        main=main,
        zone=escape(zone),
        style=asset("page.css") + (asset(f"{extra}.css") if extra else ""),
        data="\n".join(scripts),
        plotly=_plotly(),
        script=asset("page.js") + (asset(f"{extra}.js") if extra else ""),
    )


def asset(name: str) -> str:
    """Text of a file of the template."""
    return (files("foresail.report") / "template" / name).read_text(encoding="utf-8")


def write_whole(path: Path | str, page: str) -> Path:
    """Write a page in one step: a reader never sees half of it.

    Raises
    ------
    InputError
        When the folder cannot be written.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, page)
    except OSError as error:
        raise InputError(
            f"{target}: cannot be written ({error.strerror})", cure="choose another path"
        ) from error
    return target


def _replace(target: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _plotly() -> str:
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise InputError(
            "the report needs plotly, which is not installed", cure="pip install 'foresail[report]'"
        ) from error
    return str(get_plotlyjs())
