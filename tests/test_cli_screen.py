"""Names that came from AWS reach the terminal as text."""

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from foresail import cli
from foresail.cli.common import console, print_rows
from foresail.cli.guard import Guarded, guarded, visible

EVIL = (
    "[red]x[/red] :smile: \x1b[2J\x1b[8mhid \x1b]8;;http://evil.example\x07link\x9b31m \u202etxt\r"
)
SHOWN = (
    r"[red]x[/red] :smile: \x1b[2J\x1b[8mhid \x1b]8;;http://evil.example\x07link\x9b31m "
    r"\u202etxt\r"
)


def test_what_a_terminal_would_obey_is_shown():
    assert visible(EVIL) == SHOWN
    assert visible("two\nlines\tand a tab, Zürich, 東京") == "two\nlines\tand a tab, Zürich, 東京"


@given(st.text())
def test_no_control_character_is_left_and_nothing_is_lost(text):
    shown = visible(text)
    assert all(letter.isprintable() or letter in "\n\t" or ord(letter) > 0x9F for letter in shown)
    plain = "".join(one for one in text if one.isprintable())
    rest = iter(shown)
    assert all(letter in rest for letter in plain)


def test_tables_and_texts_print_no_markup_no_codes_and_no_controls(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    print_rows([{"group": EVIL, "size": 3}], as_json=False)
    screen = console()
    screen.print(EVIL)
    screen.print(Text(EVIL))
    table = Table(box=None)
    table.add_column("name")
    table.add_row("a\x1b[2Jb")
    screen.print(table)
    told = capsys.readouterr().out
    assert told.count("[red]x[/red] :smile:") == 3
    assert not set(told) & set("\x1b\x07\x9b\u202e\r")
    assert r"a\x1b[2Jb" in told


def test_the_guard_lets_colours_of_letters_through_and_nothing_else():
    stream = io.StringIO()
    Guarded(stream).write(f"\x1b[1;36mhelp\x1b[0m {EVIL}\x1b[41m")
    assert stream.getvalue() == f"\x1b[1;36mhelp\x1b[0m {SHOWN}\\x1b[41m"


def test_streams_are_guarded_while_a_command_runs_and_no_longer(monkeypatch, capsys):
    def shout():
        sys.stdout.write(EVIL + ".\n")
        sys.stderr.writelines([EVIL, ".\n"])

    monkeypatch.setattr(cli, "app", shout)
    before = sys.stdout
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0 and sys.stdout is before
    told = capsys.readouterr()
    assert told.out == told.err == SHOWN + ".\n"


def test_an_error_about_a_strange_name_is_text_too(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["foresail", "plan", "--config", "no\x9b2Jne.yaml"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert r"no\x9b2Jne.yaml: no such file" in told and "\x9b" not in told


def test_json_is_whole_under_the_guard(capsys):
    with guarded():
        print_rows([{"group": EVIL}], as_json=True)
    import json

    assert json.loads(capsys.readouterr().out) == [{"group": EVIL}]
