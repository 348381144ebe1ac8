"""The store folder."""

from __future__ import annotations

import os

import pytest

from foresail.discovery.checks.store import check_store


def test_a_folder_that_is_there_or_can_be_made_is_fine(tmp_path):
    for folder in (tmp_path, tmp_path / "a" / "b"):
        [found] = check_store(folder)
        assert found.level == "ok"
    assert not (tmp_path / "a").exists()


def test_a_file_in_its_place_is_a_problem(tmp_path):
    (tmp_path / "store").write_text("")
    [found] = check_store(tmp_path / "store" / "x")
    assert found.level == "problem"
    assert "is no folder" in found.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_a_problem(tmp_path):
    tmp_path.chmod(0o500)
    [found] = check_store(tmp_path / "store")
    tmp_path.chmod(0o700)
    assert found.level == "problem"
