"""What every command shares: the help's panels, the version, JSON, and questions nobody answers."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import typer
from typer.testing import CliRunner

from foresail import __version__
from foresail.cli import app
from foresail.cli.common import confirm, print_rows
from foresail.cli.panels import PANELS
from foresail.errors import InputError

run = CliRunner().invoke
COMMANDS = typer.main.get_command(app).commands


def test_every_command_stands_in_one_panel_in_its_order():
    named = [name for names in PANELS.values() for name in names]
    assert sorted(named) == sorted(COMMANDS)
    shown = run(app, ["--help"], env={"COLUMNS": "120"}).stdout.splitlines()
    first = [line.split()[1] for line in shown if line.startswith("│ ") and line[2].isalpha()]
    assert first == named
    assert all(any(panel in line for line in shown) for panel in PANELS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_help_begins_with_a_sentence_that_fits_a_line(name):
    first = COMMANDS[name].help.splitlines()[0]
    assert first.endswith(".")
    assert first[0].isupper()
    assert len(first) <= 100
    assert all(getattr(option, "help", None) for option in COMMANDS[name].params)


def test_the_version():
    assert run(app, ["--version"]).stdout == f"foresail {__version__}\n"


@pytest.mark.parametrize("words", [["--help"], ["targets"], ["iam", "--apply"]])
def test_what_needs_no_numbers_loads_no_pandas(words, tmp_path):
    script = (
        "import sys\nfrom foresail.cli import app\n"
        f"try:\n    app({words!r})\nfinally:\n    sys.stderr.write(str('pandas' in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stderr) == (0, "False")


@pytest.mark.parametrize("as_json", [True, False])
def test_a_question_that_nobody_answers_ends_in_a_cure(as_json):
    asking = typer.Typer()
    asking.command()(lambda: confirm("Write?", as_json=as_json))
    done = run(asking, [], input="")
    assert isinstance(done.exception, InputError)
    assert "nothing was written" in done.exception.message
    assert "--auto-approve" in done.exception.cure
    assert ("Write?" in done.stdout) is not as_json
    assert run(asking, [], input="n\n").exit_code == 1
    assert run(asking, [], input="y\n").exit_code == 0


def test_the_first_column_of_a_table_is_never_cut():
    shown = run(app, ["targets"], env={"COLUMNS": "60"}).stdout
    known = json.loads(run(app, ["targets", "--json"]).stdout)
    assert all(any(line.startswith(row["type"]) for line in shown.splitlines()) for row in known)


def test_cells_of_a_table(capsys):
    when = datetime(2026, 11, 24, 7, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    print_rows(
        [{"at": when, "peak": 504589.2, "share": 0.12345, "left": float("inf"), "n": 3}],
        as_json=False,
    )
    cells = capsys.readouterr().out.splitlines()[1].split("  ")
    assert [c.strip() for c in cells if c] == ["2026-11-24 06:30Z", "504,589", "0.123", "inf", "3"]


def test_logs_say_each_call_of_aws_as_json_and_errors_too(tmp_path, shop):
    done = shop("--log-format", "json", "-vv", "pull", env={"FORESAIL_RUN_ID": "run-5"})
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.returncode == 0
    assert {line["run"] for line in lines} == {"run-5"}
    calls = [line for line in lines if line["event"] == "aws.call"]
    assert {"GetMetricData"} <= {line["operation"] for line in calls}
    gone = shop("--log-format", "json", "plan", "--config", "nowhere.yaml")
    [line] = [json.loads(line) for line in gone.stderr.splitlines()]
    assert (gone.returncode, line["event"]) == (2, "failed")
    assert "nowhere.yaml" in line["message"] and line["cure"]


def test_logs_of_another_form_are_refused():
    done = run(app, ["--log-format", "xml", "targets"])
    assert isinstance(done.exception, InputError)
    assert "console, json" in done.exception.cure
