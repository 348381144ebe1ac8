"""OpenTelemetry's spans where the program traces; nothing at all where it does not.

A program can have set up traces only by importing OpenTelemetry: who has not, pays nothing here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from foresail.errors import InputError
from foresail.logs import run_id, without_secrets

EXPORTERS = "OTEL_TRACES_EXPORTER"
_ENTRY_POINTS = "opentelemetry_traces_exporter"
_NAME = "foresail"


@contextmanager
def span(name: str, **facts: Any) -> Iterator[None]:
    """Trace a step; spans and calls of AWS within become its children.

    Parameters
    ----------
    name
        Like ``foresail.plan``.
    facts
        Attributes, plain values; None is left out.
    """
    tracer = _tracer()
    if tracer is None:
        yield
        return
    with tracer.start_as_current_span(name, attributes=_attributes(facts)):
        yield


def begin(name: str, **facts: Any) -> Any:
    """Open a span below the current one, for `end` to close; None where nobody traces."""
    tracer = _tracer()
    if tracer is None:
        return None
    from opentelemetry.trace import SpanKind

    return tracer.start_span(name, kind=SpanKind.CLIENT, attributes=_attributes(facts))


def end(opened: Any, *, failed: str | None = None, **facts: Any) -> None:
    """Close a span of `begin`; `failed` says why it did not do what it was to."""
    if opened is None:
        return
    from opentelemetry.trace import Status, StatusCode

    for key, value in _plain(facts).items():
        opened.set_attribute(key, value)
    if failed:
        opened.set_status(Status(StatusCode.ERROR, failed))
    opened.end()


def start() -> None:
    """Send spans where OTEL_TRACES_EXPORTER says, as OpenTelemetry's other programs read it.

    Nothing happens where it says nothing, or ``none``. ``console`` is part of the extra ``otel``;
    ``otlp`` needs the package opentelemetry-exporter-otlp.

    Raises
    ------
    InputError
        When an exporter, or OpenTelemetry itself, is not installed.
    """
    names = [one.strip() for one in os.environ.get(EXPORTERS, "").split(",")]
    wanted = [name for name in names if name not in ("", "none")]
    if wanted:
        _provide([_exporter(name) for name in wanted])


def _provide(exporters: list[Any]) -> None:
    from opentelemetry import trace
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    service = os.environ.get("OTEL_SERVICE_NAME", _NAME)
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def _exporter(name: str) -> Any:
    from importlib.metadata import entry_points

    found = [one for one in entry_points(group=_ENTRY_POINTS, name=name) if name != "console"]
    try:
        if name == "console":
            return _console()
        return next(iter(found)).load()()
    except (ImportError, StopIteration) as error:
        package = "foresail[otel]" if name == "console" else f"opentelemetry-exporter-{name}"
        raise InputError(
            f"{EXPORTERS}={name}: no such exporter of traces is installed",
            cure=f"pip install {package}; or take the variable out",
        ) from error


def _console() -> Any:
    """Spans on the error stream: results have the other to themselves."""
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter

    return ConsoleSpanExporter(out=sys.stderr)


def _tracer() -> Any:
    if "opentelemetry.trace" not in sys.modules:
        return None
    from opentelemetry import trace

    return trace.get_tracer(_NAME)


def _attributes(facts: dict[str, Any]) -> dict[str, Any]:
    return {"foresail.run": run_id(), **_plain(facts)}


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in facts.items() if value is not None}
    return {name.replace("__", "."): value for name, value in without_secrets(told).items()}
