"""The commands on files: what they print, write and refuse."""

from __future__ import annotations

import json
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from foresail.cli import app
from foresail.errors import InputError

run = CliRunner().invoke


def demand(series="web", days=12, seed=0):
    times = pd.date_range("2026-11-02T00:00Z", periods=24 * days, freq="1h")
    rng = np.random.default_rng(seed)
    values = 100 + 40 * np.sin((times.hour - 9) * np.pi / 12) + rng.normal(0, 3, len(times))
    return pd.DataFrame({"series": series, "timestamp": times, "value": values.round(3)})


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "web.csv"
    demand().drop(columns="series").to_csv(path, index=False)
    return path


@pytest.fixture
def many(tmp_path):
    path = tmp_path / "many.csv"
    frames = [demand(), demand("api", seed=1), demand("new", days=1)]
    whole = pd.concat(frames).astype({"value": object})
    whole.loc[(whole["series"] == "api") & (whole["timestamp"].dt.day == 4), "value"] = "n/a"
    whole.to_csv(path, index=False)
    return path


def test_quantiles_go_to_the_output_when_no_file_takes_them(file):
    done = run(app, ["forecast", str(file), "--horizon", "3h", "--quantiles", "0.5,0.99"])
    lines = done.stdout.splitlines()
    assert lines[0] == "series,timestamp,q0.5,q0.99"
    assert len(lines) == 4


def test_a_page_is_written_with_the_band(file, tmp_path):
    page = tmp_path / "page.html"
    done = run(app, ["forecast", str(file), "--plot", str(page)])
    assert done.exit_code == 0
    assert f"wrote {page}" in done.stdout
    text = page.read_text()
    assert "web" in text
    assert "plotly" in text.lower()


def test_series_that_cannot_be_forecast_are_told_and_the_rest_is_written(many, tmp_path):
    output = tmp_path / "out.csv"
    done = run(app, ["forecast", str(many), "-o", str(output)])
    assert done.exit_code == 0
    assert "no forecast of api: the value" in done.stderr
    assert "no forecast of new: 24.0 h of history" in done.stderr
    assert set(pd.read_csv(output)["series"]) == {"web"}


def test_details_come_as_json(file):
    done = run(app, ["forecast", str(file), "--json", "--horizon", "1h"])
    [series] = json.loads(done.stdout)["series"]
    assert series["verdict"] == "ok"
    assert series["pattern"] == "seasonal"
    assert 0 < series["trust"] <= 1


def test_a_well_known_model_is_run_by_name(file):
    done = run(app, ["forecast", str(file), "--model", "mstl-ets", "--json", "--horizon", "1h"])
    [series] = json.loads(done.stdout)["series"]
    assert series["model"] == "mstl-ets"


def test_little_trust_is_advised_against(tmp_path):
    path = tmp_path / "noise.csv"
    wild = demand().assign(value=np.random.default_rng(3).lognormal(0, 3, 24 * 12))
    wild.to_csv(path, index=False)
    done = run(app, ["forecast", str(path), "--json", "--horizon", "1h"])
    [series] = json.loads(done.stdout)["series"]
    assert series["trust"] < 0.3
    assert "fall back" in series["advice"]


def test_holidays_and_zone_change_the_forecast(tmp_path):
    path = tmp_path / "office.csv"
    times = pd.date_range("2026-10-26T04:00Z", "2026-11-25T04:00Z", freq="1h", inclusive="left")
    local = times.tz_convert("America/New_York")
    busy = (local.hour >= 9) & (local.hour < 17) & (local.day_of_week < 5)
    pd.DataFrame({"timestamp": times, "value": np.where(busy, 100.0, 10.0)}).to_csv(
        path, index=False
    )
    words = ["forecast", str(path), "--timezone", "America/New_York", "--quantiles", "0.5"]

    def thanksgiving(more):
        rows = pd.read_csv(StringIO(run(app, words + more).stdout))
        return rows.loc[rows["timestamp"].str.startswith("2026-11-26 18"), "q0.5"].iloc[0]

    assert thanksgiving(["--calendar", "US"]) < 0.7 * thanksgiving([])


def test_explain_prints_parts_that_sum(file):
    done = run(app, ["explain", str(file), "2026-11-14T15:00Z", "--json"])
    parts = json.loads(done.stdout)["parts"]
    assert {"level", "hour of the day", "margin"} <= {p["part"] for p in parts}
    assert "level: mean" in run(app, ["explain", str(file), "2026-11-14T15:00Z"]).stdout


def test_anomalies_lists_what_left_the_band(tmp_path):
    calm = demand(days=28)
    path = tmp_path / "calm.csv"
    spiked = calm.assign(value=calm["value"].mask(calm.index.isin(range(600, 606)), 2000.0))
    spiked.to_csv(path, index=False)
    [found] = json.loads(run(app, ["anomalies", str(path), "--json"]).stdout)
    assert found["start"].startswith("2026-11-27 00:00")
    assert found["direction"] == "above"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--timezone", "Mars/Olympus"], "is no time zone"),
        (["--calendar", "XX"], "XX"),
        (["--at", "soon"], "is no time"),
        (["--horizon", "60d"], "longer than 35d"),
        (["--model", "mstl"], "mstl-ets"),
        (["--plot", "/nowhere/page.html"], "--plot"),
    ],
)
def test_bad_options_are_named(file, words, says):
    done = run(app, ["forecast", str(file), *words])
    assert isinstance(done.exception, InputError)
    assert says in str(done.exception)


def test_explain_wants_to_know_which_series(many):
    done = run(app, ["explain", str(many), "2026-11-14T15:00Z"])
    assert "the file has 3 series" in str(done.exception)
