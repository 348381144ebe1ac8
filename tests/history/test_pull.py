"""GetMetricData through boto3: moto's server for the whole way, Stubber for what moto cannot."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pandas as pd
import pytest
from botocore.stub import Stubber

from foresail.aws import Aws
from foresail.errors import AwsError, InputError
from foresail.history import answers as module
from foresail.history.metrics import MetricQuery
from foresail.history.pull import last_closed, pull, pull_each
from foresail.store.blobs import FolderBlobs
from foresail.store.parquet import HistoryStore

FIVE = timedelta(minutes=5)
NOW = datetime(2026, 11, 24, 12, 4, 30, tzinfo=UTC)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
QUERY = MetricQuery(
    "web", "AWS/ApplicationELB", "RequestCount", (("LoadBalancer", "app/a"),), "Sum"
)
CPU = MetricQuery("cpu", "AWS/EC2", "CPUUtilization", (("AutoScalingGroupName", "web"),), "Average")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(module.time, "sleep", lambda _: None)


@pytest.fixture(scope="module")
def endpoint():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, ip_address="127.0.0.1", verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def cloudwatch(endpoint):
    import urllib.request

    request = urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")
    urllib.request.urlopen(request).read()
    return Aws(region="us-east-1", endpoint_url=endpoint, sandbox=True).client("cloudwatch")


@pytest.fixture
def stubbed():
    client = boto3.client("cloudwatch", region_name="us-east-1")
    with Stubber(client) as stub:
        yield client, stub


def put(client, query, points):
    dimensions = [{"Name": n, "Value": v} for n, v in query.dimensions]
    data = [
        {"MetricName": query.metric, "Dimensions": dimensions, "Timestamp": when, "Value": value}
        for when, value in points.items()
    ]
    for at in range(0, len(data), 1000):
        client.put_metric_data(Namespace=query.namespace, MetricData=data[at : at + 1000])


def every_five(start, end):
    count = (end - start) // FIVE
    return {start + n * FIVE: float(n % 100 + 1) for n in range(count)}


def calls_of(client):
    """Windows asked for and how many metrics, as they go out."""
    seen = []

    def note(params, **_):
        seen.append((params["StartTime"], params["EndTime"], len(params["MetricDataQueries"])))

    client.meta.events.register("provide-client-params.cloudwatch.GetMetricData", note)
    return seen


def plain(frame):
    return {t.to_pydatetime(): v for t, v in zip(frame["timestamp"], frame["value"], strict=True)}


def result(name, points, code="Complete"):
    return {
        "Id": name,
        "Label": name,
        "Timestamps": list(points),
        "Values": list(points.values()),
        "StatusCode": code,
    }


def answer(stub, *results, token=None):
    page = {"MetricDataResults": list(results)}
    stub.add_response("get_metric_data", page | ({"NextToken": token} if token else {}))


def ask(client, *queries, hours=1, **options):
    wanted = list(queries) or [QUERY]
    return pull(client, wanted, NOON - timedelta(hours=hours), NOON, FIVE, now=NOW, **options)


# The whole way, against moto's server


def test_two_weeks_come_back_as_they_were_put(cloudwatch):
    points = every_five(NOON - timedelta(days=14), NOON)
    put(cloudwatch, QUERY, points)
    seen, told = calls_of(cloudwatch), []
    found = pull(
        cloudwatch,
        [QUERY],
        NOON - timedelta(days=14),
        NOW,
        FIVE,
        now=NOW,
        progress=lambda *step: told.append(step),
    )
    assert list(found.columns) == ["series", "timestamp", "value"]
    assert str(found["timestamp"].dt.tz) == "UTC"
    assert found["timestamp"].is_monotonic_increasing
    assert plain(found) == points
    assert len(seen) == 14
    assert told[-1] == (14, 14)


def test_a_gap_stays_a_gap_and_the_open_period_is_left_out(cloudwatch):
    points = every_five(NOON - timedelta(hours=1), NOON + FIVE)
    del points[NOON - 6 * FIVE]
    put(cloudwatch, QUERY, points)
    found = pull(cloudwatch, [QUERY], NOON - timedelta(hours=1), NOW, FIVE, now=NOW)
    assert NOON not in plain(found)
    assert plain(found) == {t: v for t, v in points.items() if t < NOON}


def test_a_start_between_periods_is_aligned(cloudwatch):
    """CloudWatch's bins would begin at StartTime on moto, and 17:00:00 is no 5-minute bin."""
    points = every_five(NOON - timedelta(hours=1), NOON)
    put(cloudwatch, QUERY, points)
    odd = timedelta(minutes=2, seconds=13)
    found = pull(
        cloudwatch, [QUERY], NOON - timedelta(hours=1) + odd, NOON + odd, FIVE, now=NOW + odd
    )
    assert plain(found)[NOON - timedelta(hours=1)] == points[NOON - timedelta(hours=1)]


