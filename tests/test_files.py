"""Files appear whole or not at all."""

from __future__ import annotations

import pytest

from foresail.errors import InputError
from foresail.files import check_writable, replacing


def test_a_file_takes_its_place_at_once(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_crash_leaves_what_was_there(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_and_a_missing_folder_are_told_with_the_option(tmp_path):
    check_writable(tmp_path / "plan.json", "--out")
    with pytest.raises(InputError, match=r"it is a folder") as caught:
        check_writable(tmp_path, "--out")
    assert "--out" in str(caught.value)
    with pytest.raises(InputError, match=r"there is no folder .*no"):
        check_writable(tmp_path / "no" / "plan.json", "--out")
