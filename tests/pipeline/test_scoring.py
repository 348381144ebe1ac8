"""Plans are scored on the sandbox over days: once, and what follows from it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import yaml

from foresail.cli import main
from foresail.config import parse_config
from foresail.errors import ConfigError, InputError
from foresail.operations import apply_all
from foresail.pipeline import plan_all
from foresail.pipeline.keeping import keep_forecasts
from foresail.pipeline.score_tier import read_scores
from foresail.pipeline.scoring import score_all, score_services
from foresail.sandbox import Fleet, Sandbox, create_group, seed_history
from foresail.score.capacity import ACTUAL, ORACLE
from foresail.score.modes import read_mode
from foresail.store.opening import open_store
from foresail.store.records import Delete, Put

NOW = datetime(2026, 11, 20, 23, 53, tzinfo=UTC)
SIX, HOUR = timedelta(hours=6), timedelta(hours=1)
WINDOWS = 4
SHIFT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def config(folder, **scoring):
    tier = {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount",
                   "dimensions": {"LoadBalancer": "app/web/1"}, "missing": "zero"},
        "unit_capacity": "100 requests/s", "min": 2, "max": 60, "price": 0.1,
        "guardrails": {"increase": "2000%", "decrease": "100%", "min_trust": 0},
    }  # fmt: skip
    data = {"store": str(folder), "history": "7d", "horizon": "24h", "scoring": scoring,
            "services": [{"name": "shop", "tiers": [tier]}]}  # fmt: skip
    return parse_config(data, source="test")


def running(factor=1.0, until=None):
    """A sandbox whose demand is a factor of what it was, from SHIFT until a time."""
    times = pd.date_range("2026-11-13", periods=13 * 288, freq="5min", tz="UTC")
    wave = 900 - 600 * np.cos(np.arange(len(times)) * 2 * np.pi / 288)
    noise = 1 + 0.04 * np.random.default_rng(3).normal(size=len(times))
    off = (times >= SHIFT) & (times < (until or times[-1]))
    demand = pd.Series(np.where(off, factor, 1.0) * wave * noise, index=times)
    sandbox = Sandbox(start=NOW)
    sandbox.__enter__()
    create_group(sandbox, "web", min_size=2, max_size=60, desired=8, target_tracking=70)
    fleet = Fleet("web", "app/web/1", demand, timedelta(minutes=5), 100.0)
    sandbox.add_fleet(fleet)
    seed_history(sandbox, fleet)
    return sandbox


def plan(made, sandbox, *, write=True):
    """Plan and keep the forecast, as a run does; write it unless the service is demoted."""
    now = sandbox.clock.now
    store = open_store(made, sandbox.aws, lambda: now)
    plans, planned = plan_all(made, sandbox.aws, now)
    keep_forecasts(store.forecasts, planned, plans.id, now)
    if write and not read_mode(store.records, "shop").forecast_only:
        apply_all(made, plans, sandbox.aws, lambda: sandbox.clock.now)
    return plans


def days(made, sandbox, windows):
    """Plan every six hours, play on, and score each window once it has settled."""
    done = []
    for _ in range(windows):
        plan(made, sandbox)
        sandbox.advance(sandbox.clock.now + SIX)
        [one], failed = score_services(made, sandbox.aws, sandbox.clock.now + timedelta(minutes=30))
        assert failed == ()
        done.append(one)
    return done


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """A day on which nothing changes."""
    made = config(tmp_path_factory.mktemp("store"))
    sandbox = running()
    yield made, sandbox, days(made, sandbox, WINDOWS)
    sandbox.__exit__(None, None, None)


def test_each_window_is_scored_once_and_reads_back(quiet):
    made, sandbox, done = quiet
    scores = [score for one in done for score in one.scores]
    starts = [score.window.start for score in scores]
    assert starts == [datetime(2026, 11, 21, tzinfo=UTC) + n * SIX for n in range(WINDOWS)]
    assert score_all(made, sandbox.aws, sandbox.clock.now + timedelta(minutes=30)) == []
    store = open_store(made, sandbox.aws, lambda: sandbox.clock.now)
    kept = read_scores(store, "shop", "web", starts[0], starts[-1] + SIX)
    assert kept == scores


def test_a_score_says_what_was_forecast_had_and_missed(quiet):
    _, sandbox, done = quiet
    score = done[-1].scores[0]
    assert score.bad == ()
    assert score.applied
    assert score.quantile == 0.9
    assert score.mase < 3
    assert score.signals[0].signal == "RequestCount"
    log = sandbox.log("web").set_index("timestamp")
    inside = log.loc[score.window.start : score.window.end - timedelta(minutes=1)]
    actual = score.capacity.usage[ACTUAL]
    assert actual.unit_hours == pytest.approx(inside["in_service"].sum() / 60, rel=0.03)
    assert score.capacity.work == pytest.approx(inside["demand"].sum() / 6000, rel=0.01)
    assert actual.unit_hours >= score.capacity.usage[ORACLE].unit_hours * 0.95
    assert float(score.dollars(actual.unit_hours)) == pytest.approx(
        actual.unit_hours / 10, abs=0.005
    )


def command(quiet, monkeypatch, capsys, folder, *words):
    """Run a command on what the fixture left, at the sandbox's time."""
    made, sandbox, _ = quiet
    data = made.model_dump(mode="json", exclude_unset=True)
    file = folder / "foresail.yaml"
    file.write_text(yaml.safe_dump({**data, "store": str(made.store)}))
    monkeypatch.setattr("foresail.cli.scoring.clock", lambda: sandbox.clock.now + HOUR / 2)
    monkeypatch.setattr("sys.argv", ["foresail", *words, "--config", str(file)])
    monkeypatch.setenv("COLUMNS", "160")
    access = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    place = {"AWS_ENDPOINT_URL": sandbox.endpoint_url, "AWS_REGION": "us-east-1"}
    for name, value in (access | place).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code or 0, capsys.readouterr()


