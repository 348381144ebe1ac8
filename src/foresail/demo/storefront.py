"""The storefront's demo: its tiers planned together and each alone, both played, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import yaml
from rich.console import Console
from rich.table import Table

from foresail.changes.planfile import PlanFile
from foresail.config import Config, parse_config
from foresail.errors import InputError
from foresail.operations import apply_all
from foresail.pipeline import Planned, plan_all
from foresail.sandbox import Sandbox
from foresail.sandbox.storefront import Storefront, build_storefront
from foresail.targets.base import scheduled
from foresail.terminal import print_done

NOW = datetime(2026, 11, 18, 15, tzinfo=UTC)
PLAYED = timedelta(hours=8)  # through the evening
ALONE, TOGETHER = "each tier alone", "together"
# Dollars an hour of one unit: examples for the demo, not quotes.
PRICES = {"web": 0.0816, "app": 0.0494, "catalog": 0.149, "orders": 0.29, "carts-read": 0.00013}
CONFIG = """\
# foresail.yaml of the storefront: web -> app -> {{catalog, orders, carts}}; catalog -> orders
# Planned for 55 %, under the 60 % that the policies track: the plan leads, they catch surprises.
region: us-east-1
store: {store}
services:
  - name: storefront
    timezone: America/New_York
    tiers:
      - name: web
        target: {{type: ec2-auto-scaling-group, name: web}}
        demand: {{namespace: AWS/ApplicationELB, metric: RequestCount, missing: zero,
                 dimensions: {{LoadBalancer: {balancer}}}}}
        unit_capacity: 100 requests/s
        utilization: 0.55
        min: 3
        max: 40
        guardrails: &wide {{increase: 2900%, min_trust: 0.05}}   # the demo's first plan
        needs: [app]
      - name: app
        target: {{type: ecs-service, name: service/storefront/app}}
        demand: {{namespace: AWS/ECS, metric: CPUUtilization, stat: Average, scale_by: capacity,
                 dimensions: {{ClusterName: storefront, ServiceName: app}}}}
        unit_capacity: 100 %
        utilization: 0.55
        min: 3
        max: 60
        lead_time: 4m
        guardrails: *wide
        needs:
          - catalog
          - carts-read
          - {{tier: orders, connections: {{per_unit: 10, limit_per_unit: 110}}}}
      - name: catalog
        target: {{type: elasticache-node-groups, name: replication-group/catalog}}
        demand: {{namespace: AWS/ApplicationELB, metric: RequestCount, missing: zero,
                 dimensions: {{LoadBalancer: {balancer}}}}}
        unit_capacity: 500 requests/s   # 600 lookups/s, 1.2 for a request
        utilization: 0.55
        min: 2
        max: 8
        lead_time: 35m                  # 12 minutes to boot, 20 until it is warm
        guardrails: *wide
        needs:
          - tier: orders                # what misses the cache, all of it at new nodes
            hit_rate: {{namespace: AWS/ElastiCache, metric: CacheHitRate, stat: Average,
                       dimensions: {{ReplicationGroupId: catalog, Role: Primary}}}}
            warm_up: 20m
      - name: carts-read
        target: {{type: dynamodb-table-read, name: table/carts}}
        demand: {{namespace: AWS/DynamoDB, metric: ConsumedReadCapacityUnits,
                 dimensions: {{TableName: carts}}}}
        unit_capacity: 1 units/s
        min: 200
        max: 2000
        guardrails: *wide
      - name: orders
        target: {{type: aurora-replicas, name: "cluster:orders"}}
        demand: {{namespace: Storefront, metric: OrderQueries}}
        unit_capacity: 70 queries/s
        utilization: 0.55
        min: 1
        max: 6
        lead_time: 15m
        guardrails: *wide
