"""The store: its folder, or its table and bucket."""

from __future__ import annotations

import os

import pytest

from foresail.aws import Aws
from foresail.config import TableStore
from foresail.discovery.checks.store import check_store
from foresail.sandbox import Sandbox
from foresail.store.creating import create_table


def test_a_folder_that_is_there_or_can_be_made_is_fine(tmp_path):
    for folder in (tmp_path, tmp_path / "a" / "b"):
        [found] = check_store(folder, Aws())
        assert found.level == "ok"
    assert not (tmp_path / "a").exists()


def test_a_file_in_its_place_is_a_problem(tmp_path):
    (tmp_path / "store").write_text("")
    [found] = check_store(tmp_path / "store" / "x", Aws())
    assert found.level == "problem"
    assert "is no folder" in found.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_a_problem(tmp_path):
    tmp_path.chmod(0o500)
    [found] = check_store(tmp_path / "store", Aws())
    tmp_path.chmod(0o700)
    assert found.level == "problem"


def test_a_table_and_a_bucket_are_named_when_they_lack():
    store = TableStore(table="foresail", bucket="foresail-store", region="us-east-1")
    with Sandbox() as sandbox:
        [found] = check_store(store, sandbox.aws)
        assert (found.level, found.text) == ("problem", "there is no table foresail")
        assert "foresail store create" in found.cure
        create_table(sandbox.aws, "foresail")
        [found] = check_store(store, sandbox.aws)
        assert (found.level, found.text) == ("problem", "there is no bucket foresail-store")
        sandbox.client("s3").create_bucket(Bucket="foresail-store")
        [found] = check_store(store, sandbox.aws)
        assert (found.level, found.text) == (
            "ok",
            "table foresail and bucket foresail-store can be read",
        )
