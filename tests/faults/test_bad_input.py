"""Bad input to the real command line: exit 2, the thing and the cure named, nothing written."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foresail.changes.planfile import FORMAT
from foresail.cli import main

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


def rows(count=1000, step=5, value=lambda i: 100 + i % 7, zone="Z", begin=BEGIN):
    times = (begin + timedelta(minutes=step * i) for i in range(count))
    return [f"{t:%Y-%m-%dT%H:%M:%S}{zone},{value(i)}" for i, t in enumerate(times)]


def csv(lines, head="timestamp,value"):
    return "\n".join([head, *lines]) + "\n"


def at_seven(odd):
    return csv(rows(value=lambda i: odd if i == 7 else 5))


def sealed(content):
    """A plan file with a right fingerprint, whatever its content."""
    text = json.dumps(content, sort_keys=True).encode()
    return json.dumps({**content, "digest": hashlib.sha256(text).hexdigest()})


def files_below(folder):
    return {p: p.read_bytes() for p in sorted(Path(folder).rglob("*")) if p.is_file()}


@dataclass
class Done:
    """How a command ended, and what it told."""

    returncode: int
    stdout: str
    stderr: str


def assert_refused(done, says, cure="->"):
    assert "Traceback" not in done.stderr
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert says in done.stderr
    assert cure in done.stderr


@pytest.fixture
def folder(shop, tmp_path):
    """A folder of its own with the shop's foresail.yaml."""
    (tmp_path / "foresail.yaml").write_text((shop.folder / "foresail.yaml").read_text())
    return tmp_path