def test_several_metrics_share_calls_and_keep_their_names_and_statistics(cloudwatch):
    put(cloudwatch, QUERY, every_five(NOON - timedelta(hours=2), NOON))
    put(cloudwatch, CPU, {NOON - FIVE: 60.0, NOON - FIVE + timedelta(minutes=1): 80.0})
    seen = calls_of(cloudwatch)
    found = ask(cloudwatch, QUERY, CPU, hours=2)
    assert seen == [(NOON - timedelta(hours=2), NOON, 2)]
    assert found["series"].unique().tolist() == ["web", "cpu"]
    assert plain(found[found["series"] == "cpu"]) == {NOON - FIVE: 70.0}


def test_the_next_pull_asks_only_for_what_is_new_or_was_young(cloudwatch, tmp_path):
    store = HistoryStore(FolderBlobs(tmp_path), "us-east-1")
    start = NOON - timedelta(days=3)
    points = every_five(start, NOON + timedelta(days=1))
    put(cloudwatch, QUERY, {t: v for t, v in points.items() if t < NOON})
    pull(cloudwatch, [QUERY], start, NOW, FIVE, now=NOW, store=store)
    put(cloudwatch, QUERY, {t: v for t, v in points.items() if t >= NOON})
    put(cloudwatch, QUERY, {NOON - timedelta(hours=1): 1000.0})  # late data adds to a sum
    seen, later = calls_of(cloudwatch), NOW + timedelta(hours=12)
    found = plain(pull(cloudwatch, [QUERY], start, later, FIVE, now=later, store=store))
    assert seen == [(NOON - timedelta(hours=3), NOON + timedelta(hours=12), 1)]
    late, end = NOON - timedelta(hours=1), NOON + timedelta(hours=12)
    assert found == {t: v + 1000 * (t == late) for t, v in points.items() if t < end}


def test_a_second_pull_at_once_rereads_the_young_and_changes_nothing(cloudwatch, tmp_path):
    store = HistoryStore(FolderBlobs(tmp_path))
    start = NOON - timedelta(days=2)
    put(cloudwatch, QUERY, every_five(start, NOON))
    first = pull(cloudwatch, [QUERY], start, NOW, FIVE, now=NOW, store=store)
    seen = calls_of(cloudwatch)
    second = pull(cloudwatch, [QUERY], start, NOW, FIVE, now=NOW, store=store)
    pd.testing.assert_frame_equal(first, second)
    assert seen == [(NOON - timedelta(hours=3), NOON, 1)]


def test_an_earlier_start_asks_for_the_part_before(cloudwatch, tmp_path):
    store = HistoryStore(FolderBlobs(tmp_path))
    put(cloudwatch, QUERY, every_five(NOON - timedelta(days=2), NOON))
    ask(cloudwatch, hours=10, store=store)
    seen = calls_of(cloudwatch)
    found = ask(cloudwatch, hours=20, store=store)
    assert [(a, b) for a, b, _ in seen] == [
        (NOON - timedelta(hours=20), NOON - timedelta(hours=10)),
        (NOON - timedelta(hours=3), NOON),
    ]
    assert len(found) == 20 * 12


def test_a_metric_without_data_is_named_and_asked_again_next_time(cloudwatch, tmp_path):
    store = HistoryStore(FolderBlobs(tmp_path))
    with pytest.raises(InputError) as error:
        ask(cloudwatch, hours=24, store=store)
    for word in ("AWS/ApplicationELB", "RequestCount", "LoadBalancer=app/a", "us-east-1"):
        assert word in error.value.message
    assert "dimensions" in str(error.value.cure)
    put(cloudwatch, QUERY, every_five(NOON - timedelta(hours=24), NOON))
    assert len(ask(cloudwatch, hours=24, store=store)) == 288


