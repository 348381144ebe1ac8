import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "forecast"


@pytest.fixture(scope="module")
def protocol():
    sys.path.insert(0, str(FOLDER))
    try:
        import protocol

        yield protocol
    finally:
        sys.path.remove(str(FOLDER))
        sys.modules.pop("protocol", None)


def trace(days, seed=0):
    hours = pd.date_range("2024-03-01T05:00Z", periods=24 * days, freq="1h")
    noise = np.random.default_rng(seed).gamma(2.0, 5.0, len(hours))
    return pd.Series(20 + 10 * np.sin(np.arange(len(hours)) * np.pi / 12) + noise, index=hours)


@pytest.mark.parametrize("days", [11, 14, 19, 20, 40, 215, 371])
def test_a_history_ends_before_its_origin_and_the_future_starts_there(protocol, days):
    for window in protocol.windows("t", trace(days)):
        assert window.history.index[-1] == window.origin - protocol.HOUR
        assert window.future.index[0] == window.origin
        assert len(window.future) == 48
        assert 8 * 24 <= len(window.history) <= 14 * 24


@pytest.mark.parametrize("days", [40, 60, 215, 371, 800])
def test_origins_of_a_long_trace_are_few_and_alternate_hour_and_weekday(protocol, days):
    hourly = trace(days)
    made = protocol.origins(hourly.index[0], hourly.index[-1] + protocol.HOUR)
    assert 2 <= len(made) <= 60
    assert len({origin.hour for origin in made}) == 2
    assert len({origin.weekday() for origin in made}) == min(7, len({o.date() for o in made}))
    assert made[-1] + protocol.HORIZON <= hourly.index[-1] + protocol.HOUR
    assert hourly.index[-1] - made[-1] < pd.Timedelta(days=2) + 2 * (made[1] - made[0])


def test_a_short_trace_has_an_origin_each_half_day_and_a_shorter_one_none(protocol):
    assert len(protocol.windows("t", trace(14))) == 9
    assert protocol.windows("t", trace(9)) == []


def test_changing_the_future_changes_nothing_that_models_see(protocol, tmp_path):
    hourly = trace(30)
    of = protocol.windows("t", hourly)
    changed = hourly.where(hourly.index < of[3].origin, 1e9)
    again = protocol.windows("t", changed)
    for window, other in zip(of[:4], again[:4], strict=True):
        pd.testing.assert_series_equal(window.history, other.history)
    mark = protocol.write_windows(of[:4], tmp_path / "a")
    assert protocol.write_windows(again[:4], tmp_path / "b") == mark
    assert protocol.write_windows(again, tmp_path / "b") != mark


def test_windows_come_back_from_parquet_as_they_went(protocol, tmp_path):
    of = protocol.windows("t", trace(16).drop(trace(16).index[[50, 51, 300]]))
    protocol.write_windows(of, tmp_path)
    for window, (name, origin, history) in zip(of, protocol.read_windows(tmp_path), strict=True):
        assert (name, origin) == (window.name, window.origin)
        assert history.to_dict() == window.history.to_dict()


@pytest.mark.parametrize("variant", ["gaussian", "empirical"])
def test_the_naive_scored_against_itself_is_one(protocol, variant):
    of = protocol.windows("t", trace(30))
    made = pd.concat([protocol.baseline(window, variant) for window in of])
    score = protocol.score_trace(made, of, variant)
    assert score["failed"] == 0
    assert score["n"] == 48 * len(of)
    for name in ("MASE", "WQL 0.5", "WQL 0.9", "WQL 0.95", "WQL 0.99"):
        assert score[name] == pytest.approx(1, abs=1e-12)


def test_knowing_the_future_scores_the_floor_and_covers_all(protocol):
    of = protocol.windows("t", trace(30))
    made = pd.concat(
        pd.DataFrame(
            {"window": w.name, "timestamp": w.future.index}
            | dict.fromkeys(protocol.COLUMNS, w.future.to_numpy())
        )
        for w in of
    )
    score = protocol.score_trace(made, of)
    assert score["MASE"] == score["WQL 0.9"] == protocol.FLOOR
    assert score["coverage 0.9"] == 1


