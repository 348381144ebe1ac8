"""Histories in files: formats round-trip, faults name the file and the row."""

from __future__ import annotations

import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.history.files import read_history, write_frame

GOOD = "timestamp,value\n2026-11-20T00:00:00Z,3\n2026-11-20T01:00:00+01:00,4.5\n"


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_round_trip(tmp_path, suffix):
    times = pd.date_range("2026-11-20", periods=5, freq="5min", tz="UTC")
    frame = pd.DataFrame({"series": "web", "timestamp": times, "value": [1.0, 2, 3, 4, 5]})
    path = tmp_path / f"frame{suffix}"
    write_frame(frame, path)
    back = read_history(path)
    assert list(back["value"]) == [1, 2, 3, 4, 5]
    assert list(back["timestamp"]) == list(times)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_the_series_defaults_to_the_name_of_the_file(tmp_path):
    path = tmp_path / "elb.requests.csv"
    path.write_text(GOOD)
    read = read_history(path)
    assert set(read["series"]) == {"elb.requests"}
    assert read["timestamp"].iloc[1] == pd.Timestamp("2026-11-20T00:00Z")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("when,value\n1,2\n", "no column timestamp"),
        ("timestamp,value\n", "no rows"),
        (GOOD + "yesterday,3\n", r"row 4: timestamp 'yesterday' is no time"),
        (GOOD + "2026-11-20T02:00:00,3\n", r"row 4: .*has no time zone"),
        (GOOD + "2026-11-20T02:00:00Z,many\n", r"row 4: value 'many' is no number"),
        (GOOD + "2026-11-20T02:00:00Z,\n", r"row 4: value 'nan' is no number"),
    ],
)
def test_faults_name_the_file_and_the_row(tmp_path, text, says):
    path = tmp_path / "in.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        read_history(path)
    assert "in.csv" in caught.value.message


def test_files_that_are_not_there_or_not_what_they_say(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_history(tmp_path / "in.csv")
    with pytest.raises(InputError, match="unknown kind of file"):
        read_history(tmp_path / "in.xlsx")
    for name in ("in.parquet", "in.csv.gz"):
        (tmp_path / name).write_bytes(b"this is something else")
        with pytest.raises(InputError, match="cannot be read as"):
            read_history(tmp_path / name)
    with pytest.raises(InputError, match="cannot be written"):
        write_frame(
            pd.DataFrame({"timestamp": pd.to_datetime([], utc=True)}), tmp_path / "no" / "a.csv"
        )
