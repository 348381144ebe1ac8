"""``urgent:`` of foresail.yaml."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foresail.config import parse_config
from foresail.errors import ConfigError
from urgent.sample import config


def with_urgent(tmp_path, **urgent):
    data = config(tmp_path).model_dump(mode="json", include={"region"})
    tier = {
        "name": "web", "target": {"type": "ec2-auto-scaling-group", "name": "web"}, "max": 9,
        "demand": {"namespace": "Shop", "metric": "Orders"}, "unit_capacity": "1 orders/s",
    }  # fmt: skip
    services = [{"name": "shop", "tiers": [tier]}]
    return parse_config({**data, "services": services, "urgent": urgent}, source="test")


def test_it_has_defaults_and_makes_no_plan_stale(tmp_path):
    plain, other = with_urgent(tmp_path), with_urgent(tmp_path, cooldown="20m", window="1h")
    assert plain.urgent.window == timedelta(hours=3)
    assert plain.digest() == other.digest()


@pytest.mark.parametrize(
    ("urgent", "said"),
    [
        ({"cooldown": "10s"}, "1m to 6h"),
        ({"window": "2d"}, "30m to 12h"),
        ({"windows": "3h"}, "did you mean 'window'"),
        ({"cooldown": "soon"}, "cooldown"),
    ],
)
def test_mistakes_are_named(tmp_path, urgent, said):
    with pytest.raises(ConfigError, match=said):
        with_urgent(tmp_path, **urgent)
