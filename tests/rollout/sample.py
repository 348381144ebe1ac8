"""Plans of a web tier over a database, for rollouts."""

from datetime import UTC, datetime, timedelta

from foresail.changes.planfile import TierPlan
from foresail.targets.base import LiveTarget, ScheduledAction

START = datetime(2026, 11, 16, 8, tzinfo=UTC)
NEEDS = {"web": ["db"], "db": []}
GROUPS = {"web": "shop-web", "db": "shop-db"}


def plan(
    tier, floors, *, type_name="ec2-auto-scaling-group", lead=10, least=2, name=None, desired=False
):
    """`floors`: by minutes after START; `desired`: set the desired capacity too."""
    wanted = tuple(
        ScheduledAction(
            f"foresail-{tier}-{at}",
            START + timedelta(minutes=at),
            min_size=units,
            desired_capacity=units if desired else None,
        )
        for at, units in floors.items()
    )
    live = LiveTarget(type_name, name or GROUPS.get(tier, tier), least, 50, least)
    return TierPlan("shop", tier, live, wanted, {}, (), {"lead_time_minutes": lead}, "us-east-1")


def shop():
    web = plan("web", {10: 6, 60: 2})
    database = plan("db", {0: 3, 70: 2}, least=2)
    return [database, web]
