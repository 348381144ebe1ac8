"""A plan as a diff in markdown: what is written, in local time, and names that stay text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from foresail.changes.names import name_for
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.config import parse_config
from foresail.report.plan_markdown import plan_markdown
from foresail.targets.base import LiveTarget, ScheduledAction

NOW = datetime(2026, 11, 24, 12, 2, tzinfo=UTC)
LIVE = LiveTarget("ec2-auto-scaling-group", "shop-web", 2, 40, 8)


def action(hours, floor):
    start = NOW + timedelta(hours=hours)
    return ScheduledAction(name_for(LIVE.name, start, ()), start=start, min_size=floor)


def config(zone):
    tier = {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": "shop-web"},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount"},
        "unit_capacity": "100 requests/s",
        "max": 40,
    }
    services = [{"name": "shop", "timezone": zone, "tiers": [tier]}]
    return parse_config({"services": services}, source="test")


def plan(*wanted, live=LIVE, reason="rise", name="web"):
    reasons = {one.name: reason for one in wanted}
    tier = TierPlan("shop", name, live, wanted, reasons, ("too steep",), {}, "us-east-1")
    return PlanFile(NOW, "us-east-1", "digest", (tier,))


def test_what_goes_and_what_comes_in_the_services_zone():
    live = replace(LIVE, actions=(action(1, 4), action(2, 9)))
    text = plan_markdown(plan(action(1, 6), action(3, 3), live=live), config("Asia/Tokyo"))
    lines = text.splitlines()
    assert "### shop/web: shop-web" in lines
    assert "1 to create, 1 to update, 1 to delete, 0 unchanged; times in Asia/Tokyo" in lines
    diff = lines[lines.index("```diff") + 1 : lines.index("```")]
    assert diff == [
        "- Tue 24 Nov 22:02  min 4",
        "+ Tue 24 Nov 22:02  min 6  rise",
        "- Tue 24 Nov 23:02  min 9",
        "+ Wed 25 Nov 00:02  min 3  rise",
    ]
    assert "- too steep" in lines


def test_a_plan_that_changes_nothing_is_empty():
    standing = action(1, 4)
    assert not plan_markdown(plan(standing, live=replace(LIVE, actions=(standing,))), config("UTC"))


def test_names_and_reasons_cannot_become_markup():
    evil = replace(LIVE, name="a|b\n<script>x</script>")
    text = plan_markdown(plan(action(1, 6), live=evil, reason="x\n```\n<b>"), config("UTC"))
    assert "<script>" not in text
    assert text.count("\n```") == 2


def test_a_tier_that_is_configured_no_more_is_told_in_utc():
    text = plan_markdown(plan(action(1, 6), name="gone"), config("Asia/Tokyo"))
    assert "+ Tue 24 Nov 13:02  min 6" in text
