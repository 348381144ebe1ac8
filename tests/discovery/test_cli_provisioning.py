"""`foresail provisioning` as a person types it."""

from __future__ import annotations

import json

import pytest


def test_a_table_with_the_lead_in_use(shop):
    done = shop("provisioning")
    assert done.returncode == 0, done.stderr
    head, row, *rest = done.stdout.splitlines()
    assert head.split()[:2] == ["tier", "launches"]
    assert row.startswith("storefront/web ")
    assert " 10m " in row
    assert "warm pools are sized with --warm-price and --shortage-price" in rest


def test_prices_size_the_pool(shop):
    prices = ("--warm-price", "0.01", "--shortage-price", "3")
    done = shop("provisioning", *prices, "--service", "storefront", "--json")
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)
    assert row["lead_seconds"] == 600
    assert float(row["warm_pool"]["saves_month"]) >= float(row["warm_pool"]["cost_month"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--warm-price", "0.01"], "go together"),
        (["--warm-price", "0", "--shortage-price", "1"], "--warm-price 0 is not above zero"),
        (["--service", "nope"], "no service 'nope'"),
    ],
)
def test_what_cannot_be_is_refused(shop, words, says):
    done = shop("provisioning", *words)
    assert done.returncode == 2
    assert says in done.stderr
