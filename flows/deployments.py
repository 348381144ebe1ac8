"""The deployments of a configuration, as ``prefect deploy`` takes them: a schedule for each zone.

``python -m flows.deployments foresail.yaml`` writes prefect.yaml.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from flows.reading import read_config
from foresail.config import Config
from foresail.files import replacing

POOL = "foresail"
# Local times. An hour's plan pulls what is new by itself; `refresh` closes gaps before it, and
# keeps the history of services that nobody plans.
CRONS: dict[str, str | None] = {
    "refresh": "50 * * * *",
    "forecast": "35 */6 * * *",
    "plan_and_apply": "5 * * * *",
    "score": "20 * * * *",  # a window is scored once; most runs find none that is due
    "retrain": "10 4 * * 1",
    "backtest": "0 5 1 * *",
    "urgent_replan": None,  # when an event says so
}
HEAD = "# Made by: make deployments CONFIG={config}\n"


def deployments(config: Config, path: Path) -> dict[str, Any]:
    """Lay out a deployment of each flow.

    Parameters
    ----------
    config
        Its services' time zones make the schedules.
    path
        Of the configuration, as the flows are to read it.
    """
    zones = sorted({one.timezone for one in config.services})
    return {"name": "foresail", "deployments": [_one(flow, zones, path) for flow in CRONS]}


def _one(flow: str, zones: list[str], path: Path) -> dict[str, Any]:
    cron = CRONS[flow]
    schedules = [] if cron is None else [_schedule(cron, zone) for zone in zones]
    return {
        "name": "foresail",
        "entrypoint": f"flows.{flow}.{flow}",
        "work_pool": {"name": POOL},
        "parameters": {"config": str(path)},
        "schedules": schedules,
    }


def _schedule(cron: str, zone: str) -> dict[str, Any]:
    """One schedule in local time, about the services that live in it."""
    slug = zone.lower().replace("/", "-").replace("_", "-")
    return {"cron": cron, "timezone": zone, "slug": slug, "parameters": {"timezone": zone}}


def text_of(config: Config, path: Path) -> str:
    """Write the deployments as YAML."""
    plain = yaml.safe_dump(deployments(config, path), sort_keys=False)
    return HEAD.format(config=path) + plain


def main(
    config: Annotated[Path, typer.Argument(help="Configuration.")] = Path("foresail.yaml"),
    output: Annotated[Path, typer.Option(help="Where to.")] = Path("prefect.yaml"),
) -> None:
    """Write prefect.yaml for a configuration, whole or not at all."""
    text = text_of(read_config(config), config)
    with replacing(output) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
