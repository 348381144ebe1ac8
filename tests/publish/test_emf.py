"""Lines in the embedded metric format: what AWS's schema says of them, and on their way."""

from __future__ import annotations

import json
import math

import boto3
import jsonschema
import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from foresail.config.monitoring import MonitoringConfig
from foresail.errors import AwsError, InputError
from foresail.publish.emf import (
    EVENT_BYTES,
    MOST_BYTES,
    Metrics,
    batches,
    emf_line,
    stream_name,
    write_lines,
)
from foresail.sandbox import Sandbox
from publish.sample import NOW

GROUP = "/foresail/health"
NAME = {"type": "string", "minLength": 1, "maxLength": 255}
# From the specification that emf.py names, with the 30 dimensions of its present text.
SCHEMA = {
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer"},
                "CloudWatchMetrics": {
                    "type": "array",
                    "items": {
                        "required": ["Namespace", "Dimensions", "Metrics"],
                        "properties": {
                            "Namespace": NAME,
                            "Dimensions": {
                                "type": "array",
                                "minItems": 1,
                                "items": {"type": "array", "maxItems": 30, "items": NAME},
                            },
                            "Metrics": {
                                "type": "array",
                                "maxItems": 100,
                                "items": {
                                    "required": ["Name"],
                                    "properties": {
                                        "Name": NAME,
                                        "Unit": {"enum": ["Seconds", "Count", "None"]},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}


def check(line):
    """What the schema says, and what it cannot: each name stands at the root, with its type."""
    said = json.loads(line)
    jsonschema.validate(said, SCHEMA)
    for directive in said["_aws"]["CloudWatchMetrics"]:
        for name in directive["Dimensions"][0]:
            assert isinstance(said[name], str)
        for metric in directive["Metrics"]:
            assert math.isfinite(said[metric["Name"]])
    assert "\n" not in line
    return said


@given(
    st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=20), max_size=5),
    st.dictionaries(
        st.text(min_size=1, max_size=20), st.none() | st.floats(), min_size=1, max_size=100
    ),
)
def test_any_names_and_values_make_a_line_that_the_schema_takes(dimensions, values):
    names = {f"d{name}": value for name, value in dimensions.items()}
    told = {f"m{name}": (value, "Count") for name, value in values.items()}
    said = check(emf_line("Foresail", NOW, [Metrics(names, told)], {"run": "r"}))
    finite = {n: v for n, (v, _) in told.items() if v is not None and math.isfinite(v)}
    assert {name: said[name] for name in finite} == finite
    listed = said["_aws"]["CloudWatchMetrics"]
    assert sum(len(one["Metrics"]) for one in listed) == len(finite)
    assert said["_aws"]["Timestamp"] == 1795521720000


def metrics(count, prefix="m"):
    return {f"{prefix}{n}": (1.0, "Count") for n in range(count)}


@pytest.mark.parametrize(
    "told",
    [
        [Metrics({}, metrics(101))],
        [Metrics({f"d{n}": "x" for n in range(31)}, metrics(1))],
        [Metrics({}, metrics(1)), Metrics({"Service": "shop"}, metrics(1))],
        [Metrics({"Service": "x" * 300_000}, metrics(1))],
    ],
)
def test_more_than_the_format_takes_is_refused(told):
    with pytest.raises(ValueError, match="line"):
        emf_line("Foresail", NOW, told, {})


def test_a_line_is_written_to_stdout_or_behind_what_a_file_holds(capsys, tmp_path):
    write_lines(MonitoringConfig(stdout=True), None, ["{}", "{}"], NOW)
    assert capsys.readouterr().out == "{}\n{}\n"
    place = MonitoringConfig(file=tmp_path / "health.log")
    write_lines(place, None, ['{"a": 1}'], NOW)
    write_lines(place, None, ['{"b": 2}'], NOW)
    assert place.file.read_text() == '{"a": 1}\n{"b": 2}\n'


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot be written") as refused:
        write_lines(MonitoringConfig(file=tmp_path / "no" / "health.log"), None, ["{}"], NOW)
    assert "monitoring" in refused.value.cure


def test_lines_reach_the_log_group_in_a_stream_of_the_machine_and_day():
    with Sandbox(start=NOW) as sandbox:
        logs, aws = sandbox.client("logs"), sandbox.aws
        place = MonitoringConfig(log_group=GROUP)
        with pytest.raises(AwsError, match="there is no log group /foresail/health") as refused:
            write_lines(place, aws, ["{}"], NOW)
        assert "create-log-group" in refused.value.cure
        logs.create_log_group(logGroupName=GROUP)
        heard = []
        aws.client("logs").meta.events.register(
            "before-send.cloudwatch-logs.PutLogEvents",
            lambda request, **_: heard.append(request.headers["x-amzn-logs-format"]),
        )
        for line in ('{"n": 1}', '{"n": 2}'):
            write_lines(place, aws, [line], NOW)
        stream = stream_name(NOW)
        found = logs.get_log_events(logGroupName=GROUP, logStreamName=stream)["events"]
    assert [event["message"] for event in found] == ['{"n": 1}', '{"n": 2}']
    assert {str(one, "ascii") if isinstance(one, bytes) else one for one in heard} == {"json/emf"}
    assert stream.endswith("/2026-11-24") and ":" not in stream and "*" not in stream


def test_a_stream_that_another_run_made_meanwhile_is_taken():
    client = boto3.client("logs", region_name="us-east-1")
    with Stubber(client) as stub:
        stub.add_client_error("put_log_events", "ResourceNotFoundException")
        stub.add_client_error("create_log_stream", "ResourceAlreadyExistsException")
        stub.add_response("put_log_events", {})
        aws = type("Account", (), {"client": lambda *_: client})()
        write_lines(MonitoringConfig(log_group=GROUP), aws, ["{}"], NOW)
        stub.assert_no_pending_responses()


def test_lines_whose_time_is_rejected_are_told():
    client = boto3.client("logs", region_name="us-east-1")
    with Stubber(client) as stub:
        rejected = {"rejectedLogEventsInfo": {"tooNewLogEventStartIndex": 0}}
        stub.add_response("put_log_events", rejected)
        aws = type("Account", (), {"client": lambda *_: client})()
        with pytest.raises(AwsError, match="rejected the time"):
            write_lines(MonitoringConfig(log_group=GROUP), aws, ["{}"], NOW)


def test_batches_keep_to_what_one_call_takes_and_lose_nothing():
    lines = [f"{n:05d}" + "x" * 1000 for n in range(12_000)]
    made = list(batches(lines))
    assert [line for batch in made for line in batch] == lines
    for batch in made:
        assert len(batch) <= 10_000
        assert sum(len(line) + EVENT_BYTES for line in batch) <= MOST_BYTES
    assert [len(batch) for batch in batches(["{}"] * 10_001)] == [10_000, 1]
