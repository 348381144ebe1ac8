"""Lines in CloudWatch's embedded metric format, and how they reach CloudWatch.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import math
import os
import re
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors, code_of
from foresail.errors import AwsError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from foresail.aws import Aws
    from foresail.config.monitoring import MonitoringConfig

IAM_WRITE = ("logs:PutLogEvents", "logs:CreateLogStream")
MOST_METRICS, MOST_DIMENSIONS, MOST_LINE = 100, 30, 256 * 1024
MOST_EVENTS, MOST_BYTES, EVENT_BYTES = 10_000, 1_048_576, 26  # of one PutLogEvents
STREAMS = "foresail/"  # how the names of its streams begin
_FORMAT = {"x-amzn-logs-format": "json/emf"}


@dataclass(frozen=True, slots=True)
class Metrics:
    """Metrics that share their dimensions.

    Parameters
    ----------
    dimensions
        Name and value of each.
    values
        By metric: value and CloudWatch's unit; what is None or not finite is left out.
    """

    dimensions: Mapping[str, str]
    values: Mapping[str, tuple[float | None, str]]


def emf_line(
    namespace: str, now: datetime, metrics: Sequence[Metrics], facts: Mapping[str, Any]
) -> str:
    """One line, without its end: metrics, and facts that stand beside them in the log.

    Raises
    ------
    ValueError
        When it is more than the format takes, or a metric is named twice.
    """
    known = [(one.dimensions, _known(one.values)) for one in metrics]
    directives = [_directive(namespace, *one) for one in known if one[1]]
    values = [item for _, found in known for item in found.items()]
    if len({name for name, _ in values}) < len(values):
        raise ValueError("a metric is named twice in a line")
    time = int(now.timestamp() * 1000)
    line = json.dumps(
        {
            "_aws": {"Timestamp": time, "CloudWatchMetrics": directives},
            **facts,
            **{name: value for dimensions, _ in known for name, value in dimensions.items()},
            **{name: value for name, (value, _) in values},
        },
        allow_nan=False,
    )
    if len(line.encode()) > MOST_LINE:
        raise ValueError(f"a line of {len(line.encode())} bytes; CloudWatch takes {MOST_LINE}")
    return line


def _known(values: Mapping[str, tuple[float | None, str]]) -> dict[str, tuple[float, str]]:
    return {
        name: (float(value), unit)
        for name, (value, unit) in values.items()
        if value is not None and math.isfinite(value)
    }


def _directive(
    namespace: str, dimensions: Mapping[str, str], values: Mapping[str, tuple[float, str]]
) -> dict[str, Any]:
    if len(values) > MOST_METRICS or len(dimensions) > MOST_DIMENSIONS:
        raise ValueError(f"{len(values)} metrics of {len(dimensions)} dimensions in a line")
    listed = [{"Name": name, "Unit": unit} for name, (_, unit) in values.items()]
    return {"Namespace": namespace, "Dimensions": [list(dimensions)], "Metrics": listed}


def write_lines(place: MonitoringConfig, aws: Aws, lines: Sequence[str], now: datetime) -> None:
    """Write lines where the configuration says.

    Raises
    ------
    InputError
        When a file cannot be written, or CloudWatch Logs refuses.
    """
    if place.log_group is not None:
        _send(aws.client("logs"), place.log_group, lines, now)
    elif place.file is not None:
        _append(place.file, lines)
    else:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()


def _append(path: Path, lines: Sequence[str]) -> None:
    """One write, so that two runs do not mix their lines."""
    data = "".join(f"{line}\n" for line in lines).encode()
    try:
        opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(opened, data)
        finally:
            os.close(opened)
    except OSError as error:
        raise InputError(
            f"monitoring: {path} cannot be written ({error})",
            cure="mend monitoring: {file: PATH} in foresail.yaml, or make room",
        ) from error


def _send(client: Any, group: str, lines: Sequence[str], now: datetime) -> None:
    client.meta.events.register(
        "before-call.cloudwatch-logs.PutLogEvents", _say_format, unique_id="foresail-emf"
    )
    stream = stream_name(now)
    for batch in batches(lines):
        try:
            _put(client, group, stream, batch, now)
        except AwsError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            _create(client, group, stream)
            _put(client, group, stream, batch, now)


def _say_format(params: dict[str, Any], **_: Any) -> None:
    params["headers"] |= _FORMAT


def stream_name(now: datetime) -> str:
    """Stream of this machine and day; no colon and no asterisk may be in it."""
    return f"{STREAMS}{re.sub(r'[^A-Za-z0-9_.-]', '-', socket.gethostname())}/{now:%Y-%m-%d}"


def _put(client: Any, group: str, stream: str, batch: Sequence[str], now: datetime) -> None:
    time = int(now.timestamp() * 1000)
    events = [{"timestamp": time, "message": line} for line in batch]
    with aws_errors("logs:PutLogEvents", group):
        answer = client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    if answer.get("rejectedLogEventsInfo"):
        raise AwsError(
            f"{group}: CloudWatch Logs rejected the time of the lines ({now:%Y-%m-%d %H:%M}Z)",
            cure="set this machine's clock, or lengthen the group's retention",
        )


def _create(client: Any, group: str, stream: str) -> None:
    """Make foresail's own stream; the group, its retention and its key are the account's."""
    try:
        with aws_errors("logs:CreateLogStream", group):
            client.create_log_stream(logGroupName=group, logStreamName=stream)
    except AwsError as error:
        match code_of(error):
            case "ResourceAlreadyExistsException":  # another run was faster
                return
            case "ResourceNotFoundException":
                raise AwsError(
                    f"monitoring: there is no log group {group}",
                    cure=f"make it: aws logs create-log-group --log-group-name {group}",
                ) from error
        raise


def batches(lines: Sequence[str]) -> Iterator[list[str]]:
    """Cut lines into batches that one PutLogEvents takes, in order."""
    batch: list[str] = []
    size = 0
    for line in lines:
        more = len(line.encode()) + EVENT_BYTES
        if batch and (len(batch) == MOST_EVENTS or size + more > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += more
    if batch:
        yield batch
