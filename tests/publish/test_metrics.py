"""Forecasts as CloudWatch has them after each run: whole, each point once, whatever happened."""

from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from foresail.errors import AwsError, InputError
from foresail.publish import metrics
from foresail.publish.metrics import batches, open_record, publish_forecasts
from foresail.publish.points import due_points
from foresail.sandbox import Sandbox
from publish.sample import NOW, config, forecast, hours, points, store, tier

HIGH = (("Service", "shop"), ("Tier", "web"), ("Signal", "RequestCount"), ("Quantile", "0.95"))
UNITS = (("Service", "shop"), ("Tier", "web"))


@pytest.fixture
def sandbox():
    with Sandbox(start=NOW) as running:
        yield running


def run(sandbox, made, now=NOW):
    return publish_forecasts(made, sandbox.aws, open_record(made, sandbox.aws), now)


def counted(sandbox, until):
    return points(sandbox, "ForecastDemand", HIGH, NOW - hours(1), until, stat="SampleCount")


def test_hourly_runs_publish_the_whole_forecast_each_point_once(sandbox, tmp_path):
    made = config(tmp_path)
    store(made, forecast())
    for later in range(5):
        [row] = run(sandbox, made, NOW + hours(later))
        assert row.until == NOW.replace(hour=14 + later, minute=0)
        assert not row.ended
    seen = points(sandbox, "ForecastDemand", HIGH, NOW - hours(1), NOW + hours(9))
    expected = forecast().frame.set_index("timestamp")["q0.95"].loc[: NOW + hours(6)]
    assert seen.tolist() == expected.tolist()
    assert set(counted(sandbox, NOW + hours(9))) == {1}
    floor = points(sandbox, "PlannedFloor", UNITS, NOW - hours(1), NOW + hours(9))
    assert len(floor) == len(expected)


def test_run_again_at_once_publishes_nothing(sandbox, tmp_path):
    made = config(tmp_path)
    store(made, forecast())
    assert run(sandbox, made)[0].points > 100
    assert run(sandbox, made)[0].points == 0
    assert run(sandbox, made, NOW + timedelta(minutes=1))[0].points == 2  # age and trust


def test_a_new_plan_shows_from_the_first_period_that_is_not_published(sandbox, tmp_path):
    made = config(tmp_path)
    store(made, forecast())
    run(sandbox, made)
    store(made, forecast(made=NOW + hours(1), scale=10))
    run(sandbox, made, NOW + hours(1))
    seen = points(sandbox, "ForecastDemand", HIGH, NOW - hours(1), NOW + hours(9))
    assert seen.loc[: NOW + hours(2)].max() == pytest.approx(390)  # as it was told first
    assert seen.loc[NOW + hours(2) :].min() > 2000
    assert set(counted(sandbox, NOW + hours(9))) == {1}


def test_another_endpoint_is_told_everything(sandbox, tmp_path):
    made = config(tmp_path)
    store(made, forecast())
    run(sandbox, made)
    record = open_record(made, sandbox.aws)
    elsewhere = metrics.Published(record.records, "eu-west-1 https://monitoring")
    due = due_points(forecast(), NOW)
    assert elsewhere.new(due) == due
    assert record.new(due) == []


class Killed(BaseException):
    """The process died here."""


def breaking(sandbox, monkeypatch, *, at, after, error):
    """Let the call number `at` fail, before it is sent or after CloudWatch took it."""
    aws = sandbox.aws
    real = type(aws).client
    calls = []

    def client(self, service):
        made = real(self, service)

        def before_call(**_):
            calls.append(1)
            if len(calls) == at and not after:
                raise error

        def after_call(**_):
            if len(calls) == at and after:
                raise error

        made.meta.events.register("before-call.cloudwatch.PutMetricData", before_call)
        made.meta.events.register("after-call.cloudwatch.PutMetricData", after_call)
        return made

    monkeypatch.setattr(type(aws), "client", client)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_killed_between_batches_the_next_run_ends_where_an_undisturbed_one_does(
    sandbox, tmp_path, monkeypatch, at, after
):
    monkeypatch.setattr(metrics.batches, "__defaults__", (50, metrics.MOST_BYTES))
    made = config(tmp_path)
    store(made, forecast())
    with monkeypatch.context() as broken, pytest.raises(Killed):
        breaking(sandbox, broken, at=at, after=after, error=Killed())
        run(sandbox, made)
    store(made, forecast(scale=7))  # a replan in between must not mix with what may have been sent
    run(sandbox, made)
    seen = points(sandbox, "ForecastDemand", HIGH, NOW - hours(1), NOW + hours(9))
    allowed = {130.0, 260.0, 390.0, 910.0, 1820.0, 2730.0}
    assert len(seen) == 25
    assert {round(value, 6) for value in seen} <= allowed  # a mean of two plans would be none
    assert run(sandbox, made)[0].points == 0


@pytest.mark.parametrize(
    ("code", "says"),
    [("Throttling", "throttled cloudwatch:PutMetricData"), ("AccessDenied", "no permission for")],
)
def test_refused_by_aws_is_told_and_resumed(sandbox, tmp_path, monkeypatch, code, says):
    made = config(tmp_path)
    store(made, forecast())
    refused = ClientError({"Error": {"Code": code, "Message": "no"}}, "PutMetricData")
    with monkeypatch.context() as broken, pytest.raises(AwsError, match=says):
        breaking(sandbox, broken, at=1, after=False, error=refused)
        run(sandbox, made)
    run(sandbox, made)
    assert len(counted(sandbox, NOW + hours(9))) == 25


def test_a_tier_without_a_forecast_is_told_before_anything_is_sent(sandbox, tmp_path):
    made = config(tmp_path, tiers=[tier(), tier("api")])
    store(made, forecast())
    with pytest.raises(InputError, match="shop/api: no forecast is stored") as caught:
        run(sandbox, made)
    assert "foresail plan" in caught.value.cure
    assert counted(sandbox, NOW + hours(9)).empty


def test_an_ended_forecast_is_said_to_have_ended(sandbox, tmp_path):
    made = config(tmp_path)
    store(made, forecast(hours=2))
    assert run(sandbox, made, NOW + hours(3))[0].ended


def test_batches_keep_order_and_both_limits():
    due = due_points(forecast(signals=("A", "B", "C")), NOW + hours(30))
    cut = list(batches(due))
    assert [p for batch in cut for p in batch] == due
    assert len(due) > 3000
    assert max(map(len, cut)) == 1000
    small = list(batches(due[:100], most_bytes=2000))
    assert [p for batch in small for p in batch] == due[:100]
    assert max(map(len, small)) < 20