@pytest.fixture
def invoke(shop, folder, monkeypatch, capsys):
    """Run a command as the shell would, but in this process: its entry point, for speed."""

    def run(*words, env=None):
        with monkeypatch.context() as here:
            here.chdir(folder)
            here.setattr(sys, "argv", ["foresail", *words])
            for name, value in {**shop.endpoint, **(env or {})}.items():
                here.setenv(name, value) if value is not None else here.delenv(name)
            with pytest.raises(SystemExit) as end:
                main()
        return Done(end.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def refused(invoke, folder):
    """Run a command that has to be refused and to leave every file as it was."""

    def run(*words, says, cure="->", env=None):
        before = files_below(folder)
        done = invoke(*words, env=env)
        assert_refused(done, says, cure)
        assert files_below(folder) == before
        return done

    return run


CONFIG = {
    "malformed YAML": ("region: us-east-1", "region: [", "malformed YAML", "indentation"),
    "a tab": ("services:\n  - name", "services:\n\t- name", "malformed YAML", "indentation"),
    "a key twice": ("min: 2", "min: 2\n        min: 3", "the key min stands twice", "line "),
    "unknown key": ("lead_time:", "leadtime:", "tiers[0].leadtime: unknown key", "'lead_time'"),
    "unknown key deep": ("stat:", "statistic:", "demand[0].statistic: unknown key", "'stat'"),
    "unknown time zone": ("New_York", "New_Yrok", "time zone 'America/New_Yrok'", "America/New_Y"),
    "time zone no text": ("America/New_York", "[a]", "unknown time zone ['a']", "Europe/Berlin"),
    "target type": ("auto-scaling-group", "auto-scaling-grp", "target.type", "ec2-auto-scaling-gr"),
    "statistic": ("stat: Sum", "stat: Total", "demand[0].stat: ", "Average"),
    "period": ("period: 5m", "period: 7s", "no period of 7s", "5m"),
    "too little history": ("services:", "history: 30h\nservices:", "history: 30h", "2d"),
    "history of ages": ("services:", "history: 9999999d\nservices:", "longer than", "7d"),
    "history not kept": ("services:", "history: 200d\nservices:", "5m periods only since", "1h"),
    "no horizon": ("services:", "horizon: 0h\nservices:", "horizon: 0s", "48h"),
    "negative minimum": ("min: 2", "min: -2", "tiers[0].min: ", "0 or more"),
    "boolean minimum": ("min: 2", "min: true", "tiers[0].min: ", "whole number"),
    "maximum under minimum": ("max: 60", "max: 1", "max (1) is below min (2)", "raise max"),
    "utilisation of 70": ("utilization: 0.7", "utilization: 70", "utilization: ", "0.7 or 70%"),
    "not a number": ("utilization: 0.7", "utilization: .nan", "utilization: ", "0.7 or 70%"),
    "endless guardrail": ("increase: 2900%", "increase: .inf", "increase: ", "like 100%"),
    "negative guardrail": ("increase: 2900%", "increase: -5%", "increase: ", "like 100%"),
    "no capacity": ("120 requests/s", "0 requests/s", "not a rate above zero", "120 requests/s"),
    "endless capacity": ("120 requests/s", "1e999 requests/s", "not a rate", "120 requests/s"),
    "a count without time": ("120 requests/s", "120 requests", "has no time", "120 requests/s"),
    "utilisation as demand": ("RequestCount", "CPUUtilization", "is not demand", "scale_by"),
    "region": ("us-east-1", "moon", "region: ", "like us-east-1"),
    "group missing": ("name: storefront-web}", "name: nope}", "group 'nope' does", "target.name"),
    "group of elsewhere": ("us-east-1", "eu-west-1", "does not exist in eu-west-1", "region"),
    "metric without data": ("RequestCount", "RequestCuont", "no data for AWS/Appl", "list-metrics"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says", "cure"), CONFIG.values(), ids=CONFIG.keys())
def test_a_bad_foresail_yaml(refused, folder, old, new, says, cure):
    path = folder / "foresail.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    refused("plan", "--out", "plan.json", says=says, cure=cure)


HISTORY = {
    "duplicate times": (csv(rows()[:500] + rows()[499:]), "17:35:00+00:00 twice", "drop or sum"),
    "unsorted times": (csv(rows()[500:] + rows()[:500]), "is not sorted at", "sort it"),
    "no number": (at_seven("nan"), "row 9: value 'nan'", "leave the row out"),
    "infinite": (at_seven("inf"), "00:35:00+00:00: the value is NaN or infinite", "leave the row"),
    "negative": (at_seven(-1), "00:35:00+00:00: the value is negative", "zero or more"),
    "words": (at_seven("many"), "row 9: value 'many' is no number", "leave the row out"),
    "truth": (csv(rows(value=lambda _: True)), "row 2: value 'True' is no number", "leave"),
    "astronomical": (csv(rows(value=lambda _: "1e308")), "the value is over 1e+100", "leave"),
    "mixed periods": (
        csv(rows() + rows(9, 7, begin=BEGIN + timedelta(9))), "mixed periods: series", "resample",
    ),
    "naive times": (csv(rows(zone="")), "timestamp '2026-11-01T00:00:00' has no", "append Z"),
    "no times": (csv([f"{i},5" for i in range(900)]), "timestamp '0' is no time", "write 2026"),
    "empty file": ("", "the file is empty", "timestamp,value"),
    "empty frame": ("timestamp,value\n", "no rows", "two days"),
    "less than two days": (csv(rows(500)), "41.7 h of history, less than 2d", "wait for more"),
    "one row": (csv(rows(1)), "a single observation", "two days"),
    "other columns": (csv(rows(), "time,count"), "no column timestamp, value", "needed: timestamp"),
    "unnamed series": (
        csv([f"{r}," for r in rows()], "timestamp,value,series"), "name no series", "in each row",
    ),
    "ragged": (csv([*rows(), "2026-12-01T00:00:00Z,1,2"]), "cannot be read as csv", "check the"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "says", "cure"), HISTORY.values(), ids=HISTORY.keys())
def test_a_bad_history_file(refused, folder, text, says, cure):
    (folder / "load.csv").write_text(text)
    done = refused("forecast", "load.csv", "--output", "out.csv", says=says, cure=cure)
    assert "load" in done.stderr  # the file, or the series named after it


def test_a_torn_archive_and_a_folder_that_is_not_there(refused, folder):
    packed = gzip.compress(csv(rows()).encode())
    (folder / "torn.csv.gz").write_bytes(packed[:900])
    refused("forecast", "torn.csv.gz", says="torn.csv.gz: cannot be read", cure="check the file")
    (folder / "load.csv").write_text(csv(rows()))
    refused("forecast", "load.csv", "-o", "no/out.csv", says="no folder no", cure="--output")
    refused("forecast", "load.csv", "-o", "out.xls", says="unknown kind of file", cure=".parquet")
    refused("forecast", "load.csv", "--horizon", "99999999d", says="longer than", cure="7d")


@pytest.mark.parametrize(
    ("env", "says", "cure"),
    [
        ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, "no AWS cred", "AWS_PROFILE"),
        ({"AWS_SECRET_ACCESS_KEY": None}, "missing: AWS_SECRET_ACCESS_KEY", "AWS_SECRET_ACC"),
        ({"AWS_PROFILE": "nobody"}, "profile (nobody) could not be found", "AWS_PROFILE"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "cannot be reached", "AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL": "garbage"}, "nvalid endpoint", "https://"),
    ],
    ids=["no credentials", "half of them", "no such profile", "nobody answers", "no URL"],
)
def test_an_account_that_cannot_be_asked(refused, tmp_path, env, says, cure):
    bare = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}
    refused("plan", says=says, cure=cure, env={**bare, **env})


