"""Blobs: one suite for a folder and a bucket."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from foresail.errors import AwsError, InputError
from foresail.store.blobs import FolderBlobs, S3Blobs
from store.backends import BACKENDS, Time, open_backend, sandbox

__all__ = ["sandbox"]


@pytest.fixture(params=BACKENDS)
def blobs(request, tmp_path, sandbox):
    clock = Time(datetime(2026, 11, 24, tzinfo=UTC))
    return open_backend(request.param, tmp_path, sandbox, clock).blobs


def test_written_read_listed_replaced_and_deleted(blobs):
    assert blobs.read("a/b.parquet") is None
    assert blobs.names() == []
    for number, name in enumerate(("a/b.parquet", "a/c/d", "ab/c", "a/b.parquet"), 1):
        blobs.write(name, f"{number}".encode())
    assert (blobs.read("a/b.parquet"), blobs.read("a/c/d")) == (b"4", b"2")
    assert blobs.names() == ["a/b.parquet", "a/c/d", "ab/c"]
    assert blobs.names("a/") == ["a/b.parquet", "a/c/d"]
    assert blobs.names("a/c/") == ["a/c/d"]
    assert blobs.names("a/b") == ["a/b.parquet"]
    assert blobs.names("nothing/") == []
    blobs.delete("ab/c")
    blobs.delete("ab/c")
    assert blobs.read("ab/c") is None
    blobs.write("a/empty", b"")
    assert blobs.read("a/empty") == b""


def test_a_listing_has_all_pages(sandbox):
    blobs = S3Blobs(sandbox.aws, "foresail-store", "many/")
    client = sandbox.client("s3")
    for n in range(1005):  # S3 gives 1,000 a page
        client.put_object(Bucket="foresail-store", Key=f"many/{n:04d}", Body=b"")
    assert len(blobs.names()) == 1005


@pytest.mark.parametrize("name", ["", "a", "/etc/passwd", "a/../../b", "a//b", ".hidden", "a/.b"])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    for call in (FolderBlobs(tmp_path).read, FolderBlobs(tmp_path).delete):
        with pytest.raises(ValueError, match="no name of a blob"):
            call(name)


def test_half_written_files_are_no_blobs(tmp_path, monkeypatch):
    blobs = FolderBlobs(tmp_path)
    blobs.write("a/b", b"1")
    real = Path.replace

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        blobs.write("a/b", b"2")
    monkeypatch.setattr(Path, "replace", real)
    (tmp_path / "a" / ".b.0123").write_bytes(b"half")
    assert blobs.names() == ["a/b"]
    assert blobs.read("a/b") == b"1"


def test_a_bucket_that_is_not_there_and_a_file_in_the_way_are_named(sandbox, tmp_path):
    nowhere = S3Blobs(sandbox.aws, "nowhere", "foresail/")
    for call in (lambda: nowhere.read("a/b"), lambda: nowhere.write("a/b", b""), nowhere.names):
        with pytest.raises(AwsError, match="nowhere"):
            call()
    (tmp_path / "file").write_text("")
    for call in (lambda b: b.write("a/b", b""), lambda b: b.read("a/b")):
        with pytest.raises(InputError, match=r"file/a/b: cannot be"):
            call(FolderBlobs(tmp_path / "file"))
