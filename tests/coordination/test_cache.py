import numpy as np
import pandas as pd
import pytest

from foresail.coordination.cache import let_through, usual


def rates(values, freq="1h", start="2026-11-02"):
    times = pd.date_range(start, periods=len(values), freq=freq, tz="UTC")
    return pd.DataFrame({"timestamp": times, "value": values})


@pytest.mark.parametrize("values", [[0.9, 0.75], [90.0, 75.0]])
def test_shares_and_percent_say_the_same(values):
    assert let_through(rates(values)).tolist() == pytest.approx([0.1, 0.25])


def test_a_percent_below_one_is_no_share_when_it_is_told():
    assert let_through(rates([0.9, 0.4]), percent=True).tolist() == pytest.approx([0.991, 0.996])
    assert let_through(rates([0.9, 0.4]), percent=False).tolist() == pytest.approx([0.1, 0.6])


def test_the_usual_share_follows_the_local_hour():
    hours = np.arange(24 * 10) % 24
    through = let_through(rates(np.where(hours == 20, 0.5, 0.9)))
    times = pd.DatetimeIndex(["2026-11-15T20:30Z", "2026-11-15T21:30Z"])
    assert usual(through, times, "UTC").tolist() == pytest.approx([0.5, 0.1])
    assert usual(through, times, "Etc/GMT-1").tolist() == pytest.approx([0.5, 0.1])


def test_only_the_last_seven_days_count():
    through = let_through(rates([0.5] * 24 * 7 + [0.9] * 24 * 7))
    times = pd.DatetimeIndex(["2026-11-16T03:00Z"])
    assert usual(through, times, "UTC").tolist() == pytest.approx([0.1])


def test_an_hour_never_seen_takes_the_overall_median():
    through = let_through(rates([0.9, 0.8, 0.7]))
    assert usual(through, pd.DatetimeIndex(["2026-11-03T15:00Z"]), "UTC").tolist() == pytest.approx(
        [0.2]
    )
