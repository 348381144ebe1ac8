"""An AWS endpoint with many groups, in a process of its own: what it uses is not measured.

Auto Scaling is the sandbox's, that is moto's. Metrics are computed when they are asked for, from
the name of the group: the sandbox would keep 16 million values for a thousand services.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from foresail.sandbox import Sandbox, create_group

MINUTES_IN_DAY = 1440
SILENT = "silent"  # groups with this in their name send no requests


def names(count: int, broken: int) -> list[str]:
    """Name groups; the broken ones are spread evenly."""
    every = count // broken if broken else count + 1
    return [f"{SILENT}-{n:04d}" if n % every == every - 1 else f"svc-{n:04d}" for n in range(count)]


def group_of(dimensions: Sequence[dict[str, str]]) -> str:
    """Name the group that a metric is of: the last part of its load balancer, or itself."""
    return dimensions[0]["Value"].removeprefix("app/").split("/")[0]


def values(metric: str, group: str, minutes: np.ndarray, period: int) -> np.ndarray:
    """Make up what CloudWatch has of a group at some minutes since the epoch."""
    seed = zlib.crc32(group.encode())
    size, peak = 200 + seed % 2000, seed % MINUTES_IN_DAY
    day = 1 + 0.7 * np.cos((minutes - peak) * 2 * np.pi / MINUTES_IN_DAY)
    week = np.where(minutes // MINUTES_IN_DAY % 7 < 5, 1.0, 0.7)
    noise = 1 + 0.1 * np.sin(minutes * 12.9898 + seed) * np.cos(minutes * 78.233)
    requests = size * day * week * noise
    units = np.ceil(requests / 100 / 0.6)
    found = {
        "RequestCount": requests * period,
        "GroupInServiceInstances": units,
        "GroupMaxSize": np.full(len(minutes), 60.0),
        "CPUUtilization": 100 * requests / 100 / units,
    }
    return found[metric]


def answer(params: dict[str, Any]) -> dict[str, Any]:
    """Answer GetMetricData in one page, oldest first."""
    return {"MetricDataResults": [_result(one, params) for one in params["MetricDataQueries"]]}


def _result(query: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    stat = query["MetricStat"]
    metric, group = stat["Metric"]["MetricName"], group_of(stat["Metric"]["Dimensions"])
    first, last = (_seconds(params[name]) for name in ("StartTime", "EndTime"))
    seconds = np.arange(first, last, stat["Period"])
    if metric == "RequestCount" and group.startswith(SILENT):
        seconds = seconds[:0]
    found = values(metric, group, seconds // 60, stat["Period"])
    return {
        "Id": query["Id"],
        "Label": metric,
        "Timestamps": [datetime.fromtimestamp(at, UTC) for at in seconds.tolist()],
        "Values": found.tolist(),
        "StatusCode": "Complete",
    }


def _seconds(when: Any) -> int:
    moment = when if isinstance(when, datetime) else datetime.fromisoformat(str(when))
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(zoned.timestamp())


def main() -> None:
    """Serve until the standard input closes; the first line of output is the address."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--services", type=int, required=True)
    parser.add_argument("--broken", type=int, default=0)
    parser.add_argument("--now", type=datetime.fromisoformat, required=True)
    asked = parser.parse_args()
    with Sandbox(start=asked.now) as sandbox:
        from moto.cloudwatch.responses import CloudWatchResponse
        from moto.core.responses import ActionResult

        CloudWatchResponse.get_metric_data = lambda self: ActionResult(answer(self._get_params()))
        for name in names(asked.services, asked.broken):
            create_group(sandbox, name, min_size=2, max_size=60, desired=2, target_tracking=60)
        print(sandbox.endpoint_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
