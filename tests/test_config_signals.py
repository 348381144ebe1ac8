"""Signals by kind in foresail.yaml: what each pulls, and what each mistake is told."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from foresail.config import parse_config
from foresail.config.signals import KINDS
from foresail.demand.signals.kinds import FORMULAS
from foresail.errors import ConfigError

RATE = "120 requests/s"
LOAD = {"namespace": "AWS/ApplicationELB", "metric": "RequestCount"}
SLOW = {"namespace": "AWS/ApplicationELB", "metric": "TargetResponseTime", "stat": "p95"}
HITS = {"namespace": "Shop", "metric": "HitRate", "stat": "Average"}
GOOD = {
    "expression": {
        "expression": "requests * (1 - hits / 100)",
        "metrics": {"requests": LOAD, "hits": HITS},
    },
    "cloudfront": {"distribution": "E2EXAMPLE"},
    "queue": {"queue": "orders", "drain": "5m"},
    "connections": {"instance": "orders-db", "max_connections": 500, "share": "80%"},
    "latency": {"latency": SLOW, "load": LOAD, "slo": "200ms"},
    "lambda": {"function": "checkout", "alias": "live"},
    "kinesis": {"stream": "clicks"},
    "dynamodb": {"table": "orders", "access": "write"},
    "elasticache": {"nodes": ["shop-0001-001", "shop-0002-001"]},
}


def tier(demand, **more):
    data = {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": demand,
        "unit_capacity": RATE,
        "max": 9,
        **more,
    }
    data = {key: value for key, value in data.items() if value is not None}
    config = parse_config({"services": [{"name": "shop", "tiers": [data]}]}, source="test")
    return config.services[0].tiers[0]


def test_each_kind_has_an_example_here_and_a_formula():
    assert set(GOOD) == set(FORMULAS) == set(KINDS) - {"metric"}


@pytest.mark.parametrize("kind", GOOD)
def test_a_kind_names_whole_metrics_of_its_own_and_a_capacity(kind):
    [signal] = tier({"kind": kind, **GOOD[kind]}).demand
    assert signal.optional <= set(signal.parts)
    for part in signal.parts.values():
        assert part.namespace and part.metric
    assert signal.label.startswith(kind)
    assert tier([{"kind": kind, **GOOD[kind]}]).capacity_of(signal).amount > 0


def test_a_signal_without_kind_is_a_metric():
    [signal] = tier(LOAD).demand
    assert (signal.kind, signal.label, signal.per_period) == ("metric", "RequestCount", True)


@pytest.mark.parametrize(
    ("kind", "amount"),
    [("connections", 400), ("lambda", 1), ("kinesis", 1), ("dynamodb", 1), ("elasticache", 100)],
)
def test_what_a_unit_serves_is_known_by_kind_and_can_be_said(kind, amount):
    signal = {"kind": kind, **GOOD[kind]}
    made = tier(signal, unit_capacity=None)
    assert made.capacity_of(made.demand[0]).amount == amount
    own = tier({**signal, "unit_capacity": "7 things/s"})
    assert own.capacity_of(own.demand[0]).amount == 7


@pytest.mark.parametrize(
    ("demand", "says", "cure"),
    [
        ({"kind": "quue", "queue": "orders"}, r"\[0\].kind: no kind of signal 'quue'", "queue"),
        ({"kind": "zzz"}, "no kind of signal 'zzz'", "known kinds: metric"),
        ({"kind": "queue"}, r"demand\[0\]: a queue signal needs one source", "queue: NAME"),
        ({"kind": "queue", "queue": "a", "stream": "b"}, "needs one source", "stream: NAME"),
        ({"kind": "queue", "queue": "a", "drain": "0m"}, "no time", "drain: 10m"),
        ({"kind": "queue", "qeue": "a"}, r"demand\[0\].qeue: unknown key", "'queue'"),
        ({"kind": "dynamodb", "table": "t"}, r"demand\[0\].access: required", "add access"),
        ({"kind": "dynamodb", "table": "t", "access": "raed"}, r"\[0\].access: .*raed", "read or"),
        ({"kind": "cloudfront"}, "distribution: required", "add distribution"),
        ({"kind": "connections", "instance": "a"}, "max_connections: required", "add max"),
        (
            {"kind": "connections", "instance": "a", "max_connections": 0},
            "max_connections: .*got 0",
            "whole number of connections",
        ),
        (
            {"kind": "connections", "cluster": "a", "endpoint": "both", "max_connections": 9},
            "endpoint: .*both",
            "reader or writer",
        ),
        ({"kind": "connections", "max_connections": 9}, "needs one source", "cluster: NAME"),
        ({"kind": "elasticache"}, "needs one source", "serverless: NAME"),
        ({**GOOD["latency"], "kind": "latency", "slo": "fast"}, "slo: .*a duration", "90s"),
        ({**GOOD["latency"], "kind": "latency", "slo": "0ms"}, "no time at all", "200ms"),
        ({**GOOD["latency"], "kind": "latency", "latency": LOAD}, "no time that", "stat: p95"),
        ({**GOOD["latency"], "kind": "latency", "unit": "ms"}, "unit: ", "milliseconds"),
        (
            {"kind": "expression", "expression": "a + b", "metrics": {"a": LOAD}},
            r"\[0\]: expression 'a \+ b': no metric 'b'",
            "there: a",
        ),
        (
            {"kind": "expression", "expression": "a", "metrics": {"a": LOAD, "b": HITS}},
            "'b' is not in expression",
            "leave it out",
        ),
        (
            {"kind": "expression", "expression": "a.x", "metrics": {"a": LOAD}},
            "'a.x' is no part of a formula",
            "write numbers",
        ),
        (
            {"kind": "expression", "expression": "a", "metrics": {"a": {**LOAD, "sta": "p95"}}},
            r"metrics.a.sta: unknown key",
            "'stat'",
        ),
        ({"kind": "expression", "expression": "a", "metrics": {}}, "metrics: ", "name each metric"),
        ({"kind": "kinesis", "stream": "a", "period": "90s"}, "no period of 90s", "5m"),
    ],
)  # fmt: skip
def test_each_mistake_names_the_key_and_the_cure(demand, says, cure):
    with pytest.raises(ConfigError, match=says) as caught:
        tier(demand)
    assert cure in str(caught.value.cure)
    assert "\n" not in caught.value.message


def test_a_signal_that_knows_no_unit_needs_one():
    with pytest.raises(ConfigError, match="what does one unit serve of RequestCount Sum"):
        tier(LOAD, unit_capacity=None)
    with pytest.raises(ConfigError, match="has no time, but queue-orders is work over time"):
        tier({"kind": "queue", "queue": "orders"}, unit_capacity="100 messages")


@pytest.mark.parametrize(
    ("more", "says", "cure"),
    [
        ({"combine": "mean"}, "combine: .*mean", "max, or learned"),
        ({"leading": {**LOAD, "within": "0m"}}, r"leading\[0\].within: .*longer than", "12h"),
        ({"leading": [{**LOAD, "wihtin": "1h"}]}, r"leading\[0\].wihtin: unknown key", "within"),
        ({"storage": {"instance": "a"}}, "storage: an instance says only", "allocated"),
        ({"storage": {"cluster": "a"}}, "storage: an Aurora volume", "max_allocated"),
        ({"storage": {}}, "storage of what", "instance: NAME"),
        ({"storage": {"instance": "a", "allocated": "much"}}, "'much' is no size", "100 GiB"),
        (
            {"storage": {"instance": "a", "allocated": "2 TiB", "max_allocated": "1 TiB"}},
            "max_allocated is below allocated",
            "raise it",
        ),
        ({"storage": {"instance": "a", "allocated": "9 GiB", "full": 2}}, "full: ", "90%"),
    ],
)
def test_each_mistake_of_a_tiers_other_signals_is_told(more, says, cure):
    with pytest.raises(ConfigError, match=says) as caught:
        tier(LOAD, **more)
    assert cure in str(caught.value.cure)


def test_sizes_are_read_as_rds_counts_them():
    storage = tier(LOAD, storage={"instance": "a", "allocated": "100 GB", "full": "80%"}).storage
    assert (storage.allocated, storage.limit, storage.full) == (100 * 2**30,) * 2 + (0.8,)


def test_a_lead_is_looked_for_within_half_a_day():
    [one] = tier(LOAD, leading={"namespace": "Shop", "metric": "SignUps"}).leading
    assert (one.within, one.per_period) == (timedelta(hours=12), True)


def test_the_examples_of_the_page_are_read_and_show_each_kind():
    text = (Path(__file__).parents[1] / "docs" / "signals.md").read_text()
    shown = set()
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        made = tier(**yaml.safe_load(block))
        shown |= {signal.kind for signal in made.demand}
    assert shown == set(KINDS)
