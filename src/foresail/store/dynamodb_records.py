"""Records in one DynamoDB table: the store of a team.

The table's key is ``pk`` (prefix and partition) and ``sk``. Data is kept as JSON text rather than
as DynamoDB's own types: floats come back bit for bit, and empty texts and NaN can be kept.
Source of limits and error names: AWS's service model of DynamoDB, as botocore 1.44 has it.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors, code_of
from foresail.errors import AwsError
from foresail.store.creating import no_table
from foresail.store.records import (
    Change,
    Check,
    Clock,
    Conflict,
    Delete,
    Put,
    Record,
    backoff,
    checked,
    encode,
    moment,
    seconds,
    span,
    utc_now,
)

if TYPE_CHECKING:
    from foresail.aws import Aws

ATTEMPTS = 10  # of a transaction that meets others, or throttling
_NAMES = {"#d": "data", "#v": "version", "#e": "expires"}  # some are DynamoDB's own words
_ONCE_MORE = frozenset(
    {
        "TransactionConflict",
        "ProvisionedThroughputExceeded",
        "ThrottlingError",
        "RequestLimitExceeded",
    }
)
_HELD = "ConditionalCheckFailed"


class DynamoDBRecords:
    """`Records` in a table that `foresail store create` made.

    Every write is a transaction with a token: where the connection tears after DynamoDB has
    written, botocore's next attempt is answered with the same success, not with a conflict.

    Parameters
    ----------
    aws
        Whose table it is.
    table
        Its name.
    prefix
        What all partitions begin with in the table.
    clock
        Tells what has expired; DynamoDB itself deletes it up to days later.
    sleep
        Waits so many seconds before a transaction is tried again.

    Raises
    ------
    AwsError
        Of each method: as AWS refuses, retries included.
    """

    def __init__(
        self,
        aws: Aws,
        table: str,
        prefix: str = "",
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.aws = aws
        self.table = table
        self.prefix = prefix
        self.clock = clock
        self.sleep = sleep

    @property
    def where(self) -> str:
        """See `Records.where`."""
        return f"table {self.table}" + (f" ({self.prefix})" if self.prefix else "")

    def get(self, partition: str, sort: str) -> Record | None:
        """See `Records.get`."""
        client = self.aws.client("dynamodb")
        with self._errors("dynamodb:GetItem"):
            answer = client.get_item(
                TableName=self.table, Key=self._key(partition, sort), ConsistentRead=True
            )
        found = answer.get("Item")
        return self._record(found) if found and self._lives(found) else None

    def query(
        self,
        partition: str,
        *,
        prefix: str = "",
        since: str = "",
        until: str = "",
        newest_first: bool = False,
        limit: int | None = None,
    ) -> list[Record]:
        """See `Records.query`."""
        low, high = span(prefix, since, until)
        if limit == 0 or (high and low >= high):
            return []
        asked = self._condition(partition, low, high)
        asked |= {"ScanIndexForward": not newest_first}
        if limit is not None:
            asked["Limit"] = limit + 1  # one may be the end of the range, which is not in it
        found: list[Record] = []
        for item in self._pages("query", asked):
            if self._lives(item) and item["sk"]["S"] != high:
                found.append(self._record(item))
            if len(found) == limit:
                break
        return found

    def write(self, *changes: Change) -> None:
        """See `Records.write`."""
        checked(changes)
        if not changes:
            return
        items = [self._item(change) for change in changes]
        for attempt in range(ATTEMPTS):
            refused = self._transact(items)
            if refused is None:
                return
            self._judge(changes, refused, last=attempt == ATTEMPTS - 1)
            self.sleep(backoff(attempt, base=0.05))

    def everything(self) -> list[tuple[str, str]]:
        """See `Records.everything`."""
        names = {"#e": "expires"}
        asked = {"ProjectionExpression": "pk, sk, #e", "ExpressionAttributeNames": names}
        keys = [
            (item["pk"]["S"][len(self.prefix) :], item["sk"]["S"])
            for item in self._pages("scan", asked)
            if item["pk"]["S"].startswith(self.prefix) and self._lives(item)
        ]
        return sorted(keys)

    def _pages(self, operation: str, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Items of all pages, each asked for when it is needed."""
        client = self.aws.client("dynamodb")
        more = {"TableName": self.table, "ConsistentRead": True, **asked}
        while True:
            with self._errors(f"dynamodb:{operation.capitalize()}"):
                answer = getattr(client, operation)(**more)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            more["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _condition(self, partition: str, low: str, high: str) -> dict[str, Any]:
        """Key condition of a range; BETWEEN takes its end in, which `query` leaves out."""
        text, values = "pk = :pk", {":pk": {"S": self.prefix + partition}}
        if low and high:
            text += " AND sk BETWEEN :low AND :high"
        elif low or high:
            text += " AND sk >= :low" if low else " AND sk < :high"
        values |= {name: {"S": end} for name, end in ((":low", low), (":high", high)) if end}
        return {"KeyConditionExpression": text, "ExpressionAttributeValues": values}

    def _transact(self, items: list[dict[str, Any]]) -> list[str] | None:
        """Try once; answers why each item was refused, None when all is written."""
        client = self.aws.client("dynamodb")
        with self._errors("dynamodb:TransactWriteItems"):
            try:
                client.transact_write_items(
                    TransactItems=items, ClientRequestToken=str(uuid.uuid4())
                )
            except client.exceptions.TransactionCanceledException as error:
                reasons = [one.get("Code", "") for one in error.response["CancellationReasons"]]
                if not _ONCE_MORE.isdisjoint(reasons) or _HELD in reasons:
                    return reasons
                raise
        return None

    @contextmanager
    def _errors(self, action: str) -> Iterator[None]:
        """Name a call that AWS refuses; a table that is not there, with what makes it."""
        try:
            with aws_errors(action, self.where):
                yield
        except AwsError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            raise no_table(self.table) from error

    def _judge(self, changes: Sequence[Change], refused: list[str], *, last: bool) -> None:
        """Raise unless the transaction should be tried again."""
        broken = [one for one, why in zip(changes, refused, strict=True) if why == _HELD]
        if broken:
            raise Conflict(broken)
        if last:
            raise AwsError(
                f"dynamodb:TransactWriteItems on {self.where}: {', '.join(set(refused))} "
                f"after {ATTEMPTS} attempts",
                cure="many write at the same time; run again later",
            )

    def _item(self, change: Change) -> dict[str, Any]:
        where = {"TableName": self.table, "Key": self._key(change.partition, change.sort)}
        condition, values = self._expected(change.expected)
        match change:
            case Put():
                expires = seconds(change.expires)
                text = "SET #d = :d, #v = if_not_exists(#v, :zero) + :one"
                text += " REMOVE #e" if expires is None else ", #e = :e"
                values |= {":d": {"S": encode(change.data)}, ":zero": _n(0), ":one": _n(1)}
                values |= {} if expires is None else {":e": _n(expires)}
                return {
                    "Update": where | {"UpdateExpression": text} | _said(condition, text, values)
                }
            case Delete():
                return {"Delete": where | _said(condition, "", values)}
            case Check():
                return {"ConditionCheck": where | _said(condition, "", values)}

    def _expected(self, expected: int | None) -> tuple[str, dict[str, Any]]:
        """Condition that a version holds; what has expired counts as not there."""
        if expected is None:
            return "", {}
        now = {":now": _n(int(self.clock().timestamp()))}
        if expected == 0:
            return "attribute_not_exists(pk) OR #e <= :now", now
        alive = "(attribute_not_exists(#e) OR #e > :now)"
        return f"#v = :expected AND {alive}", now | {":expected": _n(expected)}

    def _key(self, partition: str, sort: str) -> dict[str, Any]:
        return {"pk": {"S": self.prefix + partition}, "sk": {"S": sort}}

    def _lives(self, item: dict[str, Any]) -> bool:
        return "expires" not in item or int(item["expires"]["N"]) > self.clock().timestamp()

    def _record(self, item: dict[str, Any]) -> Record:
        partition = item["pk"]["S"][len(self.prefix) :]
        expires = moment(int(item["expires"]["N"])) if "expires" in item else None
        data = json.loads(item["data"]["S"])
        return Record(partition, item["sk"]["S"], data, int(item["version"]["N"]), expires)


def _said(condition: str, update: str, values: dict[str, Any]) -> dict[str, Any]:
    """Fields of a condition with the names and values that it and an update use, and no other."""
    fields: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
    names = {short: name for short, name in _NAMES.items() if short in condition + update}
    fields |= {"ExpressionAttributeNames": names} if names else {}
    return fields | ({"ExpressionAttributeValues": values} if values else {})


def _n(number: int) -> dict[str, str]:
    return {"N": str(number)}
