"""foresail unit-capacity: what it prints, draws and refuses."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from foresail.cli import app
from foresail.errors import ForesailError, InputError

run = CliRunner().invoke


def observe(days=12, peak=95.0):
    rng = np.random.default_rng(5)
    times = pd.date_range("2026-11-01", periods=96 * days, freq="15min", tz="UTC")
    load = peak * (0.55 + 0.4 * np.sin(np.arange(len(times)) * 2 * np.pi / 96))
    load *= rng.lognormal(0, 0.08, len(times))
    units = rng.integers(8, 13, len(times))
    busy = 0.06 + 0.94 * load / 118 + rng.normal(0, 0.02, len(times))
    latency = 0.05 / np.maximum(1 - load / 130, 0.05) * rng.lognormal(0, 0.1, len(times))
    return pd.DataFrame(
        {
            "timestamp": times,
            "demand": load * units,
            "units": units,
            "utilization": np.clip(busy, 0, 1),
            "latency": latency,
        }
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "web.csv"
    observe().to_csv(path, index=False)
    return path


def test_the_line_for_the_file_comes_first_and_is_yaml(file):
    done = run(app, ["unit-capacity", str(file)])
    assert done.exit_code == 0
    line = done.stdout.splitlines()[0]
    assert line.startswith("unit_capacity: 11")
    assert " requests/s   # 95 %: 11" in line
    assert line.endswith("from 12 days")
    from foresail.units import parse_rate

    rate = parse_rate(yaml.safe_load(done.stdout)["unit_capacity"])
    assert rate.amount == pytest.approx(118 * 0.64 / 0.94 / 0.7, rel=0.03)
    assert "# without work a unit is" in done.stdout


def test_latency_in_milliseconds_sets_the_limit(file):
    done = run(app, ["unit-capacity", str(file), "--latency-slo", "100ms", "--json"])
    told = json.loads(done.stdout)
    assert told["latency_slo"] == 0.1
    assert told["at_slo"] == told["at_latency"]
    assert told["at_latency"]["value"] == pytest.approx(130 * (1 - 0.05 * 1.179 / 0.1), rel=0.05)


def test_a_page_shows_periods_fit_and_doubts(file, tmp_path):
    page = tmp_path / "page.html"
    words = ["--plot", str(page), "--latency-slo", "100ms", "--unit", "<b>/s"]
    assert isinstance(run(app, ["unit-capacity", str(file), *words]).exception, InputError)
    words[-1] = "orders/s"
    done = run(app, ["unit-capacity", str(file), *words])
    assert done.exit_code == 0
    text = page.read_text()
    assert "orders/s on each unit" in text
    assert 'id="plot-load"' in text
    assert 'id="plot-latency"' in text
    assert "<title>What one unit serves: web.csv</title>" in text


def test_percent_is_taken_only_when_said(tmp_path, file):
    path = tmp_path / "percent.parquet"
    seen = observe()
    seen.assign(utilization=seen["utilization"] * 100).to_parquet(path)
    refused = run(app, ["unit-capacity", str(path)])
    assert "say so with --percent" in str(refused.exception)
    said = run(app, ["unit-capacity", str(path), "--percent"]).stdout.splitlines()[0]
    assert said == run(app, ["unit-capacity", str(file)]).stdout.splitlines()[0]
    wrong = run(app, ["unit-capacity", str(file), "--percent"])
    assert "is not percent" in str(wrong.exception)


def test_what_the_data_cannot_tell_ends_in_1_with_the_reason(tmp_path):
    path, page = tmp_path / "flat.csv", tmp_path / "flat.html"
    seen = observe()
    seen.assign(demand=seen["units"] * 50.0).to_csv(path, index=False)
    done = run(app, ["unit-capacity", str(path), "--plot", str(page)])
    assert isinstance(done.exception, ForesailError)
    assert done.exception.exit_code == 1
    assert "# no estimate: demand per unit stayed between 50 and 50" in done.stdout
    assert "unit_capacity:" not in done.stdout
    assert "too few distinct loads" in page.read_text()


def test_doubts_go_to_the_error_stream(tmp_path):
    path = tmp_path / "calm.csv"
    observe(peak=30).to_csv(path, index=False)
    done = run(app, ["unit-capacity", str(path)])
    assert done.exit_code == 0
    assert "note: units were never above" in done.stderr


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.drop(columns="timestamp"), "no column timestamp"),
        (lambda f: f.drop(columns=["demand", "units"]), "no column demand, units"),
        (lambda f: f.assign(demand=-1.0), "demand at 2026-11-01 00:00:00+00:00 is negative"),
        (lambda f: f.assign(utilization=f["utilization"].mask(f.index == 3)), "is NaN"),
        (lambda f: f.assign(demand=f["demand"].astype(object).mask(f.index == 3, "x")), "is NaN"),
        (lambda f: f.iloc[:150], "37.5 h of observations, less than 2d"),
        (lambda f: f.assign(timestamp=f["timestamp"].dt.tz_localize(None)), "has no time zone"),
        (lambda f: f.iloc[:0], "no rows"),
        (lambda f: pd.concat([f, f]), "is twice there"),
    ],
)
def test_bad_files_are_named_with_a_cure(tmp_path, change, says):
    path = tmp_path / "bad.csv"
    change(observe()).to_csv(path, index=False)
    done = run(app, ["unit-capacity", str(path)])
    assert isinstance(done.exception, InputError)
    assert says in str(done.exception)
    assert str(path) in str(done.exception)
    assert done.exception.cure


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--slo", "70"], "0.7 for 70 %"),
        (["--latency-slo", "fast"], "200ms or 1.5s"),
        (["--latency-slo", "0ms"], "is no time"),
        (["--latency-quantile", "95", "--latency-slo", "1s"], "write 0.95"),
        (["--unit", "/"], "is not a rate"),
        (["--plot", "/nowhere/page.html"], "--plot"),
    ],
)
def test_bad_options_are_named(file, words, says):
    done = run(app, ["unit-capacity", str(file), *words])
    assert isinstance(done.exception, InputError)
    assert says in str(done.exception)


def test_the_command_exits_2_on_a_file_that_is_not_there(tmp_path):
    code = "from foresail.cli import main; main()"
    words = [sys.executable, "-c", code, "unit-capacity", str(tmp_path / "no.csv")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no such file" in done.stderr
    assert "Traceback" not in done.stderr
