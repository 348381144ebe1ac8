"""An override is written first, whatever the plan says, and ends by itself."""

from datetime import timedelta

import pytest

from cycle.conftest import FREE, NOW
from foresail.cycle.overriding import write_overrides
from foresail.errors import InputError, RefusedError
from foresail.operations import status_of
from foresail.operations.deciding import Asked, decide_override, tier_named
from foresail.overrides.freeze import Freeze, freeze, freezes, frozen, unfreeze
from foresail.overrides.standing import known_overrides, remove_override, standing
from foresail.pipeline import plan_all

HOUR = timedelta(hours=1)
READY = timedelta(minutes=10)  # lead time of the tier


def decide(operator, minimum=40, start=2, end=6, maximum=None, **more):
    asked = Asked(minimum, maximum, NOW + start * HOUR, NOW + end * HOUR, "launch", "ann", **more)
    return decide_override(
        operator.config, operator.aws, operator.store, "shop/web", asked, operator.now
    )


def levels(operator, *hours):
    floor = operator.floor()
    return [floor.at(NOW + hour * HOUR) for hour in hours]


def test_it_is_in_the_plan_its_reasons_and_the_floor_and_then_it_is_over(operator):
    operator.service = {"approval": FREE}
    made = decide(operator)
    plan, _ = plan_all(operator.config, operator.aws, NOW, service="shop")
    [tier] = plan.tiers
    assert tier.about["notes"][0] == made.said()
    assert made.said() in tier.reasons.values()
    assert tier.refused == ()
    [done] = operator.run()
    assert done.state == "applied"
    floor = operator.floor()
    assert floor.lowest(NOW + 2 * HOUR - READY, NOW + 6 * HOUR) >= 40
    assert floor.at(NOW + 6 * HOUR) < 40
    [status] = status_of(operator.config, operator.aws, NOW, "shop")
    assert f"  {made.said()}" in status.lines()
    operator.later(minutes=5)
    [again] = operator.run()
    assert again.state in ("unchanged", "applied")
    assert operator.floor().lowest(NOW + 2 * HOUR, NOW + 6 * HOUR) >= 40


def test_it_outlasts_the_forecast_and_ends_by_itself_when_foresail_stops(operator):
    operator.service = {"approval": FREE}
    decide(operator, start=30, end=50)  # the forecast ends after 24 hours
    assert [one.state for one in operator.run()] == ["applied"]
    assert levels(operator, 29, 30, 49.9, 50.1) == [2, 40, 40, 2]


def test_a_guardrail_or_an_approval_holds_the_plan_and_not_the_override(operator):
    operator.tier = {"guardrails": {"increase": "10%"}}
    decide(operator)
    [done] = operator.run()
    assert (done.state, len(done.rows)) == ("refused", 1)
    assert levels(operator, 1, 2, 5.9, 6.1) == [2, 40, 40, 2]
    operator.tier = {}
    operator.later(minutes=1)
    [done] = operator.run()
    assert (done.state, done.rows) == ("waiting", ())
    assert not any("to 40" in reason for reason in done.reasons)


def test_it_needs_no_metrics_and_keeps_what_stands(operator):
    operator.service = {"approval": FREE}
    assert [one.state for one in operator.run()] == ["applied"]
    before = operator.floor()
    decide(operator)
    calls = []
    client = operator.sandbox.client("cloudwatch")
    client.meta.events.register("before-call", lambda **more: calls.append(more))
    operator.later(minutes=3)
    done = write_overrides(operator.work, "shop")
    assert (done.state, calls) == ("applied", [])
    after = operator.floor()
    for minute in range(6, 24 * 60, 7):
        when = NOW + timedelta(minutes=minute)
        inside = NOW + 2 * HOUR - 2 * READY <= when < NOW + 6 * HOUR
        if not inside:
            assert after.at(when) == before.at(when)
        elif when >= NOW + 2 * HOUR:
            assert after.at(when) == max(before.at(when), 40)
    assert write_overrides(operator.work, "shop").state == "unchanged"
    assert (
        operator.store.journal.runs("us-east-1", "ec2-auto-scaling-group", "web")[0].approved_by
        == "ann"
    )


def test_removed_it_is_taken_back_and_no_guardrail_minds(operator):
    operator.service = {"approval": FREE}
    made = decide(operator, start=0, end=26)
    assert [one.state for one in operator.run()] == ["applied"]
    assert min(levels(operator, 1, 12, 25)) == 40
    remove_override(operator.store.records, made.id, NOW)
    operator.later(minutes=1)
    assert [one.state for one in operator.run()] == ["applied"]
    assert max(levels(operator, 5, 12, 22)) < 40


def test_a_cap_keeps_the_planned_floor_below(operator):
    operator.service = {"approval": FREE}
    decide(operator, None, 18, 23, maximum=5)
    assert [one.state for one in operator.run()] == ["applied"]
    assert operator.floor().highest(NOW + 18 * HOUR, NOW + 23 * HOUR - HOUR / 6) <= 5


@pytest.mark.parametrize(
    ("name", "minimum", "cure"),
    [("shop/wbe", 40, "shop/web"), ("shopp", 40, "known: shop, batch")],
)
def test_an_unknown_tier_is_named_with_those_that_are_there(operator, name, minimum, cure):
    with pytest.raises(InputError) as error:
        tier_named(operator.config, name)
    assert cure in (error.value.cure or "")


def test_more_than_the_group_may_have_is_refused(operator, sandbox):
    client = sandbox.client("autoscaling")
    client.update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=30)
    with pytest.raises(InputError, match=r"above .* of web, 30") as error:
        decide(operator)
    assert "--min 30" in (error.value.cure or "")
    assert known_overrides(operator.store.records, NOW) == []


def test_overrides_are_listed_until_they_end_and_removed_by_their_id(operator):
    made = decide(operator)
    records = operator.store.records
    assert standing(known_overrides(records, NOW, "shop"), NOW) == [made]
    assert known_overrides(records, NOW, "batch") == []
    assert standing(known_overrides(records, NOW), made.end) == []
    with pytest.raises(InputError, match="no override o-zzz stands"):
        remove_override(records, "o-zzz", NOW)
    remove_override(records, made.id, NOW)
    assert standing(known_overrides(records, NOW), NOW) == []
    with pytest.raises(InputError):
        remove_override(records, made.id, NOW)


def test_a_freeze_needs_a_reason_and_an_end_holds_all_writes_and_is_ended(operator):
    operator.service = {"approval": FREE}
    records = operator.store.records
    for until, reason in ((NOW + HOUR, " "), (NOW, "x"), (NOW + 32 * 24 * HOUR, "x")):
        with pytest.raises(InputError):
            freeze(records, Freeze("shop", until, reason, "ann", NOW))
    made = Freeze("shop", NOW + HOUR, "peak", "ann", NOW)
    freeze(records, made)
    decide(operator)
    assert freezes(records, NOW) == [made]
    with pytest.raises(RefusedError, match=r"frozen until .* peak"):
        write_overrides(operator.work, "shop")
    assert [one.state for one in operator.run()] == ["frozen"]
    assert operator.written() == []
    assert frozen(records, "shop", NOW + HOUR) is None
    assert unfreeze(records, "shop", NOW) == made
    with pytest.raises(InputError, match="not frozen"):
        unfreeze(records, "shop", NOW)
    assert write_overrides(operator.work, "shop").state == "applied"
