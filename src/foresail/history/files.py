"""Histories and forecasts in files: CSV, gzipped CSV or Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd

from foresail.errors import InputError
from foresail.files import replacing

_SUFFIXES = (".csv", ".csv.gz", ".parquet")


def read_history(path: Path | str) -> pd.DataFrame:
    """Read timestamp,value[,series] from a file; the series defaults to the file's name.

    Raises
    ------
    InputError
        Naming the file, the column or row, and the cure.
    """
    path = Path(path)
    frame = read_table(path)
    missing = [column for column in ("timestamp", "value") if column not in frame.columns]
    if missing:
        raise InputError(
            f"{path}: no column {', '.join(missing)}",
            cure="needed: timestamp,value and, for many series, series",
        )
    if "series" not in frame.columns:
        frame.insert(0, "series", path.name.removesuffix(_suffix(path)))
    return frame.assign(timestamp=utc_times(frame["timestamp"], path), value=_values(frame, path))


def write_frame(frame: pd.DataFrame, path: Path | str) -> None:
    """Write a frame as its suffix says; the file appears whole or not at all.

    Raises
    ------
    InputError
        When the suffix is unknown or the place cannot be written.
    """
    path = Path(path)
    suffix = _suffix(path)
    try:
        with replacing(path) as temporary:
            if suffix == ".parquet":
                frame.to_parquet(temporary, index=False)
            else:
                text = frame.assign(timestamp=frame["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
                # the temporary name has no suffix for pandas to go by
                packing: Literal["gzip"] | None = "gzip" if suffix == ".csv.gz" else None
                text.to_csv(temporary, index=False, compression=packing)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror or error})", cure="choose another file"
        ) from error


def _suffix(path: Path) -> str:
    for suffix in _SUFFIXES:
        if path.name.endswith(suffix):
            return suffix
    raise InputError(f"{path}: unknown kind of file", cure=f"use one of {', '.join(_SUFFIXES)}")


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV, gzipped CSV or Parquet file as it is, or say why it cannot be read."""
    suffix = _suffix(path)
    try:
        return pd.read_parquet(path) if suffix == ".parquet" else pd.read_csv(path)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file", cure="check the name") from error
    except pd.errors.EmptyDataError as error:
        raise InputError(
            f"{path}: the file is empty",
            cure="needed: column names, like timestamp,value, then rows",
        ) from error
    except (OSError, EOFError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read as {suffix.lstrip('.')} ({error})", cure="check the file"
        ) from error


def utc_times(column: pd.Series, path: Path) -> pd.Series:
    """Parse a file's times as UTC, or say which row has none or no time zone."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        parsed = column
    else:
        parsed = _parse_times(column, path)
    if parsed.dt.tz is None:
        raise InputError(
            f"{path}: timestamps have no time zone (first: {column.iloc[0]!r})",
            cure="append Z for UTC, or an offset like +02:00",
        )
    return pd.Series(parsed.dt.tz_convert("UTC"))


def _parse_times(column: pd.Series, path: Path) -> pd.Series:
    if column.empty:
        raise InputError(f"{path}: no rows", cure="needed: at least two days of rows")
    text = column.astype("str")
    naive = ~text.str.contains(r"(?:Z|[+-]\d{2}:?\d{2})\s*$", regex=True)
    parsed = pd.to_datetime(text, utc=True, errors="coerce", format="ISO8601")
    for bad, what, cure in (
        (parsed.isna(), "is no time", "write 2026-11-24T12:00:00Z"),
        (naive, "has no time zone", "append Z for UTC, or an offset like +02:00"),
    ):
        if bad.any():
            row = int(bad.to_numpy().argmax())
            raise InputError(
                f"{path}, row {row + 2}: timestamp {text.iloc[row]!r} {what}", cure=cure
            )
    return parsed


def _values(frame: pd.DataFrame, path: Path) -> pd.Series:
    column = frame["value"]
    if pd.api.types.is_bool_dtype(column.dtype):  # True is no count, though it would be read as 1
        column = column.astype("str")
    values = pd.to_numeric(column, errors="coerce")
    bad = values.isna()
    if bad.any() and frame["series"].nunique() > 1:
        return pd.Series(frame["value"])  # each series gets its own verdict
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise InputError(
            f"{path}, row {row + 2}: value {str(frame['value'].iloc[row])!r} is no number",
            cure="leave the row out when there is no value",
        )
    return pd.Series(values, dtype="float64")
