"""The configured store is opened where the configuration says, and mistakes in it are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from foresail.aws import Aws
from foresail.config import load_config, parse_config
from foresail.credentials import Role
from foresail.errors import ConfigError
from foresail.store.blobs import FolderBlobs, S3Blobs
from foresail.store.dynamodb_records import DynamoDBRecords
from foresail.store.opening import open_store

SERVICES = [
    {
        "name": "shop",
        "tiers": [
            {
                "name": "web",
                "target": {"type": "ec2-auto-scaling-group", "name": "web"},
                "demand": {"namespace": "Shop", "metric": "Orders", "stat": "Sum"},
                "unit_capacity": "10/s",
                "max": 4,
            }
        ],
    }
]
TABLE = {"table": "foresail", "bucket": "example-foresail"}


def parsed(store, **more):
    data = {"region": "eu-west-1", "services": SERVICES, "store": store, **more}
    return parse_config(data, source="foresail.yaml")


def test_a_folder_lies_beside_the_configuration(tmp_path):
    import yaml

    path = tmp_path / "foresail.yaml"
    path.write_text(yaml.safe_dump({"region": "eu-west-1", "services": SERVICES}))
    store = open_store(load_config(path), Aws())
    assert store.where == str(tmp_path / ".foresail" / "store.sqlite")
    assert isinstance(store.blobs, FolderBlobs)
    assert store.forecasts.read("shop", "web") is None
    assert list(tmp_path.iterdir()) == [path]  # looking makes nothing


def test_a_table_is_in_the_configurations_region_and_the_callers_account():
    role = Role("arn:aws:iam::111122223333:role/there", None, "foresail")
    elsewhere = Aws(region="us-west-2", endpoint_url="http://127.0.0.1:1", role=role)
    store = open_store(parsed(TABLE), elsewhere)
    assert isinstance(store.records, DynamoDBRecords)
    assert isinstance(store.blobs, S3Blobs)
    assert store.records.aws.role is None
    assert store.records.aws.region == "eu-west-1"
    assert store.blobs.where("x") == "s3://example-foresail/foresail/x"
    other = open_store(parsed({**TABLE, "region": "us-east-1", "prefix": "a/b/"}), elsewhere)
    assert (other.records.aws.region, other.records.prefix) == ("us-east-1", "a/b/")


def test_what_a_plan_rests_on_is_not_where_it_is_kept():
    assert parsed(TABLE).digest() == parsed(".foresail").digest()
    assert parsed("kept").store == Path("kept")


@pytest.mark.parametrize(
    ("store", "said", "cure"),
    [
        ({"table": "foresail"}, "store.bucket: required", "add bucket"),
        ({**TABLE, "tabel": "x"}, "store.tabel: unknown key", "did you mean 'table'"),
        ({**TABLE, "table": "a b"}, "store.table:", "DynamoDB table"),
        ({**TABLE, "bucket": "Capital"}, "store.bucket:", "bucket of S3"),
        (
            {**TABLE, "prefix": "/foresail"},
            "store.prefix: no prefix: '/foresail'",
            "foresail/prod/",
        ),
        ({**TABLE, "region": "mars"}, "store.region:", "us-east-1"),
        (3, "store:", "write a folder"),
    ],
)
def test_each_mistake_is_named_with_its_cure(store, said, cure):
    with pytest.raises(ConfigError) as caught:
        parsed(store)
    assert said in caught.value.message
    assert "(table)" not in str(caught.value)
    assert cure in caught.value.cure
