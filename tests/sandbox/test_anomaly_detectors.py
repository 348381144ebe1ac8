import pytest
from botocore.exceptions import ClientError

from foresail.sandbox import Sandbox

METRIC = {
    "Namespace": "AWS/ApplicationELB",
    "MetricName": "RequestCount",
    "Dimensions": [{"Name": "LoadBalancer", "Value": "app/shop/1"}],
    "Stat": "Sum",
}


@pytest.fixture(scope="module")
def client():
    with Sandbox() as sandbox:
        yield sandbox.client("cloudwatch")


def detectors(client, **asked):
    return client.describe_anomaly_detectors(**asked)["AnomalyDetectors"]


def test_it_is_kept_found_changed_and_deleted(client):
    client.put_anomaly_detector(
        SingleMetricAnomalyDetector=METRIC, Configuration={"MetricTimezone": "Europe/Berlin"}
    )
    client.put_anomaly_detector(
        SingleMetricAnomalyDetector=METRIC, Configuration={"MetricTimezone": "UTC"}
    )
    [found] = detectors(client, Namespace=METRIC["Namespace"], Dimensions=METRIC["Dimensions"])
    assert found["SingleMetricAnomalyDetector"] == METRIC
    assert found["Configuration"]["MetricTimezone"] == "UTC"
    assert detectors(client, Namespace="Shop") == []
    other = [{"Name": "LoadBalancer", "Value": "app/shop/2"}]
    assert detectors(client, Namespace=METRIC["Namespace"], Dimensions=other) == []
    client.delete_anomaly_detector(SingleMetricAnomalyDetector=METRIC)
    assert detectors(client) == []


def test_one_that_is_not_there_cannot_be_deleted(client):
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client.delete_anomaly_detector(SingleMetricAnomalyDetector=METRIC)
