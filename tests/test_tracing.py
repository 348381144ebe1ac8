"""Spans, as OpenTelemetry's own SDK receives them; and nothing where nobody traces."""

from __future__ import annotations

import subprocess
import sys

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from foresail import tracing
from foresail.aws import Aws
from foresail.errors import InputError
from foresail.logs import bind_run


@pytest.fixture(scope="module")
def exporter():
    """Spans kept in memory; a process has one provider of traces, for good."""
    kept = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    return kept


@pytest.fixture
def spans(exporter):
    exporter.clear()
    return exporter.get_finished_spans


def test_a_step_is_a_span_with_the_run_and_its_facts(spans):
    with bind_run("run-3"), tracing.span("foresail.plan", service="shop", tier=None, token="x"):
        pass
    [span] = spans()
    assert span.name == "foresail.plan"
    assert span.attributes == {"foresail.run": "run-3", "service": "shop", "token": "[hidden]"}


def test_an_error_within_is_the_spans(spans):
    with pytest.raises(ValueError), tracing.span("foresail.plan"):
        raise ValueError("no")
    assert spans()[0].status.status_code is StatusCode.ERROR


def test_calls_of_aws_are_children_of_their_step(spans):
    gone = Aws("eu-west-1", endpoint_url="http://127.0.0.1:1", sandbox=True).client("sqs")
    with tracing.span("foresail.pull"), pytest.raises(Exception, match="connect"):
        gone.list_queues()
    call, step = spans()
    assert call.parent.span_id == step.context.span_id
    assert (call.name, call.kind) == ("sqs.ListQueues", SpanKind.CLIENT)
    assert call.attributes["rpc.system"] == "aws-api"
    assert call.attributes["cloud.region"] == "eu-west-1"
    assert call.status.description == "EndpointConnectionError"


def test_who_does_not_trace_loads_nothing():
    code = (
        "import sys\nfrom foresail import tracing\n"
        "with tracing.span('x'): pass\n"
        "tracing.end(tracing.begin('y'))\ntracing.start()\n"
        "assert not any(name.startswith('opentelemetry') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_spans_go_where_opentelemetrys_variable_says(tmp_path):
    code = (
        "from foresail import tracing\ntracing.start()\nwith tracing.span('foresail.plan'): pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60,
        env={"OTEL_TRACES_EXPORTER": "console"},
    )  # fmt: skip
    assert '"name": "foresail.plan"' in done.stderr
    assert '"service.name": "foresail"' in done.stderr
    assert done.stdout == ""


def test_an_exporter_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "zipkin-of-mine")
    with pytest.raises(InputError, match="zipkin-of-mine") as refused:
        tracing.start()
    assert "pip install" in refused.value.cure