def test_foresail_score_tells_each_tier_in_a_row_and_as_json(quiet, monkeypatch, capsys, tmp_path):
    code, told = command(quiet, monkeypatch, capsys, tmp_path, "score", "--since", "7d")
    assert code == 0
    assert "shop/web" in told.out
    assert "reactive alone" in told.out
    code, told = command(quiet, monkeypatch, capsys, tmp_path, "score", "--json")
    read = json.loads(told.out)
    assert read["tiers"][0]["windows"] == WINDOWS
    assert read["services"][0]["mode"]["forecast_only"] is False
    assert read["failed"] == []


def test_foresail_report_writes_the_month_or_says_what_is_wrong(
    quiet, monkeypatch, capsys, tmp_path
):
    def report(*words):
        return command(quiet, monkeypatch, capsys, tmp_path, "report", *words)

    code, told = report("shop", "--month", "2026-11", "--output", str(tmp_path / "out"))
    assert code == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["shop-2026-11.html", "shop-2026-11.json", "shop-2026-11.md"]
    assert told.out.count("shop-2026-11") == 3
    for words, said in (
        (("shop", "--month", "2026-13"), "write it like 2026-11"),
        (("shop", "--month", "2025-01"), "no plan of shop has a score in 2025-01"),
        (("nobody", "--month", "2026-11"), "no service 'nobody'"),
    ):
        code, told = report(*words, "--output", str(tmp_path / "none"))
        assert code == 2
        assert said in told.err
    assert not (tmp_path / "none").exists()
    code, told = command(quiet, monkeypatch, capsys, tmp_path, "score", "--since", "soon")
    assert (code, "'soon' is not a duration" in told.err) == (2, True)


def test_nothing_is_demoted_where_nothing_changes(quiet):
    _, _, done = quiet
    assert not any(one.after.forecast_only for one in done)
    assert [d.kind for one in done for d in one.drifts] == []


