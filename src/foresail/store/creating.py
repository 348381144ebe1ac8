"""Create the table of a store, and check its bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors, code_of
from foresail.errors import AwsError, InputError

if TYPE_CHECKING:
    from foresail.aws import Aws

KEY = {"pk": "HASH", "sk": "RANGE"}
TTL = "expires"
IAM_CREATE = (
    "dynamodb:CreateTable",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeTimeToLive",
    "dynamodb:UpdateTimeToLive",
)


def create_table(aws: Aws, table: str) -> bool:
    """Make a table with foresail's key, paid per request, whose expired items go by themselves.

    Returns
    -------
    bool
        Whether it had to be made; one that stands gets what it lacks.

    Raises
    ------
    InputError
        A table of that name has another key.
    AwsError
        As AWS refuses.
    """
    client, made = aws.client("dynamodb"), False
    if describe_table(client, table) is None:
        with aws_errors("dynamodb:CreateTable", table):
            client.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": n, "KeyType": kind} for n, kind in KEY.items()],
                AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in KEY],
            )
        made = True
    with aws_errors("dynamodb:DescribeTable", table):
        client.get_waiter("table_exists").wait(
            TableName=table, WaiterConfig={"Delay": 2, "MaxAttempts": 60}
        )
    check_key(client, table)
    _expire(client, table)
    return made


def describe_table(client: Any, table: str) -> dict[str, Any] | None:
    """AWS's description of a table; None when there is none."""
    try:
        with aws_errors("dynamodb:DescribeTable", table):
            return dict(client.describe_table(TableName=table)["Table"])
    except AwsError as error:
        if code_of(error) == "ResourceNotFoundException":
            return None
        raise


def check_key(client: Any, table: str) -> None:
    """Refuse a table that is not there, or was made for something else.

    Raises
    ------
    InputError
        Naming the table and the cure.
    """
    found = describe_table(client, table)
    if found is None:
        raise no_table(table)
    key = {one["AttributeName"]: one["KeyType"] for one in found["KeySchema"]}
    if key != KEY:
        raise InputError(
            f"table {table} has the key {', '.join(key)}; a store's is {', '.join(KEY)}",
            cure="name another table in store:, and run foresail store create",
        )


def no_table(table: str) -> AwsError:
    """Say that a table lacks, and what makes it."""
    return AwsError(f"there is no table {table}", cure="make it: foresail store create")


def _expire(client: Any, table: str) -> None:
    """Let DynamoDB delete what has expired."""
    with aws_errors("dynamodb:DescribeTimeToLive", table):
        now = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if now["TimeToLiveStatus"] in ("ENABLED", "ENABLING"):
        return
    with aws_errors("dynamodb:UpdateTimeToLive", table):
        client.update_time_to_live(
            TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL}
        )


def check_bucket(aws: Aws, bucket: str) -> None:
    """Make sure that a bucket is there and may be read.

    Raises
    ------
    AwsError
        It is not, with the command that makes it; or as AWS refuses.
    """
    client = aws.client("s3")
    try:
        with aws_errors("s3:ListBucket", f"bucket {bucket}"):
            client.head_bucket(Bucket=bucket)
    except AwsError as error:
        if code_of(error) not in ("404", "NoSuchBucket"):
            raise
        raise AwsError(
            f"there is no bucket {bucket}",
            cure=f"make it: aws s3 mb s3://{bucket}; S3 keeps it private and encrypted by itself",
        ) from error
