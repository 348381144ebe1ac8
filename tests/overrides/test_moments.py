"""Times as people give them: local, with an offset, from now; never one that is not clear."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from foresail.errors import InputError
from foresail.overrides.moments import moment

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-27T18:00", datetime(2026, 11, 27, 23, tzinfo=UTC)),
        ("2026-11-27T18:00Z", datetime(2026, 11, 27, 18, tzinfo=UTC)),
        ("2026-11-27T18:00+02:00", datetime(2026, 11, 27, 16, tzinfo=UTC)),
        ("6h", NOW + timedelta(hours=6)),
        ("0s", NOW),
    ],
)
def test_a_time_is_local_unless_it_says_otherwise_and_a_duration_counts_on(text, expected):
    assert moment(text, ZONE, NOW, "--until") == expected


@pytest.mark.parametrize(
    ("text", "says", "cure"),
    [
        ("soon", "--until 'soon' is no time", "2026-11-27T18:00"),
        ("2026-11-01T01:30", "clocks change then in America/New_York", "-04:00"),  # twice
        ("2026-03-08T02:30", "clocks change then in America/New_York", "-04:00"),  # never
    ],
)
def test_what_is_not_clear_is_refused(text, says, cure):
    with pytest.raises(InputError) as error:
        moment(text, ZONE, NOW, "--until")
    assert says in error.value.message
    assert cure in (error.value.cure or "")
