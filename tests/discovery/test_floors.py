from datetime import UTC, datetime, timedelta

import pytest

from foresail.changes.names import prefix
from foresail.discovery.floors import with_own_floor
from foresail.discovery.found import Found
from foresail.sandbox import Sandbox, create_group

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
GROUP = "ec2-auto-scaling-group"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        for name in ("planned", "plain"):
            create_group(running, name, min_size=16, max_size=40)
        client = running.client("autoscaling")
        for hours, least in ((2, 20), (9, 2), (5, 12)):
            client.put_scheduled_update_group_action(
                AutoScalingGroupName="planned",
                ScheduledActionName=f"{prefix('planned')}{hours}",
                StartTime=NOW + timedelta(hours=hours),
                MinSize=least,
            )
        client.put_scheduled_update_group_action(
            AutoScalingGroupName="plain", ScheduledActionName="nights",
            StartTime=NOW + timedelta(hours=3), MinSize=1,
        )  # fmt: skip
        yield running


def found(name):
    return Found(GROUP, name, 16, 40, {"namespace": "AWS/EC2"})


def test_the_floor_is_what_foresails_schedule_returns_to(sandbox):
    row = with_own_floor(found("planned"), sandbox.aws)
    assert row.minimum == 2
    assert row.notes == ("min: foresail's schedule holds it at 16, and returns it to 2",)


def test_schedules_of_others_do_not_count(sandbox):
    assert with_own_floor(found("plain"), sandbox.aws) == found("plain")
