"""How long an urgent plan takes: from the event to the written, read-back action.

Warm in this process; cold in a fresh one that holds the Lambda function's zip and nothing else.
Both against the sandbox on this machine, with a table and a bucket as the store: AWS's own
latencies are not in it.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "packaging/lambda")]

import yaml  # noqa: E402
from build import build  # noqa: E402

from foresail.sandbox import Sandbox, create_group  # noqa: E402
from foresail.store.creating import create_table  # noqa: E402
from foresail.urgent import replan_urgently  # noqa: E402
from packaging_cold import invoke  # noqa: E402
from urgent.sample import GROUP, alarm, config, planned_at, points, publish  # noqa: E402

STORE = {"table": "foresail", "bucket": "team"}
WARM, COLD = 7, 3


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name, Sandbox(start=_ago(1)) as sandbox:
        folder = Path(name)
        told = config(STORE)
        path = folder / "foresail.yaml"
        path.write_text(yaml.safe_dump(config(STORE, plain=True)))
        create_group(sandbox, GROUP, min_size=8, max_size=60, target_tracking=70)
        sandbox.client("s3").create_bucket(Bucket=STORE["bucket"])
        create_table(sandbox.aws, STORE["table"])
        publish(sandbox, _ago(240), _ago(1))
        planned_at(_ago(1), told, sandbox.aws)
        publish(sandbox, _ago(1), _ago(0), factor=1.6)
        sandbox.clock.now = _ago(0)
        cold = _cold(folder, sandbox, path)
        warm = _warm(told, sandbox)
    print(json.dumps({**cold, "warm_s": warm, "warm_median_s": statistics.median(warm)}, indent=2))
    return 0


def _ago(hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)


def _cold(folder: Path, sandbox: Sandbox, path: Path) -> dict[str, object]:
    import zipfile

    made = build(folder / "function.zip")
    with zipfile.ZipFile(made.path) as archive:
        archive.extractall(folder / "task")
    runs = [
        invoke(folder / "task", alarm(_ago(0), event_id=f"cold{number}"), sandbox, path)
        for number in range(COLD)
    ]
    return {
        "zip_mib": round(made.zipped / 2**20, 1),
        "unzipped_mib": round(made.unzipped / 2**20, 1),
        "cold_import_s": [round(run["import_s"], 2) for run in runs],
        "cold_first_event_s": [round(run["event_s"], 2) for run in runs],
        "cold_states": [run["answer"]["outcomes"][0]["state"] for run in runs],
    }


def _warm(told: object, sandbox: Sandbox) -> list[float]:
    """Seconds of each event; each comes a cooldown later and asks for more than the one before."""
    taken = []
    start = _ago(0) + timedelta(minutes=11)
    for number in range(WARM):
        now = start + number * timedelta(minutes=11)
        event = points((now, 900.0 + 60 * number), id=f"warm{number}")
        began = time.perf_counter()
        [outcome] = replan_urgently(told, sandbox.aws, event, lambda now=now: now)
        taken.append(round(time.perf_counter() - began, 2))
        print(outcome.state, *outcome.reasons, file=sys.stderr)
    return taken


if __name__ == "__main__":
    sys.exit(main())
