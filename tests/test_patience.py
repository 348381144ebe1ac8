"""How long a throttled call is tried again."""

import pytest

from foresail.patience import ATTEMPTS, LONGEST, wait

REFUSED = (None, {"Error": {"Code": "ThrottlingException"}})


def test_waits_grow_to_their_longest_and_outlast_a_minute():
    waits = [wait(attempt, REFUSED) for attempt in range(1, ATTEMPTS)]
    assert 0.5 <= waits[0] <= 1
    assert max(waits) <= LONGEST
    assert sum(waits[4:]) >= 60  # after botocore's own five attempts
    assert wait(ATTEMPTS, REFUSED) is None


@pytest.mark.parametrize("code", ["Throttling", "RequestLimitExceeded", "TooManyRequestsException"])
def test_codes_of_throttling(code):
    assert wait(6, (None, {"Error": {"Code": code}})) > 0


@pytest.mark.parametrize("code", ["ValidationError", "LimitExceededException", "ExpiredToken", ""])
def test_other_failures_are_left_to_botocore(code):
    """LimitExceeded is a quota: waiting does not help."""
    assert wait(6, (None, {"Error": {"Code": code}})) is None
    assert wait(6, None) is None
