"""Write data/shop.csv.gz from its seed; the same bytes each time."""

from __future__ import annotations

import gzip
from pathlib import Path

from foresail.workload import shop_workload

TARGET = Path(__file__).with_name("shop.csv.gz")


def content() -> bytes:
    """Gzipped CSV with timestamp,value; no time of writing in it."""
    frame = shop_workload()
    text = frame.assign(
        timestamp=frame["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        value=frame["value"].astype(int),
    )[["timestamp", "value"]].to_csv(index=False, lineterminator="\n")
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


if __name__ == "__main__":
    TARGET.write_bytes(content())
    print(f"wrote {TARGET.name}: {TARGET.stat().st_size} bytes")