def test_nothing_is_kept_of_a_pull_that_is_refused(cloudwatch, tmp_path):
    put(cloudwatch, QUERY, every_five(NOON - timedelta(hours=1), NOON))
    with pytest.raises(InputError, match="no data for AWS/EC2 CPUUtilization"):
        ask(cloudwatch, QUERY, CPU, store=HistoryStore(FolderBlobs(tmp_path)))
    assert list(tmp_path.iterdir()) == []


def test_an_optional_metric_without_data_is_absent(cloudwatch):
    put(cloudwatch, QUERY, every_five(NOON - timedelta(hours=1), NOON))
    assert ask(cloudwatch, QUERY, CPU, required=False)["series"].unique().tolist() == ["web"]
    nothing = ask(cloudwatch, CPU, required=False)
    assert nothing.empty
    assert str(nothing["timestamp"].dt.tz) == "UTC"


def test_what_the_store_has_outlives_cloudwatch(cloudwatch, tmp_path):
    """1-minute data is gone after 15 days; what was pulled in time is still there."""
    minute, store = timedelta(minutes=1), HistoryStore(FolderBlobs(tmp_path))
    put(cloudwatch, QUERY, {NOON - timedelta(days=10): 5.0, NOON - timedelta(hours=5): 6.0})
    pull(cloudwatch, [QUERY], NOON - timedelta(days=10), NOON, minute, now=NOW, store=store)
    later = NOW + timedelta(days=9)
    start = NOON - timedelta(days=10)
    found = pull(cloudwatch, [QUERY], start, later, minute, now=later, store=store)
    assert len(found) == 2
    with pytest.raises(InputError, match="keeps 1m periods only since"):
        pull(cloudwatch, [QUERY], start, later, minute, now=later)


# What AWS answers and moto does not


def test_pages_of_the_same_metric_are_joined_in_order(stubbed):
    client, stub = stubbed
    late, early = {NOON - FIVE: 2.0}, {NOON - 2 * FIVE: 1.0}
    answer(stub, result("m0", late, "PartialData"), token="next")
    answer(stub, result("m0", early), result("m1", late))
    found = ask(client, QUERY, CPU)
    assert found["series"].tolist() == ["web", "web", "cpu"]
    assert plain(found[found["series"] == "web"]) == early | late
    assert found["value"].tolist() == [1.0, 2.0, 2.0]


def test_asks_oldest_first_without_a_unit(stubbed):
    client, stub = stubbed
    stat = {
        "Metric": {
            "Namespace": "AWS/ApplicationELB",
            "MetricName": "RequestCount",
            "Dimensions": [{"Name": "LoadBalancer", "Value": "app/a"}],
        },
        "Period": 300,
        "Stat": "Sum",
    }
    expected = {
        "MetricDataQueries": [{"Id": "m0", "MetricStat": stat}],
        "StartTime": NOON - timedelta(hours=1),
        "EndTime": NOON,
        "ScanBy": "TimestampAscending",
    }
    page = {"MetricDataResults": [result("m0", {NOON - FIVE: 1.0})]}
    stub.add_response("get_metric_data", page, expected)
    assert len(ask(client)) == 1
    stub.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["InternalError", "PartialData"])
def test_an_incomplete_answer_is_asked_again_then_an_error(stubbed, code):
    client, stub = stubbed
    answer(stub, result("m0", {}, code))
    answer(stub, result("m0", {NOON - FIVE: 1.0}))
    assert plain(ask(client)) == {NOON - FIVE: 1.0}
    for _ in range(3):
        answer(stub, result("m0", {}, code))
    with pytest.raises(AwsError, match=f"answered {code} for AWS/ApplicationELB RequestCount"):
        ask(client)
    stub.assert_no_pending_responses()


def test_a_forbidden_metric_names_the_iam_action(stubbed):
    client, stub = stubbed
    answer(stub, result("m0", {}, "Complete"), result("m1", {}, "Forbidden"))
    with pytest.raises(AwsError, match="no permission to read AWS/EC2 CPUUtil") as error:
        ask(client, QUERY, CPU)
    assert "cloudwatch:GetMetricData" in str(error.value.cure)


def test_a_denied_call_names_the_iam_action(stubbed):
    client, stub = stubbed
    stub.add_client_error("get_metric_data", "AccessDenied", "no", 403)
    with pytest.raises(AwsError, match="no permission for cloudwatch:GetMetricData"):
        ask(client)


