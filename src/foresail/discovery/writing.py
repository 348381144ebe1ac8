"""A commented foresail.yaml from what was discovered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from foresail.discovery.account import Discovered
from foresail.discovery.found import TO_SET, Found

_HEAD = """\
# Written by foresail init from account {account}, {region}.
# What it took from the account is filled in; look at it, then: foresail doctor, foresail plan.
# A line marked {to_set} lacks a value that only you know: plan refuses the file until it is there.
region: {region}
services:
  - name: main            # one service plans its tiers together; split it as your teams do
    timezone: {timezone}
    tiers:
"""


def config_text(found: Discovered, account: str, region: str, timezone: str) -> str:
    """Write the file: tiers in full, then what was seen and skipped as comments."""
    head = _HEAD.format(account=account, region=region, timezone=timezone, to_set=TO_SET)
    lines = [line for tier in zip(_names(found.found), found.found, strict=True)
             for line in _tier(*tier)]  # fmt: skip
    rest = [f"# not written: {one.name} {one.why}" for one in found.seen]
    rest += [f"# skipped: {one.service}: {one.why}" for one in found.skipped]
    return head + "\n".join([*lines, *rest]) + "\n"


def lines_to_set(text: str) -> list[str]:
    """Name the lines that a person has to fill in: ``line 12: unit_capacity``."""
    return [
        f"line {number}: {line.split('#')[0].strip()}"
        for number, line in enumerate(text.splitlines(), start=1)
        if TO_SET in line and not line.lstrip().startswith("#")
    ]


def _names(found: Sequence[Found]) -> list[str]:
    """Name each tier once; twins get the type before the name, then a number."""
    plain = Counter(one.tier for one in found)
    names = [
        one.tier if plain[one.tier] == 1 else f"{one.target_type}-{one.tier}"[:60] for one in found
    ]
    seen: Counter[str] = Counter()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return unique


def _tier(name: str, found: Found) -> Iterator[str]:
    """Write a tier; as a comment when a plan would lack something."""
    if found.blocked is None:
        yield from _lines(name, found)
        return
    yield f"      # not ready: {found.blocked}; take the # away when there is enough"
    for line in _lines(name, found):
        yield f"      # {line[6:]}"


def _lines(name: str, found: Found) -> Iterator[str]:
    yield from (f"      # {note}" for note in found.notes)
    yield f"      - name: {_flow(name)}"
    target = {"type": found.target_type, "name": found.target_name}
    yield f"        target: {_flow(target)}"
    yield from _signal(found.demand)
    if found.unit_capacity == TO_SET:
        yield f"        unit_capacity:    # {TO_SET}: what one unit serves, like 120 requests/s"
    elif found.unit_capacity is not None:
        yield f"        unit_capacity: {found.unit_capacity}"
    yield f"        min: {found.minimum}"
    yield f"        max: {found.maximum}"
    if found.lead_time is not None:
        yield f"        lead_time: {found.lead_time}"


def _signal(demand: Any) -> Iterator[str]:
    """One line; a value that is to be set stands in a line of its own."""
    missing = [key for key, value in demand.items() if value == TO_SET]
    if not missing:
        yield f"        demand: {_flow(dict(demand))}"
        return
    yield "        demand:"
    for key, value in demand.items():
        shown = f"   # {TO_SET}" if value == TO_SET else f" {_flow(value)}"
        yield f"          {key}:{shown}"


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000)
    return text.removesuffix("...\n").strip()
