"""`foresail backtest` as people call it: files in, report and scores out; bad input told."""

from __future__ import annotations

import json
import sys

import pytest

from backtest.sample import demand
from foresail.cli import main
from foresail.cli.backtest_demand import demand_of, given_place
from foresail.forecast.calendar import parse_calendar
from foresail.replay.place import Place

QUICK = ("--policies", "reactive,foresail", "--unit-capacity", "10")


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run the command line in a folder with web.csv; gives exit code, output and errors."""
    frame = demand()
    frame.assign(timestamp=frame["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_csv(
        tmp_path / "web.csv", index=False
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def called(*words):
        monkeypatch.setattr(sys, "argv", ["foresail", "backtest", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return ended.value.code or 0, told.out, told.err

    return called


def rewritten(tmp_path, change):
    frame = change(demand())
    frame = frame.assign(timestamp=frame["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    frame.to_csv(tmp_path / "odd.csv", index=False)


def test_it_writes_and_tells(run, tmp_path):
    code, out, err = run("web.csv", "--output", "deep/out", *QUICK, "--price", "0.10")
    assert (code, err) == (0, "")
    assert "report: deep/out/report.html" in out
    assert {p.name for p in (tmp_path / "deep" / "out").iterdir()} == {
        "report.html", "scores.csv", "scores.json"
    }  # fmt: skip
    told = json.loads((tmp_path / "deep" / "out" / "scores.json").read_text("utf-8"))
    for row in told["series"][0]["policies"]:
        line = next(line for line in out.splitlines() if line.startswith(f"{row['policy']} "))
        assert f"${float(row['cost']):,.2f}" in line
        assert f"{row['under_capacity_minutes']:,}" in line.split()
    assert "own rate" in out


def test_json_is_what_the_file_holds(run, tmp_path):
    words = ("web.csv", "--output", "out", *QUICK, "--json", "--format", "md", "--limit", "0.02")
    code, out, _ = run(*words)
    assert code == 0
    assert json.loads(out) == json.loads((tmp_path / "out" / "scores.json").read_text("utf-8"))
    assert json.loads(out)["limit"] == 0.02
    assert (tmp_path / "out" / "report.md").exists()
    assert "example, not a quote" in json.loads(out)["price"]["source"]


def test_unserved_demand_may_wait_and_a_warm_pool_may_stand_by(run, tmp_path):
    def played(*words):
        code, out, _ = run("web.csv", "--output", "out", *QUICK, "--json", *words)
        assert code == 0
        [series] = json.loads(out)["series"]
        [row] = [row for row in series["policies"] if row["policy"] == "reactive"]
        return row["under_capacity"], series["notes"]

    lost, _ = played("--max", "14")
    waits, notes = played("--max", "14", "--unserved", "queued")
    assert waits > lost  # what waits is demand of the next period, too
    assert any("waits, and is served" in note for note in notes)
    quick, notes = played("--boot", "45m", "--warm-pool", "18")
    slow, _ = played("--boot", "45m")
    assert quick < slow
    assert any("warm pool of 18 stopped units" in note for note in notes)


def test_a_policy_that_cannot_keep_the_slo_is_a_verdict(run, tmp_path):
    code, out, _ = run("web.csv", "--output", "out", *QUICK, "--max", "15")
    assert code == 0
    assert "cannot: its best setting comes to" in out
    assert "whatever the policy; the peak takes" in out


BAD = {
    "short": (("web.csv", "--warmup-days", "30"), "30d of history", "fewer warmup_days"),
    "policy": (("web.csv", "--policies", "reactve"), "reactve", "did you mean reactive"),
    "budget": (("web.csv", *QUICK, "--budget", "1"), "less than any setting costs", "needs"),
    "no budget": (("web.csv", *QUICK, "--budget", "-5"), "--budget", "--help"),
    "price": (("web.csv", "--price", "0"), "--price 0", "0.0816"),
    "negative": (("web.csv", "--price", "-1"), "--price -1", "0.0816"),
    "shortage": (("web.csv", "--shortage-price", "0"), "--shortage-price 0", "write dollars"),
    "both": (("web.csv", "--shortage-price", "1", "--budget", "9"), "do not go together", "help"),
    "type": (("web.csv", "--instance-type", "m7g.larg"), "m7g.larg", "did you mean m7g.large"),
    "unit": (("web.csv", "--unit-capacity", "0"), "--unit-capacity 0", "help"),
    "max": (("web.csv", *QUICK, "--max", "1"), "in every period", "raise --max to"),
    "none": (("web.csv", *QUICK, "--min", "0", "--max", "0"), "cannot hold one", "raise --max"),
    "bounds": (("web.csv", *QUICK, "--min", "9", "--max", "3"), "below minimum", "minimum"),
    "limit": (("web.csv", "--limit", "0"), "--limit 0", "write 1%"),
    "no limit": (("web.csv", "--limit", "low"), "no share", "write 1%"),
    "slo": (("web.csv", *QUICK, "--slo", "1.5"), "slo is 1.5", "slo in (0, 1]"),
    "boot": (("web.csv", *QUICK, "--boot", "soon"), "soon", "10m"),
    "format": (("web.csv", "--format", "pdf"), "pdf", "html or md"),
    "fleet": (("web.csv", *QUICK, "--fleet-budget", "1"), "fleet's cheapest", "give at least"),
    "budgets": (("web.csv", "--budget", "9", "--fleet-budget", "9"), "do not go together", "help"),
    "calendar": (("web.csv", "--calendar", "gone.csv"), "gone.csv", "->"),
    "zone": (("web.csv", "--timezone", "Mars"), "Mars", "Europe/Berlin"),
    "unserved": (("web.csv", "--unserved", "gone"), "'gone'", "lost, queued, retried"),
    "warm pool": (("web.csv", "--warm-pool", "-1"), "--warm-pool -1", "like 4"),
    "file": (("gone.csv",), "gone.csv", "check the name"),
    "nothing": ((), "needs files", "timestamp,value"),
    "twice": (("web.csv", "web.csv"), "earlier file", "each once"),
    "folder": (("web.csv", "--output", "web.csv/out"), "cannot be written", "--output"),
    "taken": (("web.csv", "--output", "web.csv"), "cannot be written", "--output"),
    "config": (("--service", "web"), "foresail.yaml", "->"),
}


@pytest.mark.parametrize("words", BAD.values(), ids=BAD)
def test_bad_input_is_told_with_its_cure_and_writes_nothing(run, tmp_path, words):
    given, says, cure = words
    if "--output" not in given:
        given = (*given, "--output", "out")
    code, out, err = run(*given)
    assert code == 2, (out, err)
    assert says in err
    assert cure in err
    assert out == ""
    assert [p.name for p in tmp_path.iterdir()] == ["web.csv"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.assign(value=0.0), "no demand after"),
        (lambda f: f.iloc[:0], "no rows"),
        (lambda f: f.assign(value=-1.0), "negative"),
    ],
    ids=["zero", "empty", "negative"],
)
def test_odd_demand_is_told(run, tmp_path, change, says):
    rewritten(tmp_path, change)
    code, _, err = run("odd.csv", "--output", "out")
    assert code == 2
    assert says in err
    assert not (tmp_path / "out").exists()


def test_a_fleet_closes_with_totals(run, tmp_path):
    frame = demand(("web", "api"))
    short = demand(("new",)).iloc[:300]
    import pandas as pd

    rewritten(tmp_path, lambda _: pd.concat([frame, short]))
    code, out, err = run("odd.csv", "--output", "out", *QUICK)
    assert code == 0
    assert "of 2" in out
    assert "no backtest of new:" in err


def test_a_service_is_replayed_in_its_zone_and_with_its_calendar(shop, tmp_path, monkeypatch):
    """The configuration says both; an option of the command line takes its place."""
    text = (shop.folder / "foresail.yaml").read_text()
    path = tmp_path / "foresail.yaml"
    path.write_text(text.replace("- name: storefront", "- name: storefront\n    calendar: [DE]"))
    monkeypatch.chdir(tmp_path)
    for name, value in shop.endpoint.items():
        monkeypatch.setenv(name, value)

    def place(*given):
        return demand_of([], "storefront", path, given_place(*given))[2]

    assert place(None, None) == Place("America/New_York", parse_calendar(["DE"]))
    assert place(["US"], "Asia/Kolkata") == Place("Asia/Kolkata", parse_calendar(["US"]))


def test_a_service_is_replayed_from_its_history_in_its_zone(shop, tmp_path):
    (tmp_path / "foresail.yaml").write_text((shop.folder / "foresail.yaml").read_text())
    words = ("backtest", "--service", "storefront", "--output", "out", "--policies", "reactive")
    done = shop(*words, "--json", "--warmup-days", "3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["rules"]["timezone"] == "America/New_York"
    [series] = told["series"]
    assert series["series"].startswith("storefront/")
    assert not any("No unit capacity" in note for note in series["notes"])
