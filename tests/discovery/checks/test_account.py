"""Credentials, region and clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foresail.discovery.checks.account import Identity, check_account, identify
from foresail.sandbox import Sandbox

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def clock(time):
    who = Identity("1", "arn:aws:iam::1:user/ann", "eu-west-1", time)
    [credentials, region, found] = check_account(who, NOW)
    assert "arn:aws:iam::1:user/ann" in credentials.text
    assert region.text == "region: eu-west-1"
    return found


def test_the_endpoint_says_who_we_are_and_what_time_it_is():
    with Sandbox() as sandbox:
        found = identify(sandbox.aws)
    assert found.account == "123456789012"
    assert found.region == "us-east-1"
    assert abs(datetime.now(UTC) - found.time) < timedelta(seconds=30)


@pytest.mark.parametrize(
    ("seconds", "level"),
    [(0, "ok"), (-20, "ok"), (40, "warning"), (-40, "warning"), (300, "problem")],
)
def test_clocks_that_differ_are_told(seconds, level):
    found = clock(NOW + timedelta(seconds=seconds))
    assert found.level == level
    assert bool(found.cure) == (level != "ok")


def test_an_answer_without_a_time_is_not_judged():
    assert clock(None).level == "not checked"
