"""DynamoDB of the sandbox: warm throughput rises only; transactions come one after the other.

A transaction that comes again with the token of one that was made is answered as done, within ten
minutes, as AWS's documentation of TransactWriteItems has it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, ClassVar

from foresail.sandbox.modules import Module, Patch, World

UNITS = ("ReadUnitsPerSecond", "WriteUnitsPerSecond")
REMEMBERED = timedelta(minutes=10)


class DynamoDB(Module):
    """Tables whose warm throughput cannot be lowered, and whose transactions can be repeated."""

    services: ClassVar[frozenset[str]] = frozenset({"dynamodb"})

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._one_by_one = Lock()
        self._made: dict[str, tuple[str, datetime]] = {}  # by token: what was written, and when

    def methods(self) -> Iterator[Patch]:
        """Check an update before moto makes it; let no transaction see half of another."""
        from moto.dynamodb.exceptions import MockValidationException
        from moto.dynamodb.models import DynamoDBBackend
        from moto.dynamodb.responses import DynamoHandler

        moto_update = DynamoDBBackend.update_table
        moto_transact = DynamoHandler.transact_write_items

        def update(backend: Any, name: str, **fields: Any) -> Any:
            asked = fields.get("warm_throughput")
            if asked:
                now = backend.get_table(name).warm_throughput
                lower = [unit for unit in UNITS if int(asked.get(unit, now[unit])) < now[unit]]
                if lower:
                    raise MockValidationException(
                        f"{lower[0]}: warm throughput can be raised, not lowered"
                    )
                fields["warm_throughput"] = {**now, **asked}
            return moto_update(backend, name, **fields)

        def transact(handler: Any) -> Any:
            with self._one_by_one:
                if self._was_made(handler.body):
                    return _done()
                answer = moto_transact(handler)
                self._remember(handler.body)
                return answer

        yield DynamoDBBackend, "update_table", update
        yield DynamoHandler, "transact_write_items", transact

    def _was_made(self, body: dict[str, Any]) -> bool:
        from moto.dynamodb.exceptions import DynamodbException

        known = self._made.get(body.get("ClientRequestToken", ""))
        if known is None or known[1] + REMEMBERED <= self.world.clock.now:
            return False
        if known[0] != _content(body):
            raise DynamodbException(
                "IdempotentParameterMismatchException",
                "the token was used for another transaction",
            )
        return True

    def _remember(self, body: dict[str, Any]) -> None:
        if "ClientRequestToken" in body:
            now = self.world.clock.now
            self._made = {t: one for t, one in self._made.items() if one[1] + REMEMBERED > now}
            self._made[body["ClientRequestToken"]] = (_content(body), now)


def _content(body: dict[str, Any]) -> str:
    return json.dumps(body["TransactItems"], sort_keys=True)


def _done() -> Any:
    from moto.core.responses import ActionResult

    return ActionResult({})
