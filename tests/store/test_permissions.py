"""The policy of a store allows what it calls, and nothing else, on its table and bucket only."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from foresail.aws import Aws
from foresail.cli import app
from foresail.config import TableStore
from foresail.discovery.checks.store import check_store
from foresail.errors import InputError
from foresail.sandbox import Sandbox
from foresail.store.creating import create_table
from foresail.store.migrating import migrate
from foresail.store.opening import folder_store, store_at
from foresail.store.permissions import keeping, storing
from foresail.store.records import Delete, Put
from publish.sample import forecast
from store.test_opening import SERVICES

STORE = TableStore(table="team", bucket="example-team", region="us-east-1")
# Names that IAM has for operations that have another name.
NAMED = {"ListObjectsV2": "ListBucket", "HeadBucket": "ListBucket"}
PARTS = {"Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


@pytest.fixture
def called():
    """A sandbox, and the IAM actions of all calls that are made to it by its `aws`."""
    calls = set()

    def note(model, params, **_):
        service, name = model.service_model.service_name, model.name
        if name == "TransactWriteItems":
            items = json.loads(params["body"])["TransactItems"]
            calls.update(f"dynamodb:{PARTS[kind]}" for one in items for kind in one)
        else:
            calls.add(f"{service}:{NAMED.get(name, name)}")

    with Sandbox() as sandbox:
        aws = Aws(region="us-east-1", endpoint_url=sandbox.endpoint_url, sandbox=True)
        for service in ("dynamodb", "s3"):
            aws.client(service).meta.events.register("before-call", note)
        sandbox.client("s3").create_bucket(Bucket="example-team")
        yield aws, calls


def actions(statements):
    return {action for one in statements for action in one["Action"]}


def test_a_store_calls_what_its_policy_allows(called, tmp_path):
    aws, calls = called
    create_table(aws, "team")
    migrate(store_at(STORE, aws), folder_store(tmp_path))
    assert calls >= actions(keeping(STORE))
    assert calls <= actions(keeping(STORE)) | actions(storing(STORE))
    calls.clear()
    store = store_at(STORE, aws)
    lease = store.leases.acquire("service/shop", "one", timedelta(minutes=1))
    store.records.write(Put("p", "s", {}), lease.check())
    store.records.write(Delete("p", "s"))
    store.forecasts.write(forecast())
    store.forecasts.write(forecast(made=datetime(2027, 6, 1, tzinfo=UTC)))  # prunes the other
    store.forecasts.read("shop", "web")
    list(check_store(STORE, aws))
    assert calls == actions(storing(STORE))


def test_scoped_to_the_table_the_bucket_and_the_prefix():
    found = {one["Sid"]: one["Resource"] for one in (*storing(STORE), *keeping(STORE))}
    assert found == {
        "ForesailRecords": "arn:aws:dynamodb:us-east-1:*:table/team",
        "ForesailBlobs": "arn:aws:s3:::example-team/foresail/*",
        "ForesailBucket": "arn:aws:s3:::example-team",
        "ForesailStore": "arn:aws:dynamodb:us-east-1:*:table/team",
    }
    china = STORE.model_copy(update={"region": "cn-north-1"})
    assert storing(china)[0]["Resource"] == "arn:aws-cn:dynamodb:cn-north-1:*:table/team"
    assert storing(Path("x")) == keeping(Path("x")) == []


def test_iam_prints_it_with_the_rest(tmp_path):
    path = tmp_path / "foresail.yaml"
    data = {"region": "us-east-1", "services": SERVICES}
    path.write_text(yaml.safe_dump({**data, "store": {"table": "team", "bucket": "example-team"}}))

    def sids(*words):
        done = CliRunner().invoke(app, ["iam", *words, "--config", str(path)])
        return done, [
            one["Sid"] for one in json.loads(done.stdout or '{"Statement": []}')["Statement"]
        ]

    assert "ForesailRecords" in sids("--read-only")[1]
    assert "ForesailRecords" in sids("--apply")[1]
    assert sids("--store")[1][-1] == "ForesailStore"
    path.write_text(yaml.safe_dump(data))
    assert "ForesailRecords" not in sids("--apply")[1]
    done, _ = sids("--store")
    assert isinstance(done.exception, InputError)
    assert "is a folder" in done.exception.message
