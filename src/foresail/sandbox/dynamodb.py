"""DynamoDB of the sandbox: warm throughput rises only, as AWS's documentation has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from foresail.sandbox.modules import Module, Patch

UNITS = ("ReadUnitsPerSecond", "WriteUnitsPerSecond")


class DynamoDB(Module):
    """Tables whose warm throughput cannot be lowered."""

    services: ClassVar[frozenset[str]] = frozenset({"dynamodb"})

    def methods(self) -> Iterator[Patch]:
        """Check an update before moto makes it."""
        from moto.dynamodb.exceptions import MockValidationException
        from moto.dynamodb.models import DynamoDBBackend

        moto_update = DynamoDBBackend.update_table

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

        yield DynamoDBBackend, "update_table", update
