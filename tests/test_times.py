"""Times that people give: with a zone, or refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.times import utc_time


@pytest.mark.parametrize(
    "when", ["2026-11-24T12:00Z", "2026-11-24T07:00-05:00", datetime(2026, 11, 24, 12, tzinfo=UTC)]
)
def test_times_with_a_zone_come_out_in_utc(when):
    assert utc_time(when, "at") == pd.Timestamp("2026-11-24T12:00Z")


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("soon", "at 'soon' is no time"),
        ("2026-11-24", "no time zone"),
        ("", "no time zone"),
        ("NaT", "no time zone"),
    ],
)
def test_others_are_refused_by_name(when, says):
    with pytest.raises(InputError, match=says):
        utc_time(when, "at")