def test_a_window_without_forecast_takes_the_naive_and_is_counted(protocol):
    of = protocol.windows("t", trace(16))
    made = pd.concat([protocol.baseline(window, "gaussian") for window in of[1:]])
    score = protocol.score_trace(made, of)
    assert score["failed"] == 1
    assert score["MASE"] == pytest.approx(1)


def test_a_forecast_that_lacks_known_hours_is_an_error(protocol):
    of = protocol.windows("t", trace(16))[:1]
    with pytest.raises(ValueError, match="no forecast for 3 known hours"):
        protocol.score_trace(protocol.baseline(of[0], "gaussian").iloc[:-3], of)


def test_missing_hours_are_not_scored(protocol):
    whole = trace(16)
    of = protocol.windows("t", whole.drop(whole.index[-10:-5]))
    assert len(of[-1].future) == 43
    made = pd.concat([protocol.baseline(window, "gaussian") for window in of])
    last = protocol.score_trace(made, of[-1:])
    assert last["n"] == 43


def test_holes_are_filled_up_to_the_origin_without_looking_past_it(protocol):
    whole = trace(12)
    holes = whole.drop(whole.index[[30, 31, 32, 100, -1, -2]])
    origin = whole.index[-1] + protocol.HOUR
    made = protocol.filled(holes, origin)
    assert len(made) == len(whole)
    assert np.isfinite(made).all()
    assert made[31] == pytest.approx((whole.iloc[7] + whole.iloc[55]) / 2)
    assert made[-1] == whole.iloc[-25]


def test_the_pinball_loss_weighs_misses_as_its_level_says(protocol):
    y, q = np.array([10.0, 10.0]), np.array([8.0, 12.0])
    assert protocol.pinball(y, q, 0.9) == pytest.approx([1.8, 0.2])


def test_gaussian_quantiles_widen_with_each_day_and_the_median_is_the_last_day(protocol):
    past = trace(10).to_numpy()
    made = protocol.day_naive(past)
    assert made[:24, 0] == pytest.approx(past[-24:])
    assert made[24:, 0] == pytest.approx(past[-24:])
    first, second = made[0] - made[0, 0], made[24] - made[24, 0]
    assert second[1:] / first[1:] == pytest.approx(np.sqrt(2))


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [(1, 2, 0.5), (0, 2, 1e-3), (0, 0, 1), (1, 0, 1e3), (1e9, 1, 1e3)],
)
def test_ratios_stay_within_bounds(protocol, ours, theirs, expected):
    assert protocol.ratio(ours, theirs) == expected


def test_the_summary_is_a_geometric_mean_of_ratios_and_a_mean_of_coverages(protocol):
    made = protocol.summarise(
        pd.DataFrame({"MASE": [0.5, 2.0], "coverage 0.9": [0.8, 1.0], "failed": [1.0, 2.0]})
    )
    assert made.to_dict() == pytest.approx({"MASE": 1.0, "coverage 0.9": 0.9, "failed": 3.0})


def test_an_absent_folder_or_trace_is_said(protocol, tmp_path):
    with pytest.raises(SystemExit, match="FORESAIL_TRACES"):
        protocol.trace_paths(tmp_path / "nowhere")
    (tmp_path / "one.csv.gz").touch()
    with pytest.raises(SystemExit, match="no trace named two; there are: one"):
        protocol.trace_paths(tmp_path, ["two"])


def test_traces_are_read_as_hourly_means_with_their_holes(protocol, tmp_path):
    times = pd.date_range("2024-01-01T00:20Z", periods=24, freq="10min").delete(
        [10, 11, 12, 13, 14, 15]
    )
    pd.DataFrame({"timestamp": times, "value": range(len(times))}).to_csv(
        tmp_path / "t.csv.gz", index=False
    )
    made = protocol.read_hourly(tmp_path / "t.csv.gz")
    assert made.iloc[0] == 1.5
    assert pd.Timestamp("2024-01-01T02:00Z") not in made.index
