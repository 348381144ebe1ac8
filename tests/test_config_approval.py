"""What foresail.yaml says of approval and maintenance: each mistake is named with its cure."""

from datetime import timedelta
from decimal import Decimal

import pytest

from foresail.config import parse_config
from foresail.config.approval import AutoConfig, ask_of, auto_of, expires_of
from foresail.errors import ConfigError

TIER = {
    "name": "web", "max": 9, "unit_capacity": "9 requests/s",
    "target": {"type": "ec2-auto-scaling-group", "name": "web"},
    "demand": {"namespace": "Shop", "metric": "Calls"},
}  # fmt: skip


def config(top=None, service=None, tier=None):
    shop = {"name": "shop", "tiers": [{**TIER, **(tier or {})}], **(service or {})}
    return parse_config({"services": [shop], **(top or {})}, source="test")


def levels(made):
    [service] = made.services
    return (made.approval, service.approval, service.tiers[0].approval)


def test_the_nearest_level_counts_key_by_key():
    made = config(
        {"approval": {"auto": {"increase": "30%", "cost_per_day": "$50"}, "expires": "2h"}},
        {"approval": {"ask": "always", "expires": "30m"}},
        {"approval": {"ask": "large", "auto": {"increase": "10%"}}},
    )
    assert auto_of(levels(made)) == AutoConfig(increase=0.1, cost_per_day=Decimal(50))
    assert ask_of(levels(made)) == "large"
    assert expires_of(levels(made)[:2]) == timedelta(minutes=30)
    assert auto_of(levels(config())) == AutoConfig()
    assert (ask_of(levels(config())), expires_of(levels(config())[:2])) == (
        "large", timedelta(hours=4)
    )  # fmt: skip


def test_limits_of_approval_and_prices_make_no_plan_stale_but_windows_do():
    plain = config().digest()
    judged = config({"approval": {"ask": "always"}}, None, {"price": "$0.10", "approval": {}})
    assert judged.digest() == plain
    window = {"cron": "0 2 * * SUN", "duration": "2h"}
    assert config(None, {"maintenance": [window]}).digest() != plain


@pytest.mark.parametrize(
    ("top", "service", "tier", "says", "cure"),
    [
        ({"approval": {"ask": "maybe"}}, {}, {}, "approval.ask", "write large, always or never"),
        ({"approval": {"auto": {"increse": 1}}}, {}, {}, "approval.auto.increse", "'increase'"),
        ({"approval": {"auto": {"increase": "lots"}}}, {}, {}, "'lots' is not a share", "50%"),
        ({"approval": {"auto": {"cost_per_day": "cheap"}}}, {}, {}, "no amount of dollars", "100"),
        ({"approval": {"auto": {"first_plan": "x"}}}, {}, {}, "first_plan", "true or false"),
        ({"approval": {"expires": "1m"}}, {}, {}, "1m is not from 5m to 7d", "like 4h"),
        ({}, {}, {"price": 0}, "price", "dollars of one unit for one hour"),
        ({}, {"maintenance": [{"duration": "2h"}]}, {}, "begins by cron or at start", "0 2 * *"),
        (
            {}, {"maintenance": [{"cron": "2 am", "duration": "2h"}]}, {},
            "'2 am' is no cron expression", "minute hour day-of-month",
        ),
        (
            {}, {"maintenance": [{"cron": "0 2 * * *", "duration": "9d"}]}, {},
            "duration 9d is not between", "foresail freeze",
        ),
        (
            {}, {"maintenance": [{"start": "soon", "duration": "2h"}]}, {},
            "maintenance[0].start", "2026-12-24T22:00",
        ),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_cure(top, service, tier, says, cure):
    with pytest.raises(ConfigError) as error:
        config(top, service, tier)
    assert says in error.value.message
    assert cure in (error.value.cure or "")