def test_what_was_read_before_a_failure_is_kept(stubbed, tmp_path):
    client, stub = stubbed
    store = HistoryStore(FolderBlobs(tmp_path))
    first = NOON - timedelta(days=2)
    answer(stub, result("m0", {first: 1.0}))
    stub.add_client_error("get_metric_data", "Throttling", "slow down", 400)
    with pytest.raises(AwsError, match="throttled"):
        ask(client, hours=48, store=store)
    assert store.covered(QUERY, FIVE) == [(first, first + timedelta(days=1))]
    answer(stub, result("m0", {NOON - FIVE: 2.0}))
    assert plain(ask(client, hours=48, store=store)) == {first: 1.0, NOON - FIVE: 2.0}


def test_more_than_500_metrics_go_in_batches_within_the_points_of_a_call(stubbed):
    client, stub = stubbed
    queries = [replace(QUERY, series=f"s{n}", metric=f"M{n}") for n in range(501)]
    seen = calls_of(client)
    for size in (500, 1):
        answer(stub, *[result(f"m{n}", {NOON - FIVE: 1.0}) for n in range(size)])
    assert len(ask(client, *queries)) == 501
    assert [size for _, _, size in seen] == [500, 1]


def test_clocks_going_back_lose_no_hour(stubbed, monkeypatch):
    """botocore answers in local time, where an hour comes twice."""
    from dateutil.tz import tzlocal

    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        client, stub = stubbed
        start = datetime(2026, 11, 1, 5, tzinfo=UTC)
        points = {start + n * FIVE: float(n) for n in range(24)}
        page = result("m0", points)
        page["Timestamps"] = [moment.astimezone(tzlocal()) for moment in points]
        answer(stub, page)
        found = pull(client, [QUERY], start, start + 24 * FIVE, FIVE, now=NOW)
        assert plain(found) == points
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_answer_without_an_end_is_an_error(stubbed):
    client, stub = stubbed
    for _ in range(2):
        answer(stub, result("m0", {NOON - FIVE: 1.0}), token="again")
    with pytest.raises(AwsError, match="same next token"):
        ask(client)


# Many owners in shared calls


def several(count):
    return [replace(QUERY, series="rps", dimensions=(("LoadBalancer", f"app/{n}"),))
            for n in range(count)]  # fmt: skip


def ask_each(client, queries, hours=1, **options):
    start = NOON - timedelta(hours=hours)
    return pull_each(client, queries, start, NOON, FIVE, now=NOW, **options)


def test_each_gets_what_it_would_get_alone(cloudwatch, tmp_path):
    queries = [*several(3), CPU]
    for number, query in enumerate(queries[1:]):
        points = every_five(NOON - timedelta(days=3 - number), NOON)
        put(cloudwatch, query, {t: v + number for t, v in points.items()})
    seen = calls_of(cloudwatch)
    store = HistoryStore(FolderBlobs(tmp_path))
    found = ask_each(cloudwatch, queries, hours=72, store=store, concurrency=3)
    assert sorted(seen) == [(NOON - timedelta(days=n), NOON - timedelta(days=n - 1), 4)
                            for n in (3, 2, 1)]  # fmt: skip
    assert found[queries[0]].empty
    for query in queries[1:]:
        [alone] = ask_each(cloudwatch, [query], hours=72).values()
        pd.testing.assert_series_equal(found[query], alone)
        pd.testing.assert_series_equal(store.read(query, FIVE, (NOON - 999 * FIVE, NOON)), alone)


def test_nothing_is_kept_of_an_owner_who_lacks_what_it_needs(stubbed, tmp_path):
    client, stub = stubbed
    store = HistoryStore(FolderBlobs(tmp_path))
    mine, shared, theirs, gone = several(4)
    points = {NOON - FIVE: 1.0}
    answer(stub, *[result(f"m{n}", points if n < 3 else {}) for n in range(4)])
    owners = [([mine, shared, gone], [mine, gone]), ([shared, theirs], [theirs])]
    found = ask_each(client, [mine, shared, theirs, gone], store=store, owners=owners)
    assert found[gone].empty
    span = (NOON - timedelta(hours=1), NOON)
    kept = [one for one in (mine, shared, theirs) if not store.read(one, FIVE, span).empty]
    assert kept == [shared, theirs]


