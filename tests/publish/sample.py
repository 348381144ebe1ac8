"""A service, its stored forecast and its sandbox, for the tests of what is published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from foresail.changes.planfile import PlanFile, TierPlan
from foresail.config import parse_config
from foresail.store.forecasts import Facts, StoredForecast
from foresail.store.opening import folder_store
from foresail.targets.base import LiveTarget, ScheduledAction

NOW = datetime(2026, 11, 24, 12, 2, tzinfo=UTC)
ABOUT = {"peak_need": 31.5, "maximum": 40.0, "trust": 0.87}
LIVE = LiveTarget("ec2-auto-scaling-group", "shop-web", 2, 40, 8)
TOPIC = "arn:aws:sns:us-east-1:123456789012:capacity"
METRIC = {
    "namespace": "AWS/ApplicationELB",
    "metric": "RequestCount",
    "dimensions": {"LoadBalancer": "app/shop/50dc6c495c0c9188"},
    "missing": "zero",
}


def tier(name="web", **changes):
    """A tier as foresail.yaml writes it."""
    plain = {
        "name": name,
        "target": {"type": "ec2-auto-scaling-group", "name": f"shop-{name}"},
        "demand": METRIC,
        "unit_capacity": "100 requests/s",
        "min": 2,
        "max": 40,
    }
    return {**plain, **changes}


def config(folder, *, tiers=None, services=None, **keys):
    """Read a configuration whose store lies in a folder."""
    listed = services or [{"name": "shop", "tiers": tiers or [tier()]}]
    data = {"store": str(folder / "store"), "services": listed, **keys}
    return parse_config(data, source="test")


def forecast(
    made=NOW, *, tier="web", signals=("RequestCount",), scale=1.0, hours=48, confidence=0.9
):
    """A stored forecast whose quantiles rise by the hour: 100, 200 ... times the scale."""
    start = pd.Timestamp(made).floor("5min")
    times = pd.date_range(start, periods=hours * 12, freq="5min")
    middle = scale * 100.0 * (1 + np.arange(len(times)) // 12)
    one = pd.DataFrame(
        {
            "timestamp": times,
            "q0.1": 0.8 * middle,
            "q0.5": middle,
            "q0.9": 1.2 * middle,
            "q0.95": 1.3 * middle,
            "planned_floor": np.ceil(1.2 * middle / 70),
            "needed_units": np.ceil(1.2 * middle / 70),
        }
    )
    frame = pd.concat([one.assign(signal=name) for name in signals], ignore_index=True)
    facts = Facts(
        id=f"p1-shop-{tier}", plan_id="p1", service="shop", tier=tier,
        resource=f"ec2-auto-scaling-group shop-{tier}", resource_kind="compute", made=made,
        horizon_hours=hours, period_seconds=300, signal=signals[0], current_demand=90.0,
        predicted_demand=float(middle.max()), pattern="seasonal", urgency="low",
        confidence=confidence, quantile=0.9, recommended_capacity=82,
    )  # fmt: skip
    return StoredForecast(facts, frame)


def store(made_config, *forecasts):
    """Keep forecasts where a configuration says."""
    for one in forecasts:
        folder_store(made_config.store).forecasts.write(one)


def points(
    sandbox, metric, dimensions, start, end, *, stat="Average", period=300, namespace="Foresail"
):
    """Read a metric back as CloudWatch has it: values by UTC timestamp."""
    answer = sandbox.client("cloudwatch").get_metric_statistics(
        Namespace=namespace, MetricName=metric, StartTime=start, EndTime=end, Period=period,
        Statistics=[stat], Dimensions=[{"Name": n, "Value": v} for n, v in dimensions],
    )  # fmt: skip
    found = {row["Timestamp"].astimezone(UTC): row[stat] for row in answer["Datapoints"]}
    return pd.Series(found, dtype=float).sort_index()


def hours(count):
    return timedelta(hours=count)


def planned(tier="web", refused=(), floors=(4, 31, 2)):
    wanted = tuple(
        ScheduledAction(f"foresail-{n}", start=NOW + timedelta(hours=n + 1), min_size=floor)
        for n, floor in enumerate(floors)
    )
    return TierPlan("shop", tier, LIVE, wanted, {}, tuple(refused), ABOUT, "us-east-1")


def plan(*tiers):
    return PlanFile(NOW, "us-east-1", "digest", tiers)


def row(run="20261124T120000.000000Z-1a2b"):
    counts = {"created": 3, "updated": 0, "deleted": 1, "unchanged": 0}
    return {"target": "shop-web", "run": run, **counts, "resumed": False, "verified": True}
