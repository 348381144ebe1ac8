"""Decisions: kept by service and time, money exact, gone after 400 days."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from foresail.store.decisions import Decision
from store.backends import BACKENDS, Time, open_backend, sandbox

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MADE = Decision(
    "run-1", "p1", "shop", "web", "ecs-service shop/web", "compute", NOW, 4, 12,
    "scheduled-actions", ("Requests", "Logins"), NOW + 2 * DAY, Decimal("-1.10"), "ann",
)  # fmt: skip
__all__ = ["sandbox"]


@pytest.fixture
def clock():
    return Time(NOW)


@pytest.fixture(params=BACKENDS)
def decisions(request, tmp_path, sandbox, clock):
    return open_backend(request.param, tmp_path, sandbox, clock).decisions


def test_read_back_as_written_by_time_and_service(decisions):
    later = replace(MADE, id="run-2", made=NOW + DAY, cost_impact=None, approved_by=None)
    other = replace(MADE, service="other")
    database = replace(MADE, id="run-3", tier="database")
    for one in (later, MADE, MADE, other, database):
        decisions.write(one)
    assert decisions.between("shop", NOW, NOW + DAY) == [database, MADE]
    assert decisions.between("shop", NOW + DAY, NOW + 2 * DAY) == [later]
    assert decisions.latest("shop", limit=1) == [later]
    assert str(decisions.latest("other")[0].cost_impact) == "-1.10"


def test_gone_after_400_days(decisions, clock):
    decisions.write(MADE)
    clock.now += 399 * DAY
    assert decisions.latest("shop") == [MADE]
    clock.now += DAY
    assert decisions.latest("shop") == []
