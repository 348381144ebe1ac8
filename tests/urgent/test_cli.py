"""The command: an event from a file or standard input; bad input ends with a cure."""

from __future__ import annotations

import json

import pytest

from foresail.cli import urgent as command
from foresail.errors import InputError
from urgent.sample import LATER, alarm


def test_a_file_is_read(tmp_path):
    path = tmp_path / "event.json"
    path.write_text(json.dumps(alarm(LATER)))
    assert command._event(str(path)) == alarm(LATER)


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "no JSON"), ("[" * 100_000, "no JSON"), (" " * 1_000_001, "longer than"),
     (None, "cannot be read")],
)  # fmt: skip
def test_what_is_no_event_is_told(tmp_path, text, said):
    path = tmp_path / "event.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=said):
        command._event(str(path))
