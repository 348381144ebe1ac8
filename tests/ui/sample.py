"""A service in a folder's store, and the page over it; hostile in every name that can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd

from foresail.approval.pending import PARTITION as PENDING
from foresail.approval.pending import Pending
from foresail.overrides.freeze import Freeze, freeze
from foresail.overrides.rules import Override
from foresail.overrides.standing import PARTITION as OVERRIDE
from foresail.score.modes import Mode
from foresail.store.opening import folder_store
from foresail.store.records import Put, stamp
from publish.sample import NOW, config, forecast, tier
from publish.test_health import score

HOSTILE = "<img src=x onerror=alert(1)>'\"&</title><script>alert(2)</script>"


class Nowhere:
    """An account that cannot be reached."""

    def at(self, *_, **__):
        return self

    def client(self, service):
        from foresail.errors import AwsError

        if service == "cloudwatch":  # asked for its endpoint only
            meta = SimpleNamespace(region_name="us-east-1", endpoint_url="https://nowhere")
            return SimpleNamespace(meta=meta)
        raise AwsError(f"AWS cannot be reached {HOSTILE}", cure="check the network")


def hostile_config(folder):
    """Two services; what AWS lets people name is hostile."""
    target = {"type": "ec2-auto-scaling-group", "name": HOSTILE}
    other = {"type": "ec2-auto-scaling-group", "name": "mail"}
    shop = {"name": "shop", "timezone": "Europe/Berlin", "tiers": [tier(target=target)]}
    return config(folder, services=[shop, {"name": "mail", "tiers": [tier(target=other)]}])


def planned(made, at=NOW - timedelta(minutes=7)):
    """Keep a plan of the first service whose floor rises each hour, and changes once at least."""
    found = forecast(at)
    frame = found.frame.assign(planned_floor=2.0 + np.arange(len(found.frame)) // 12)
    facts = replace(found.facts, pattern=HOSTILE, urgency="low")
    store = folder_store(made.store, lambda: NOW)
    store.forecasts.write(replace(found, frame=frame, facts=facts))
    return store


def busy(made):
    """A store in which everything that a page can tell of has happened."""
    store = planned(made)
    one = score(short=12.0)
    store.records.write(
        Put("score/shop/web", one.window.key, one.to_json()),
        Put("mode", "shop", Mode(True, f"bad weeks {HOSTILE}", NOW).to_json()),
        Put("outcome/shop", f"{stamp(NOW)} r", {
            "at": NOW.isoformat(), "run": "r",
            "outcome": {"service": "shop", "state": "failed", "plan": "", "targets": [],
                        "reasons": [f"it failed {HOSTILE}"]},
        }),
        Put(PENDING, "p1", Pending(
            "p1", "d", "shop", "waiting", NOW, NOW + timedelta(hours=2), (HOSTILE,), 3, "12.50"
        ).to_json()),
        Put(OVERRIDE, "shop/web/o-1", Override(
            "o-1", "shop", "web", 40, None, NOW, NOW + timedelta(hours=3), HOSTILE, "ann", NOW
        ).to_json()),
    )  # fmt: skip
    store.leases.acquire("service/shop", "host", timedelta(minutes=5))
    return store


def frozen(made):
    """A store in which the first service is frozen."""
    store = planned(made)
    freeze(store.records, Freeze("shop", NOW + timedelta(hours=1), HOSTILE, "ann", NOW))
    return store


def came(made, store):
    """Keep two days of the demand that came, as a pull does."""
    from foresail.history.metrics import MetricQuery

    one = made.services[0].tiers[0].demand[0]
    named = tuple(sorted(one.dimensions.items()))
    query = MetricQuery("", one.namespace, one.metric, named, one.stat)
    start = (NOW - timedelta(days=2)).replace(minute=0)
    times = pd.date_range(start, NOW, freq="5min", inclusive="left", name="timestamp")
    values = pd.Series(30_000.0, index=times, name="value")
    kept = store.history("us-east-1 https://nowhere")
    kept.write(query, one.period, values, (start, NOW))
