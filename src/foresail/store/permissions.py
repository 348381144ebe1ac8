"""IAM statements of a store in a table and a bucket, scoped to both and to its prefix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foresail.config import TableStore
from foresail.store.creating import IAM_CREATE
from foresail.targets.arns import Place

# A transaction needs what its parts need: TransactWriteItems itself is no action of IAM.
IAM_RECORDS = (
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
)
IAM_BLOBS = ("s3:DeleteObject", "s3:GetObject", "s3:PutObject")
# Without it S3 says that an object which is not there may not be read.
IAM_BUCKET = ("s3:ListBucket",)
IAM_MIGRATE = ("dynamodb:Scan",)
Statement = dict[str, Any]


def storing(store: Path | TableStore) -> list[Statement]:
    """Allow what plan, apply, status and doctor call of a store; nothing where it is a folder."""
    if isinstance(store, Path):
        return []
    return [
        _statement("ForesailRecords", IAM_RECORDS, _table(store)),
        _statement("ForesailBlobs", IAM_BLOBS, f"{_bucket(store)}/{store.prefix}*"),
        _statement("ForesailBucket", IAM_BUCKET, _bucket(store)),
    ]


def keeping(store: Path | TableStore) -> list[Statement]:
    """Allow what a person who sets the store up calls too: create and migrate."""
    if isinstance(store, Path):
        return []
    return [_statement("ForesailStore", (*IAM_CREATE, *IAM_MIGRATE), _table(store))]


def _table(store: TableStore) -> str:
    return Place(store.region).arn(f"dynamodb:{{region}}:*:table/{store.table}")


def _bucket(store: TableStore) -> str:
    return Place(store.region).arn(f"s3:::{store.bucket}")


def _statement(sid: str, actions: tuple[str, ...], resource: str) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": resource}
