"""Files appear whole or not at all."""

from __future__ import annotations

import pytest

from foresail.errors import InputError
from foresail.files import check_writable, private_folder, replacing


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


def test_a_new_folder_is_its_owners_and_one_that_is_there_stays_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    private_folder(tmp_path / "store" / "history")
    private_folder(tmp_path / "store" / "history")
    modes = [one.stat().st_mode & 0o777 for one in (tmp_path, *sorted(tmp_path.rglob("*")))]
    assert modes == [0o755, 0o700, 0o700]