@pytest.mark.parametrize("command", ["apply", "status", "rollback", "pull"])
def test_every_command_says_that_there_are_no_credentials(refused, tmp_path, command):
    keys = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    bare = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}
    refused(command, says="no AWS credentials", cure="AWS_PROFILE", env={**bare, **keys})


@pytest.mark.parametrize("command", ["plan", "apply", "status", "rollback", "pull"])
def test_every_command_names_a_target_type_that_nobody_serves(refused, folder, command):
    path = folder / "foresail.yaml"
    path.write_text(path.read_text().replace("auto-scaling-group", "auto-scaling-grp"))
    says = "storefront/web: target.type: unknown target type"
    refused(command, says=says, cure="did you mean ec2-auto-scaling-group?")


def test_a_store_that_cannot_be_written(invoke, refused, folder):
    """A file in the place of the folder: root may write to a folder without write permission."""
    path = folder / "foresail.yaml"
    path.write_text(path.read_text().replace("services:", "store: there\nservices:"))
    assert invoke("plan", "--out", "plan.json").returncode == 0
    (folder / "there").rename(folder / "history-kept")
    (folder / "there").write_text("")
    for words in (["plan"], ["pull"], ["apply", "--auto-approve"], ["apply", "plan.json"],
                  ["status"], ["rollback"]):  # fmt: skip
        refused(*words, says="there", cure="store: in foresail.yaml")


PLANS = {
    "no JSON": ("{", "not a plan file", "--out"),
    "no mapping": ("[]", f"not a plan file of format {FORMAT}", "--out"),
    "of another format": (sealed({"format": FORMAT - 1}), f"file of format {FORMAT}", "--out"),
    "sealed but not whole": (sealed({"format": FORMAT, "tiers": []}), "not a whole plan", "--out"),
    "with tiers of text": (
        sealed({"format": FORMAT, "created": "2026-11-24T12:00:00Z", "region": "us-east-1",
                "config_digest": "", "tiers": ["web"]}),
        "not a whole plan", "--out",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "says", "cure"), PLANS.values(), ids=PLANS.keys())
def test_a_file_that_is_no_plan(refused, folder, text, says, cure):
    (folder / "plan.json").write_text(text)
    refused("apply", "plan.json", says=says, cure=cure)


def test_the_process_itself_ends_with_the_error_and_its_exit_code(shop, folder):
    done = shop("apply", "plan.json", cwd=folder)
    assert_refused(done, "plan.json: no such plan file", "--out")
    assert done.stdout == ""


def test_a_plan_file_is_applied_whole(refused):
    refused("apply", "plan.json", "--service", "storefront", says="whole", cure="--service")


def test_places_a_plan_cannot_be_written_to_are_told_before_the_pull(refused):
    refused("plan", "--out", ".", says=".: cannot be written", cure="--out")
    refused("plan", "--out", "no/plan.json", says="no folder no", cure="--out")


@pytest.mark.parametrize(
    ("step", "count", "says"),
    [(7, 2000, "periods of 7m"), (1440, 300, "periods of 1d"), (5, 500, "41.7 h of history")],
)
def test_a_trace_the_demo_cannot_play(refused, folder, step, count, says):
    (folder / "load.csv").write_text(csv(rows(count, step, begin=datetime(2025, 1, 1, tzinfo=UTC))))
    refused("demo", "--trace", "load.csv", says=says)
