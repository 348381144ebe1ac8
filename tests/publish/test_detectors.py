"""Anomaly detectors as CloudWatch is asked for them; moto has none, a Stubber answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import Stubber

from foresail.errors import AwsError
from foresail.publish.detectors import detector_writes, wanted_detectors, write_detectors
from foresail.store.opening import folder_store
from publish.sample import METRIC, NOW, config, tier

ASKED = {
    "Namespace": METRIC["namespace"],
    "MetricName": "RequestCount",
    "Dimensions": [{"Name": "LoadBalancer", "Value": METRIC["dimensions"]["LoadBalancer"]}],
}
SINGLE = {**ASKED, "Stat": "Sum"}
EVENTS = """name,start,end
Launch,2026-11-20T09:00:00Z,2026-11-20T12:00:00Z
Sale,2026-11-27,2026-11-30
Old,2026-10-01,2026-10-02
"""
LAUNCH = {
    "StartTime": datetime(2026, 11, 20, 9, tzinfo=UTC),
    "EndTime": datetime(2026, 11, 20, 12, tzinfo=UTC),
}
SALE = {  # whole days in New York, five hours behind
    "StartTime": datetime(2026, 11, 27, 5, tzinfo=UTC),
    "EndTime": datetime(2026, 12, 1, 5, tzinfo=UTC),
}


class Account:
    """An account whose CloudWatch is a stub."""

    def __init__(self):
        self.cloudwatch = boto3.client("cloudwatch", region_name="us-east-1")
        self.stub = Stubber(self.cloudwatch)
        self.stub.activate()

    def client(self, service):
        assert service == "cloudwatch"
        return self.cloudwatch

    def stands(self, *detectors):
        asked = {**ASKED, "AnomalyDetectorTypes": ["SINGLE_METRIC"]}
        answer = {"AnomalyDetectors": list(detectors)}
        self.stub.add_response("describe_anomaly_detectors", answer, asked)


@pytest.fixture
def account():
    made = Account()
    yield made
    made.stub.assert_no_pending_responses()


@pytest.fixture
def record(tmp_path):
    return folder_store(tmp_path).published("us-east-1 test")


@pytest.fixture
def made(tmp_path):
    (tmp_path / "events.csv").write_text(EVENTS)
    service = {
        "name": "shop", "timezone": "America/New_York", "tiers": [tier()],
        "calendar": [str(tmp_path / "events.csv")],
    }  # fmt: skip
    return config(tmp_path, services=[service], publish={"anomaly_detectors": True})


def live(ranges, zone="America/New_York", stat="Sum"):
    settings = {"MetricTimezone": zone, "ExcludedTimeRanges": ranges}
    return {"SingleMetricAnomalyDetector": {**ASKED, "Stat": stat}, "Configuration": settings}


def operations(writes):
    return [write.operation for write in writes]


def test_made_in_the_tiers_zone_with_events_left_out(account, record, made):
    account.stands(live([], stat="Average"))  # of another statistic: another detector
    writes = detector_writes(made, account, record, NOW)
    wanted = {
        "SingleMetricAnomalyDetector": SINGLE,
        "Configuration": {
            "MetricTimezone": "America/New_York", "ExcludedTimeRanges": [LAUNCH, SALE],
        },
    }  # fmt: skip
    account.stub.add_response("put_anomaly_detector", {}, wanted)
    write_detectors(account, record, writes)
    assert operations(writes) == ["create"]
    assert record.detectors() == {writes[0].name}


def test_kept_while_nothing_differs_updated_when_an_event_comes_up(account, record, made):
    [key] = wanted_detectors(made, NOW)
    record.own_detector(key, owned=True)
    account.stands(live([LAUNCH, SALE]))
    assert operations(detector_writes(made, account, record, NOW)) == ["keep"]
    account.stands(live([LAUNCH]))
    assert operations(detector_writes(made, account, record, NOW)) == ["update"]


def test_a_detector_of_somebody_else_is_left_alone(account, record, made):
    account.stands(live([], zone="UTC"))
    assert detector_writes(made, account, record, NOW) == []
    account.stands(live([], zone="UTC"))
    assert detector_writes(made, account, record, NOW, delete=True) == []


def test_deleted_when_asked_and_owned(account, record, made):
    [key] = wanted_detectors(made, NOW)
    record.own_detector(key, owned=True)
    account.stands(live([LAUNCH, SALE]))
    writes = detector_writes(made, account, record, NOW, delete=True)
    account.stub.add_response(
        "delete_anomaly_detector", {}, {"SingleMetricAnomalyDetector": SINGLE}
    )
    write_detectors(account, record, writes)
    assert record.detectors() == set()


def test_killed_after_the_record_the_next_run_still_makes_it(account, record, made):
    account.stands()
    writes = detector_writes(made, account, record, NOW)
    account.stub.add_client_error("put_anomaly_detector", "Throttling")
    with pytest.raises(AwsError, match="throttled cloudwatch:PutAnomalyDetector"):
        write_detectors(account, record, writes)
    account.stands()
    assert operations(detector_writes(made, account, record, NOW)) == ["create"]


def test_at_most_ten_ranges_those_that_end_last(tmp_path):
    rows = [f"E{n},2026-11-{n + 10:02},2026-11-{n + 10:02}" for n in range(15)]
    (tmp_path / "many.csv").write_text("name,start,end\n" + "\n".join(rows))
    service = {"name": "shop", "tiers": [tier()], "calendar": [str(tmp_path / "many.csv")]}
    [wanted] = wanted_detectors(config(tmp_path, services=[service]), NOW).values()
    ranges = wanted["Configuration"]["ExcludedTimeRanges"]
    starts = [one["StartTime"].day for one in ranges]
    assert starts == list(range(15, 25))
    assert all(one["EndTime"] - one["StartTime"] == timedelta(days=1) for one in ranges)
