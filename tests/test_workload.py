"""The demo's workload is what data/README.md says, and the file is what the generator makes."""

from __future__ import annotations

import gzip
import importlib.util
from pathlib import Path

import pandas as pd

from foresail.workload import TIMEZONE, shop_events, shop_workload

DATA = Path(__file__).parents[1] / "data"


def test_the_committed_file_is_the_generators():
    spec = importlib.util.spec_from_file_location("generate", DATA / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    committed = gzip.decompress((DATA / "shop.csv.gz").read_bytes())
    assert committed == gzip.decompress(module.content())


def test_events_are_in_the_data():
    shop = shop_workload().set_index("timestamp")["value"].tz_convert(TIMEZONE)
    outage = next(e for e in shop_events() if e.name == "outage")
    start = pd.Timestamp(outage.start, tz=TIMEZONE)
    end = pd.Timestamp(outage.end, tz=TIMEZONE) - pd.Timedelta("1s")
    assert shop[start:end].empty
    before = shop[start - pd.Timedelta("30min") : start].mean()
    assert shop[end : end + pd.Timedelta("30min")].mean() > 1.6 * before


def test_the_day_keeps_its_local_shape_over_the_dst_change():
    shop = shop_workload().set_index("timestamp")["value"].tz_convert(TIMEZONE)
    peaks = [shop.loc[day].rolling(12).mean().idxmax() for day in ("2026-10-30", "2026-11-06")]
    minutes = [peak.hour * 60 + peak.minute for peak in peaks]
    assert abs(minutes[0] - minutes[1]) <= 15


def test_another_seed_is_another_shop():
    assert not shop_workload(1)["value"].equals(shop_workload(2)["value"])
