"""Where foresail keeps what it knows: a folder, or for a team a table and a bucket."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag

from foresail.config.fields import Strict, mistake
from foresail.config.places import Region, region_of_environment

FOLDER, TABLE = STORES = ("(folder)", "(table)")  # as pydantic names them within a key
_PREFIX = re.compile(r"(?=.{0,200}$)([A-Za-z0-9_-]+/)*")


def _prefix(value: Any) -> Any:
    if not isinstance(value, str) or not _PREFIX.fullmatch(value):
        raise mistake(f"no prefix: {value!r}", "write words with slashes, like foresail/prod/")
    return value


class TableStore(Strict):
    """A DynamoDB table and a bucket of S3; `prefix` is what all keys in both begin with.

    They are in the caller's own account, and in the configuration's region unless `region` says
    another.
    """

    table: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{3,255}$")]
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    prefix: Annotated[str, BeforeValidator(_prefix)] = "foresail/"
    region: Region

    def __str__(self) -> str:
        """Say it as a person would."""
        return f"table {self.table} and bucket {self.bucket}"


def _kind(value: Any) -> str:
    return TABLE if isinstance(value, dict | TableStore) else FOLDER


StoreConfig = Annotated[
    Annotated[Path, Tag(FOLDER)] | Annotated[TableStore, Tag(TABLE)], Discriminator(_kind)
]


def store_in_region(data: Any) -> Any:
    """Give a table's store the region of the whole configuration, unless it names one."""
    if not isinstance(data, dict) or not isinstance(data.get("store"), dict):
        return data
    region = data.get("region", region_of_environment())
    return {**data, "store": {"region": region, **data["store"]}}
