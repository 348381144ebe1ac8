"""plan.json is accepted only as it was written."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from foresail.changes.planfile import PlanFile, TierPlan, read_plan
from foresail.errors import InputError
from foresail.failures import ServiceFailure
from foresail.signing import SigningKey
from foresail.targets.base import LiveTarget, ScheduledAction

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def plan():
    action = ScheduledAction("foresail-web-x", start=NOW + timedelta(hours=1), min_size=4)
    foreign = ScheduledAction(
        "theirs", recurrence="0 3 * * *", time_zone="Asia/Kolkata", min_size=0
    )
    live = LiveTarget(
        "ec2-auto-scaling-group", "web", 2, 60, 2, (foreign,), ("tt",), (), frozenset({"Launch"})
    )
    tier = TierPlan(
        "shop", "web", live, (action,), {action.name: "rise"}, (), {"trust": 0.5}, "us-east-1"
    )
    failed = ServiceFailure("blog", "no data for its metric", "check its dimensions")
    return PlanFile(NOW, "us-east-1", "abc", (tier,), (failed,))


def test_a_plan_reads_back_as_it_was_written(tmp_path):
    path = tmp_path / "plan.json"
    plan().write(path)
    assert read_plan(path) == plan()
    assert read_plan(path).id == plan().id
    assert [p.name for p in tmp_path.iterdir()] == ["plan.json"]


def test_an_edited_plan_is_refused(tmp_path):
    path = tmp_path / "plan.json"
    plan().write(path)
    path.write_text(path.read_text().replace('"min_size": 4', '"min_size": 40'))
    with pytest.raises(InputError, match="edited after it was made"):
        read_plan(path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 99}', "\x00\x01"])
def test_what_is_not_a_plan_is_refused(tmp_path, text):
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"plan\.json: not a plan file") as caught:
        read_plan(path)
    assert "foresail plan --out" in str(caught.value)


def test_a_missing_plan_and_an_unwritable_place_are_named(tmp_path):
    with pytest.raises(InputError, match="no such plan file"):
        read_plan(tmp_path / "plan.json")
    with pytest.raises(InputError, match="cannot be written"):
        plan().write(tmp_path / "nowhere" / "plan.json")


def test_unset_sizes_are_not_written_as_zero():
    tier = plan().to_json()["tiers"][0]
    assert "max_size" not in tier["wanted"][0]
    assert tier["live"]["actions"][0]["min_size"] == 0
    assert json.loads(json.dumps(plan().to_json())) == plan().to_json()


def test_every_kind_of_item_reads_back(tmp_path):
    from foresail.policies.items import ScalingPolicy, WarmPool

    items = (
        *plan().tiers[0].wanted,
        ScalingPolicy("foresail-web-x-step", "StepScaling", {"A": 0}, {"Threshold": 70}),
        WarmPool("foresail-web-x-warm-pool", {"MinSize": 0}),
    )
    [tier] = plan().tiers
    live = replace(tier.live, settings=items[1:])
    made = replace(plan(), tiers=(replace(tier, wanted=items, live=live),))
    made.write(tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == made


KEY, OTHER = SigningKey(b"k" * 32), SigningKey(b"o" * 32)


def test_a_signed_plan_is_read_with_its_key_and_without_any(tmp_path):
    path = tmp_path / "plan.json"
    plan().write(path, KEY)
    assert read_plan(path, KEY) == read_plan(path) == plan()
    assert "kkk" not in path.read_text()


@pytest.mark.parametrize("key", [None, OTHER])
def test_where_a_key_is_set_only_plans_that_it_signed_count(tmp_path, key):
    path = tmp_path / "plan.json"
    plan().write(path, key)
    with pytest.raises(InputError, match="not signed with the key of FORESAIL_SIGNING_KEY"):
        read_plan(path, KEY)


@pytest.mark.parametrize("signature", [None, 3, [], "é", ""])
def test_what_is_no_signature_is_refused(tmp_path, signature):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan().to_json() | {"signature": signature}))
    with pytest.raises(InputError, match="not signed with the key"):
        read_plan(path, KEY)


def test_a_signature_of_another_plan_does_not_count(tmp_path):
    path, other = tmp_path / "plan.json", tmp_path / "other.json"
    plan().write(path, KEY)
    replace(plan(), config_digest="other").write(other, KEY)
    mixed = json.loads(path.read_text()) | {"signature": json.loads(other.read_text())["signature"]}
    path.write_text(json.dumps(mixed))
    with pytest.raises(InputError, match="not signed with the key"):
        read_plan(path, KEY)