"""


@dataclass(frozen=True, slots=True)
class Side:
    """One way of planning, played: what it planned and what came of it."""

    name: str
    plan: PlanFile
    planned: list[Planned]
    log: pd.DataFrame

    @property
    def dollars(self) -> float:
        """What the planned tiers cost while they were played."""
        rows = self.log[self.log["tier"].isin(PRICES)]
        return float((rows["units"] * rows["tier"].map(PRICES)).sum() / 60)

    @property
    def unserved(self) -> float:
        """Share of the web tier's work that was not served to the end."""
        web = self.log[self.log["tier"] == "web"]
        return float(web["unserved"].sum() / web["arrived"].sum())

    def to_json(self) -> dict[str, object]:
        """Plain values for ``--json``."""
        return {"planned": self.name, "dollars": self.dollars, "unserved": self.unserved}


def config_text(balancer: str, store: Path) -> str:
    """Write the storefront's foresail.yaml, as a user would."""
    return CONFIG.format(balancer=balancer, store=store)


def run_storefront(console: Console, output: Path) -> tuple[Side, Side]:
    """Plan the storefront both ways, play an evening of each, and print them side by side.

    Raises
    ------
    InputError
        When the output folder cannot be written.
    """
    sides = []
    for name in (TOGETHER, ALONE):
        with _step(console, f"a storefront of five tiers, planned {name}; its evening played"):
            sides.append(_play(name, output / "storefront"))
    together, alone = sides
    together.plan.write(output / "storefront" / "plan.json")
    console.print(_tiers(together))
    console.print(_table(together, alone))
    console.print(f"configuration and plan: {output / 'storefront'}", highlight=False)
    return together, alone


def _play(name: str, folder: Path) -> Side:
    with Sandbox(start=NOW) as sandbox:
        storefront = build_storefront(sandbox)
        config = storefront_config(storefront, folder, name)
        plan, planned = plan_all(config, sandbox.aws, NOW)
        apply_all(config, plan, sandbox.aws, lambda: sandbox.clock.now)
        sandbox.advance(PLAYED)
        return Side(name, plan, planned, storefront.log)


def storefront_config(storefront: Storefront, folder: Path, name: str = TOGETHER) -> Config:
    """Write the storefront's foresail.yaml into a folder, and read it.

    `name` says how its tiers are planned: alone is the same configuration without its needs.

    Raises
    ------
    InputError
        When the folder cannot be written.
    """
    store = folder / f".foresail-{name.replace(' ', '-')}"
    text = config_text(storefront.names.load_balancer, store)
    data = yaml.safe_load(text)
    if name == ALONE:
        for tier in data["services"][0]["tiers"]:
            tier.pop("needs", None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if name == TOGETHER:
            (folder / "foresail.yaml").write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be written ({error.strerror})", cure="choose another --output"
        ) from error
    return parse_config(data, source=str(folder / "foresail.yaml"))


def _tiers(side: Side) -> Table:
    """Show each tier from the bottom up: its floor, the plan's peak, and what made it so."""
    table = Table(
        title="the storefront, planned together (one change set, from the bottom up)",
        title_justify="left", box=None, padding=(0, 2, 0, 0),
    )  # fmt: skip
    for heading in ("tier", "floor", "peak", "steps", "why"):
        table.add_column(
            heading, justify="right" if heading in ("floor", "peak", "steps") else "left"
        )
    for tier in side.plan.tiers:
        sizes = [action.min_size or 0 for action in scheduled(tier.wanted)]
        why = "; ".join(tier.about["notes"]) or "its own forecast: the edge"
        table.add_row(tier.tier, str(tier.live.min_size), str(max(sizes)), str(len(sizes)), why)
    return table


def _table(together: Side, alone: Side) -> Table:
    table = Table(
        title="the evening, planned both ways", title_justify="left", box=None,
        padding=(0, 2, 0, 0),
    )  # fmt: skip
    for heading in ("planned", "cost", "requests not served"):
        table.add_column(heading, justify="left" if heading == "planned" else "right")
    for side in (together, alone):
        table.add_row(side.name, f"${side.dollars:.2f}", f"{side.unserved:.3%}")
    return table


@contextmanager
def _step(console: Console, text: str) -> Iterator[None]:
    with console.status(text):
        yield
    print_done(console, text)
