import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from foresail.coordination.connections import (
    Connections,
    higher,
    lower,
    most_by_connections,
    units_by_connections,
    units_for_connections,
)

START = pd.Timestamp("2026-11-09", tz="UTC")
RULE = Connections(opened=40, taken=450)


def need(values, minutes=5, shift=0):
    starts = [START + pd.Timedelta(minutes=shift + minutes * i) for i in range(len(values) + 1)]
    return pd.DataFrame(
        {"series": "app", "start": starts[:-1], "end": starts[1:], "needed": values}
    )


def test_the_lower_tier_takes_what_the_upper_one_opens():
    out = units_for_connections(need([1, 11, 12, 30]), RULE, "db")
    assert out["needed"].tolist() == [1, 1, 2, 3]
    assert set(out["series"]) == {"db"}


@given(st.integers(0, 50), st.floats(0.1, 100), st.floats(0.1, 100))
def test_the_most_fits_and_one_more_does_not(lower, opened, taken):
    rule = Connections(opened, taken)
    most = most_by_connections(lower, rule)
    assert most * opened <= lower * taken * (1 + 1e-6)
    assert (most + 1) * opened > lower * taken * (1 - 1e-6)


def test_the_higher_need_holds_over_the_first_ones_span():
    out = higher(need([1, 4], minutes=10), need([3, 2, 9], minutes=5, shift=5))
    minutes = [(t - START).total_seconds() / 60 for t in out["start"]]
    assert minutes == [0, 5, 10, 15]
    assert out["needed"].tolist() == [1, 3, 4, 9]
    assert out["end"].iloc[-1] == START + pd.Timedelta(minutes=20)


def test_the_lower_need_holds_where_both_are_known():
    out = lower(need([1, 4], minutes=10), need([3, 2], minutes=5, shift=5))
    assert out["needed"].tolist() == [1, 1, 2, 4]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=5), st.floats(0.1, 100))
def test_what_is_capped_by_connections_is_taken_again(values, opened):
    rule = Connections(opened, 10)
    capped = units_by_connections(need(values), rule, "app")
    assert (units_for_connections(capped, rule, "db")["needed"] <= values).all()
