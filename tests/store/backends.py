"""Both backends for the same tests: a folder, and a table and a bucket of the sandbox."""

from __future__ import annotations

import itertools

import pytest

from foresail.sandbox import Sandbox
from foresail.store.blobs import S3Blobs
from foresail.store.creating import create_table
from foresail.store.dynamodb_records import DynamoDBRecords
from foresail.store.opening import Store, folder_store

BACKENDS = ("folder", "table")
_numbers = itertools.count()


class Time:
    """A clock that a test sets."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def sandbox():
    """An account with the table and the bucket of a store."""
    with Sandbox() as running:
        create_table(running.aws, "foresail")
        running.client("s3").create_bucket(Bucket="foresail-store")
        yield running


def open_backend(kind, folder, sandbox, clock, table="foresail"):
    """A fresh, empty store."""
    if kind == "folder":
        return folder_store(folder / f"store{next(_numbers)}", clock)
    prefix = f"test{next(_numbers)}/"
    records = DynamoDBRecords(sandbox.aws, table, prefix, clock, sleep=lambda _: None)
    return Store(records, S3Blobs(sandbox.aws, "foresail-store", prefix), clock)
