"""Structured logs that carry one run id, from the flow to each call of AWS.

Loggers stand on Python's own logging, below ``foresail``: silent until a program configures them,
and heard by whatever else listens there, like Prefect. structlog is loaded with the first line.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token, copy_context
from functools import cache, partial
from secrets import token_hex
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from foresail.errors import InputError

FORMATS = ("console", "json")
LEVELS = ("debug", "info", "warning", "error")
RUN_VARIABLE = "FORESAIL_RUN_ID"
ROOT = "foresail"
P = ParamSpec("P")
R = TypeVar("R")

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HIDDEN = "[hidden]"
_SECRET_NAME = re.compile(
    r"secret|password|token|credential|authorization|webhook|external_id", re.I
)
_SECRET_TEXT = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|(?<=https://hooks\.slack\.com/)\S+"
    r"|(?<=X-Amz-Signature=)[^&\s]+|(?<=X-Amz-Security-Token=)[^&\s]+"
)
_bound: ContextVar[str | None] = ContextVar("foresail_run", default=None)


class bind_run:  # noqa: N801 - it is used as a function
    """Give what follows a run id, of the caller's or a new one; at once.

    As a context manager it gives back the one before at its end. It holds for this thread and
    task, and for pools whose functions are `carried`.

    Parameters
    ----------
    run_id
        Letters, digits and ``. _ -``, 64 at most. Without one, that of the run under way stays;
        else that of FORESAIL_RUN_ID is taken, or a new one.

    Raises
    ------
    InputError
        When it is otherwise: it goes into headers and names.
    """

    def __init__(self, run_id: str | None = None) -> None:
        self.run_id = checked_run_id(run_id or _bound.get() or fresh_run_id())
        self._token: Token[str | None] = _bound.set(self.run_id)

    def __enter__(self) -> str:
        return self.run_id

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _bound.reset(self._token)


def fresh_run_id() -> str:
    """Give an id to a run that begins: that of FORESAIL_RUN_ID, or a new one."""
    return os.environ.get(RUN_VARIABLE) or token_hex(8)


def checked_run_id(run_id: str) -> str:
    """Give back a run id that can stand in a header.

    Raises
    ------
    InputError
        Naming the variable that it may have come from.
    """
    if not _RUN_ID.fullmatch(run_id):
        raise InputError(
            f"{run_id!r} is no run id ({RUN_VARIABLE})",
            cure="letters, digits and . _ - only, 64 at most; or leave it out",
        )
    return run_id


def run_id() -> str:
    """Id of the run that is under way; where none was bound, that of the process."""
    return _bound.get() or _of_process()


@cache
def _of_process() -> str:
    return checked_run_id(fresh_run_id())


def carried(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function run in a pool's thread as if it were called here: run id, spans, counts."""
    context = copy_context()

    def within(*words: P.args, **named: P.kwargs) -> R:
        return context.copy().run(partial(function, *words, **named))

    return within


class Logger:
    """Says what happens as an event and its facts: ``log.info("plan.made", service=...)``.

    Facts are plain values. Those named like a secret are hidden, and credentials within text.
    """

    def __init__(self, name: str, facts: Mapping[str, Any] | None = None) -> None:
        self._log = logging.getLogger(name)
        self._facts = dict(facts or {})

    def bind(self, **facts: Any) -> Logger:
        """Give a logger that adds these facts to each of its lines."""
        return Logger(self._log.name, {**self._facts, **facts})

    def debug(self, event: str, **facts: Any) -> None:
        """Say a detail, like one call of AWS."""
        self._say(logging.DEBUG, event, facts)

    def info(self, event: str, **facts: Any) -> None:
        """Say a step that was done."""
        self._say(logging.INFO, event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        """Say what went wrong beside a run that goes on."""
        self._say(logging.WARNING, event, facts)

    def error(self, event: str, **facts: Any) -> None:
        """Say why a run, or a part of it, ended."""
        self._say(logging.ERROR, event, facts)

    def is_debug(self) -> bool:
        """Whether details are heard by anybody."""
        return self._log.isEnabledFor(logging.DEBUG)

    def _say(self, level: int, event: str, facts: dict[str, Any]) -> None:
        if self._log.isEnabledFor(level):
            told = {"run": run_id(), **self._facts, **facts}
            said = {"event": event, "logger": self._log.name} | without_secrets(told)
            # Handlers that are not foresail's own print the message; its own read the facts.
            text = " ".join([event, *(f"{name}={said[name]}" for name in told)])
            self._log.log(level, "%s", text, extra={"foresail": said})


def get_logger(name: str) -> Logger:
    """Logger of a module, by its ``__name__``."""
    return Logger(name)


def without_secrets(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Hide what is named like a secret, and credentials that stand within text."""
    return {
        name: _HIDDEN if _SECRET_NAME.search(name) else _plain(value)
        for name, value in facts.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_secrets({str(name): one for name, one in value.items()})
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _SECRET_TEXT.sub(_HIDDEN, str(value))


def configure(format: str = "console", level: str = "warning") -> None:
    """Write foresail's logs to the error stream, in place of where they went before.

    Parameters
    ----------
    format
        ``console`` for people, ``json`` for one object a line.
    level
        The least that is written: debug, info, warning or error.

    Raises
    ------
    InputError
        For any other word.
    """
    _check(format, FORMATS, "format")
    _check(level, LEVELS, "level")
    log = logging.getLogger(ROOT)
    for old in [one for one in log.handlers if isinstance(one, _Stderr)]:
        log.removeHandler(old)
    log.addHandler(_Stderr(format))
    log.setLevel(level.upper())


def log_format() -> str:
    """Format that was configured; ``console`` where none was."""
    own = [one.form for one in logging.getLogger(ROOT).handlers if isinstance(one, _Stderr)]
    return own[0] if own else "console"


def _check(word: str, known: tuple[str, ...], noun: str) -> None:
    if word not in known:
        raise InputError(f"no log {noun} {word!r}", cure=f"write one of {', '.join(known)}")


class _Stderr(logging.Handler):
    """Writes each line to the error stream of the moment, which tests and shells exchange."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(_line(record, self.form) + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):  # closed, or a full disk: a run is not lost for its log
            self.handleError(record)


def _line(record: logging.LogRecord, form: str) -> str:
    facts = getattr(record, "foresail", {"event": record.getMessage(), "logger": record.name})
    time = _instant(record.created)
    told = {"time": time, "level": record.levelname.lower(), **facts}
    if form == "json":
        return str(_json_renderer()(None, "", told))
    told["timestamp"] = told.pop("time")
    return str(_console_renderer(sys.stderr.isatty())(None, "", told))


def _instant(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


@cache
def _json_renderer() -> Any:
    from structlog.processors import JSONRenderer

    return JSONRenderer(default=str)


@cache
def _console_renderer(colors: bool) -> Any:
    from structlog.dev import ConsoleRenderer

    return ConsoleRenderer(colors=colors)