def test_a_shift_demotes_and_recovery_promotes_back(tmp_path):
    made = config(tmp_path, demote_after=2, promote_after=2)
    sandbox = running(factor=2.2, until=SHIFT + 3 * SIX)
    try:
        done = days(made, sandbox, 8)
    finally:
        sandbox.__exit__(None, None, None)
    assert [at for at, one in enumerate(done) if one.demoted] == [3]  # the second window of it
    assert [at for at, one in enumerate(done) if one.promoted] == [6]  # two after it ended
    assert done[3].after.reason.startswith("2 windows in a row were bad, in the last: web: the")
    assert all(one.scores for one in done)  # forecasts are scored all the while
    assert [one.scores[0].applied for one in done] == [True] * 4 + [False] * 3 + [True]
    runs = open_store(made, sandbox.aws).journal.runs("us-east-1", "ec2-auto-scaling-group", "web")
    silent = (done[3].after.since, done[6].after.since)
    assert not [run for run in runs if silent[0] < run.started < silent[1] - HOUR]


def test_what_is_kept_is_taken_up_again_and_a_broken_record_is_told(tmp_path):
    made = config(tmp_path)
    sandbox = running()
    try:
        days(made, sandbox, 2)
        now = sandbox.clock.now + timedelta(minutes=30)
        store = open_store(made, sandbox.aws, lambda: now)
        # As after a run that died between the score and what follows from it.
        store.records.write(Delete("mode", "shop"))
        [again], _ = score_services(made, sandbox.aws, now)
        assert again.scores == ()
        assert again.after.good == 2
        store.records.write(Put("learned/shop/web", "levels", {"format": 99}))
        plan(made, sandbox)
        sandbox.advance(sandbox.clock.now + SIX)
        [one], _ = score_services(made, sandbox.aws, sandbox.clock.now + timedelta(minutes=30))
    finally:
        sandbox.__exit__(None, None, None)
    assert len(one.scores) == 1
    assert "what was learned of shop/web is left out and begun anew" in one.notes[0]
    assert store.records.get("learned/shop/web", "levels").data["format"] == 1


def test_a_window_without_a_plan_throughout_or_without_demand_has_no_score(tmp_path):
    made = config(tmp_path)
    sandbox = running()
    try:
        plan(made, sandbox, write=False)
        sandbox.advance(sandbox.clock.now + timedelta(hours=31))  # the plan reaches 24
        now = sandbox.clock.now
        [one], _ = score_services(made, sandbox.aws, now)
        [again], _ = score_services(made, sandbox.aws, now)
    finally:
        sandbox.__exit__(None, None, None)
    assert len(one.scores) == 3
    assert one.left_out == (
        "shop/web 2026-11-21T18:00Z: a plan was in force in 70 of 72 periods of the 6h",
        "shop/web 2026-11-22T00:00Z: a plan was in force in 0 of 72 periods of the 6h",
    )
    assert again.left_out == ()
    assert not one.scores[0].applied  # planned, never written


def test_a_forecast_that_cannot_be_read_is_named(tmp_path):
    made = config(tmp_path)
    sandbox = running()
    try:
        plan(made, sandbox)
        sandbox.advance(sandbox.clock.now + SIX)
        store = open_store(made, sandbox.aws, lambda: sandbox.clock.now)
        [blob] = store.blobs.names("forecasts/shop/web/")
        store.blobs.write(blob, b"no parquet")
        with pytest.raises(InputError, match="cannot be read"):
            score_all(made, sandbox.aws, sandbox.clock.now + timedelta(minutes=30))
    finally:
        sandbox.__exit__(None, None, None)


def test_settings_that_cannot_be_are_told_with_their_cure():
    wrong = {
        "does not divide a day": {"window": "5h"},
        "is not a range between 0 and 1": {"tune": {"quantile": [0.9, 0.8]}},
        "like 80%": {"slo": 2},
        "from 1 to 100": {"demote_after": 0},
        "write true or false": {"learn": "perhaps"},
        "a number above 0": {"bad": {"error": -1}},
        "did you mean 'window'": {"windw": "6h"},
    }
    for text, scoring in wrong.items():
        with pytest.raises(ConfigError, match=text):
            config("store", **scoring)
