"""What was published: each point once, also when a run dies or two run at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foresail.store.published import Point, Published
from store.backends import BACKENDS, Time, open_backend, sandbox

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
__all__ = ["sandbox"]


def point(hours, value=1.5, metric="ForecastDemand"):
    return Point(metric, (("Service", "shop"), ("Tier", "web")), NOW + hours * HOUR, value)


@pytest.fixture(params=BACKENDS)
def store(request, tmp_path, sandbox):
    return open_backend(request.param, tmp_path, sandbox, Time(NOW))


def test_a_point_is_intended_then_sent_and_never_new_again(store):
    record = store.published("here")
    points = [point(0), point(1), point(0, metric="PlannedFloor")]
    assert record.new(points) == points
    record.intend(points)
    record.intend([point(0, value=9.0)])  # what was meant first stays
    assert record.new([*points, point(2)]) == [point(2)]
    assert sorted(record.unsent(), key=str) == sorted(points, key=str)
    record.sent(points[:2])
    assert record.unsent() == points[2:]
    assert store.published("elsewhere").new(points) == points


def test_what_is_too_old_is_forgotten(store):
    record = store.published("here")
    record.intend([point(0), point(2)])
    record.forget_before(NOW + HOUR)
    assert record.new([point(0), point(2)]) == [point(0)]


def test_two_that_publish_at_a_time_keep_both(store, monkeypatch):
    record, real = store.published("here"), type(store.records).write

    def first_somebody_else(records, *changes):
        monkeypatch.undo()
        Published(store.records, "here").intend([point(5)])
        real(records, *changes)

    record.intend([point(0)])
    monkeypatch.setattr(type(store.records), "write", first_somebody_else)
    record.intend([point(1)])
    assert [one.time for one in record.unsent()] == [NOW, NOW + HOUR, NOW + 5 * HOUR]


def test_detectors_are_owned_until_they_are_not(store):
    record = store.published("here")
    record.own_detector("a", owned=True)
    record.own_detector("b", owned=True)
    record.own_detector("a", owned=False)
    assert record.detectors() == {"b"}
    assert store.published("elsewhere").detectors() == set()
