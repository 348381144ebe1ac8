"""This machine's clock against the Date of AWS's answers."""

from datetime import UTC, datetime, timedelta

import pytest

from foresail.errors import AwsError
from foresail.skew import refuse_skew

DATE = "Tue, 24 Nov 2026 12:00:00 GMT"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [-120, -1, 0, 30, 120])
def test_two_minutes_are_within_the_slack_of_plans(seconds):
    refuse_skew(DATE, NOON + timedelta(seconds=seconds))


@pytest.mark.parametrize(("minutes", "says"), [(4, "4m ahead of"), (-600, "10h behind")])
def test_more_is_refused_with_the_way(minutes, says):
    with pytest.raises(AwsError, match=says) as caught:
        refuse_skew(DATE, NOON + timedelta(minutes=minutes))
    assert "timedatectl" in caught.value.cure


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_an_endpoint_that_tells_no_time_is_believed(date):
    refuse_skew(date, NOON)