def test_a_metric_that_stays_incomplete_or_forbidden_fails_alone(stubbed):
    client, stub = stubbed
    good, slow, hidden = several(3)
    first = [result("m0", {NOON - FIVE: 1.0}), result("m1", {}, "InternalError")]
    answer(stub, *first, result("m2", {}, "Forbidden"))
    for _ in range(2):  # only what is not complete is asked for again
        answer(stub, result("m0", {}, "PartialData"))
    found = ask_each(client, [good, slow, hidden])
    assert found[good].tolist() == [1.0]
    assert "answered PartialData" in found[slow].message
    assert "no permission to read" in found[hidden].message
    stub.assert_no_pending_responses()


def test_a_metric_that_spoils_the_call_is_found(stubbed):
    client, stub = stubbed
    queries = several(3)
    stub.add_client_error("get_metric_data", "ValidationError", "m1: no such statistic", 400)
    answer(stub, result("m0", {NOON - FIVE: 1.0}))
    stub.add_client_error("get_metric_data", "ValidationError", "m0: no such statistic", 400)
    stub.add_client_error("get_metric_data", "ValidationError", "m0: no such statistic", 400)
    answer(stub, result("m0", {NOON - FIVE: 3.0}))
    found = ask_each(client, queries)
    assert found[queries[0]].tolist() == [1.0]
    assert "no such statistic" in found[queries[1]].message
    assert found[queries[2]].tolist() == [3.0]


def test_when_a_call_fails_what_was_read_is_kept_and_the_rest_has_its_error(stubbed, tmp_path):
    client, stub = stubbed
    [query], store = several(1), HistoryStore(FolderBlobs(tmp_path))
    known = replace(QUERY, series="known")
    begin = NOON - timedelta(days=2)
    settled = pd.Series([5.0], index=pd.DatetimeIndex([NOON - 2 * FIVE], name="timestamp"))
    store.write(known, FIVE, settled, (begin, NOON))
    answer(stub, result("m0", {begin: 1.0}))
    stub.add_client_error("get_metric_data", "Throttling", "slow down", 400)
    found = ask_each(client, [query, known], hours=48, store=store)
    assert "throttled" in found[query].message
    assert found[known].tolist() == [5.0]
    assert store.covered(query, FIVE) == [(begin, begin + timedelta(days=1))]


def test_a_store_that_is_corrupt_for_one_fails_one(stubbed, tmp_path):
    client, stub = stubbed
    good, bad = several(2)
    store = HistoryStore(FolderBlobs(tmp_path))
    store.blobs.write(store.name(bad, FIVE), b"no parquet")
    answer(stub, result("m0", {NOON - FIVE: 1.0}))
    found = ask_each(client, [good, bad], store=store)
    assert found[good].tolist() == [1.0]
    assert "cannot be read" in found[bad].message


def test_a_call_takes_as_many_metrics_as_fit_a_day_of_points(stubbed):
    client, stub = stubbed
    seen = calls_of(client)
    for size in (350, 350, 51, 51):
        answer(stub, *[result(f"m{n}", {}) for n in range(size)])
    ask_each(client, several(401), hours=48)
    assert [size for _, _, size in seen] == [350, 350, 51, 51]


# What is refused before any call


def test_naive_times_and_shared_names_are_refused(stubbed):
    client, _ = stubbed
    with pytest.raises(InputError, match="has no time zone"):
        pull(client, [QUERY], datetime(2026, 11, 1), NOON, FIVE, now=NOW)  # noqa: DTZ001
    with pytest.raises(InputError, match="both named 'web'"):
        ask(client, QUERY, replace(CPU, series="web"))


def test_too_old_for_the_period_is_refused_before_any_call(stubbed):
    client, stub = stubbed
    with pytest.raises(InputError, match="only since"):
        ask(client, hours=90 * 24)
    stub.assert_no_pending_responses()


def test_a_corrupt_store_is_told_before_any_call(stubbed, tmp_path):
    store = HistoryStore(FolderBlobs(tmp_path))
    store.blobs.write(store.name(QUERY, FIVE), b"no parquet")
    with pytest.raises(InputError, match="cannot be read"):
        ask(stubbed[0], store=store)


@pytest.mark.parametrize(
    ("now", "closed"), [(NOON, NOON - FIVE), (NOON + timedelta(minutes=2), NOON), (NOW, NOON)]
)
def test_a_period_counts_once_its_data_has_arrived(now, closed):
    assert last_closed(now, FIVE) == closed


def test_nothing_closed_yet_is_no_data(stubbed):
    with pytest.raises(InputError, match="no data"):
        pull(stubbed[0], [QUERY], NOON, NOON, FIVE, now=NOW)
