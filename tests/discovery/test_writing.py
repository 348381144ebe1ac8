"""The file that init writes: names, comments, and lines for a person."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from foresail.discovery.account import Discovered
from foresail.discovery.found import TO_SET, Found, Seen, Skipped
from foresail.discovery.writing import config_text, lines_to_set

DEMAND = {"namespace": "AWS/X", "metric": "Y", "dimensions": {"A": "b: c # d"}, "stat": "Sum"}


def found(name="web", **changes):
    return Found("ec2-auto-scaling-group", name, 1, 9, DEMAND, "100 requests/s", **changes)


def text(*rows, seen=(), skipped=()):
    return config_text(Discovered(rows, seen, skipped), "123456789012", "eu-west-1", "UTC")


def read(written):
    return yaml.safe_load(written)["services"][0]["tiers"]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1, max_size=80))
def test_any_name_that_aws_allows_comes_back_as_it_was(name):
    [tier] = read(text(found(name)))
    assert tier["target"]["name"] == name
    assert tier["demand"] == DEMAND
    assert 0 < len(tier["name"]) <= 64


def test_twins_get_names_of_their_own():
    service = Found("ecs-service", "service/shop/web", 1, 9, DEMAND, "5 requests/s")
    names = [tier["name"] for tier in read(text(found("web"), service, found("a/web")))]
    assert names == [
        "ec2-auto-scaling-group-web",
        "ecs-service-web",
        "ec2-auto-scaling-group-web-2",
    ]


def test_what_is_to_set_is_named_by_its_line_and_left_empty():
    cluster = {"kind": "connections", "cluster": "db", "max_connections": TO_SET}
    rows = (
        Found("ec2-auto-scaling-group", "web", 1, 9, DEMAND, TO_SET),
        Found("aurora-replicas", "cluster:db", 1, 9, cluster),
    )
    written = text(*rows)
    lines = written.splitlines()
    told = lines_to_set(written)
    assert [one.split(": ", 1)[1] for one in told] == ["unit_capacity:", "max_connections:"]
    numbers = [int(one.split()[1].rstrip(":")) for one in told]
    assert all(TO_SET in lines[number - 1] for number in numbers)
    web, db = read(written)
    assert web["unit_capacity"] is None
    assert db["demand"]["max_connections"] is None


def test_notes_leads_and_what_was_left_out_are_said():
    written = text(
        found(notes=("seen so",), lead_time="measured p95"),
        seen=(Seen("kinesis clicks", "is on demand"),),
        skipped=(Skipped("ECS", "no permission for ecs:ListClusters"),),
    )
    assert "# seen so" in written
    assert "# not written: kinesis clicks is on demand" in written
    assert "# skipped: ECS: no permission for ecs:ListClusters" in written
    assert read(written)[0]["lead_time"] == "measured p95"
