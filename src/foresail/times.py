"""Times that people give: with a zone, or refused."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from foresail.errors import InputError


def utc_time(when: datetime | str, name: str) -> pd.Timestamp:
    """Read a time with a zone; answers it in UTC.

    Raises
    ------
    InputError
        When it is no time, or has no zone; `name` says whose it is.
    """
    try:
        stamp = pd.Timestamp(when)
    except ValueError as error:
        raise InputError(
            f"{name} {when!r} is no time", cure="write 2026-11-24T12:00:00Z"
        ) from error
    if pd.isna(stamp) or stamp.tzinfo is None:
        raise InputError(f"{name} {when!r} has no time zone", cure="append Z for UTC")
    return stamp.tz_convert("UTC")


def check_zoned(frame: pd.DataFrame, name: str) -> None:
    """Refuse a frame whose column timestamp holds no times, or times without a zone.

    Raises
    ------
    InputError
        Naming the frame and the cure.
    """
    if not pd.api.types.is_datetime64_any_dtype(frame["timestamp"].dtype):
        raise InputError(
            f"{name}: timestamps are {frame['timestamp'].dtype}, not times",
            cure="convert them: pd.to_datetime(frame['timestamp'], utc=True)",
        )
    if frame["timestamp"].dt.tz is None:
        raise InputError(
            f"{name}: timestamps have no time zone",
            cure="localise them: frame['timestamp'].dt.tz_localize('UTC')",
        )
