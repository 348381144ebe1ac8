"""A plan that waits is approved once, by somebody, in time, for what it was; else it is refused."""

from datetime import timedelta

import pytest

from cycle.conftest import FREE
from foresail.approval.pending import PARTITION, Pending
from foresail.approval.token import approval_token
from foresail.cycle import approving
from foresail.cycle.history import history_of
from foresail.errors import InputError, RefusedError
from foresail.overrides.freeze import Freeze, freeze
from foresail.signing import VARIABLE, SigningKey, sign
from foresail.store.leases import LeaseHeld

KEY = SigningKey(b"k" * 40)


@pytest.fixture
def waiting(operator, monkeypatch):
    monkeypatch.setenv(VARIABLE, "k" * 40)
    [done] = operator.run()
    assert done.state == "waiting"
    operator.later(minutes=10)
    return operator.work.pending.read(done.plan_id)


def approve(operator, plan_id, by="ann"):
    return approving.approve(operator.work, plan_id, by, "looked at it")


def test_an_approved_plan_is_written_and_says_who_and_why(operator, waiting):
    done = approve(operator, waiting.plan_id)
    assert (done.state, done.reasons) == ("applied", ("approved by ann: looked at it",))
    assert operator.written()
    [row, *_] = history_of(operator.config, operator.store, "shop")
    assert (row.what, row.by) == ("apply", "ann: looked at it")
    assert operator.store.decisions.latest("shop")[0].approved_by == "ann: looked at it"
    with pytest.raises(RefusedError, match="was approved by ann and applied"):
        approve(operator, waiting.plan_id)
    [next_one] = operator.run()  # what is new in ten minutes goes by itself
    assert next_one.state in ("applied", "unchanged")


def test_a_rejected_plan_is_never_written(operator, waiting):
    approving.reject(operator.work, waiting.plan_id, "ann", "too many")
    with pytest.raises(RefusedError, match="was rejected by ann"):
        approve(operator, waiting.plan_id)
    assert operator.written() == []


def test_an_approval_comes_too_late(operator, waiting):
    operator.later(hours=4)
    with pytest.raises(InputError, match="too old to be approved"):
        approve(operator, waiting.plan_id)
    assert operator.work.pending.waiting(operator.now) == []
    assert operator.written() == []


def test_what_waits_goes_on_waiting_while_the_next_runs_say_the_same(operator, waiting):
    told = len(operator.store.blobs.names("pending/"))
    operator.later(minutes=60)
    [again] = operator.run()
    assert (again.state, again.plan_id) == ("waiting", waiting.plan_id)
    assert again.plan.id == waiting.plan_id
    assert len(operator.store.blobs.names("pending/")) == told == 1
    assert approve(operator, waiting.plan_id).state == "applied"


def test_a_run_that_plans_otherwise_supersedes_what_waited(operator, waiting, sandbox):
    sandbox.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=12)
    operator.later(minutes=30)
    [newer] = operator.run()
    assert newer.plan_id != waiting.plan_id
    with pytest.raises(RefusedError, match=f"superseded by plan {newer.plan_id}"):
        approve(operator, waiting.plan_id)
    assert [one.plan_id for one in operator.work.pending.waiting(operator.now)] == [newer.plan_id]
    kept = operator.store.blobs.names("pending/")
    assert kept == [f"pending/{newer.plan_id}.json"]


def test_a_stale_plan_is_refused_and_waits_no_more(operator, waiting, sandbox):
    sandbox.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="web", MinSize=3)
    with pytest.raises(InputError, match="the plan for web is stale"):
        approve(operator, waiting.plan_id)
    assert operator.written() == []
    assert operator.work.pending.read(waiting.plan_id).state == "superseded"


def test_nothing_is_approved_past_a_freeze_a_changed_configuration_or_a_run_at_work(
    operator, waiting
):
    lease = operator.store.leases.acquire("service/shop", "a run", timedelta(minutes=5))
    with pytest.raises(LeaseHeld, match="a run"):
        approve(operator, waiting.plan_id)
    operator.store.leases.release(lease)
    operator.tier = {"max": 50}
    with pytest.raises(InputError, match="the configuration changed"):
        approve(operator, waiting.plan_id)
    operator.tier = {}
    until = operator.now + timedelta(hours=1)
    freeze(operator.store.records, Freeze("shop", until, "peak", "ann", operator.now))
    with pytest.raises(RefusedError, match="shop is frozen: frozen until"):
        approve(operator, waiting.plan_id)
    assert operator.written() == []
    assert operator.work.pending.read(waiting.plan_id).state == "waiting"


def by_token(operator, token):
    return approving.approve_by_token(operator.work, token, "ann", "")


def test_a_token_approves_its_plan_once(operator, waiting):
    token = approval_token(waiting, KEY)
    assert by_token(operator, token).state == "applied"
    with pytest.raises(RefusedError, match="was used before"):
        by_token(operator, token)


def test_a_token_that_is_forged_expired_or_for_another_plan_is_refused(operator, waiting):
    token = approval_token(waiting, KEY)
    said = {"id": "x", "plan": waiting.plan_id, "digest": "0" * 64, "service": "shop"}
    until = {"expires": waiting.expires.isoformat()}
    for bad in (
        approval_token(waiting, SigningKey(b"j" * 40)),
        token[:-2] + ("AA" if token[-2:] != "AA" else "BB"),
        sign({**said, "digest": waiting.digest, **until}, KEY, purpose="other"),
        sign({**said, **until}, KEY),
        sign({**said, "plan": "feedfeedfeedfeed", **until}, KEY),
        sign(until, KEY),
    ):
        with pytest.raises((InputError, RefusedError)):
            by_token(operator, bad)
    operator.later(hours=5)
    with pytest.raises(InputError, match="expired"):
        by_token(operator, token)
    assert operator.written() == []


def test_without_a_key_no_token_is_taken(operator, waiting, monkeypatch):
    token = approval_token(waiting, KEY)
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(InputError, match="needs the key"):
        by_token(operator, token)


class Killed(BaseException):
    """The process died here."""


def test_an_approved_plan_that_was_cut_off_is_finished_by_the_next_run(operator, waiting):
    def die(text):
        if "phase" in text:
            raise Killed

    work = operator.work
    with pytest.raises(Killed):
        approving.approve(
            type(work)(work.config, work.aws, work.store, work.clock, die),
            waiting.plan_id, "ann", "",
        )  # fmt: skip
    assert operator.written() == []
    [done] = operator.run()
    assert (done.state, done.plan_id) == ("applied", waiting.plan_id)
    assert operator.written()
    assert operator.work.pending.read(waiting.plan_id).state == "applied"


def test_what_waits_is_listed_with_its_reasons_cost_and_end(operator):
    operator.tier = {"price": "0.10"}
    [done] = operator.run()
    [waiting] = operator.work.pending.waiting(operator.now)
    assert waiting.reasons == done.reasons
    assert waiting.expires == operator.now + timedelta(hours=4)
    assert float(waiting.cost_per_day) > 0
    record = operator.store.records.get(PARTITION, waiting.plan_id)
    assert Pending.from_json(record.data) == waiting
    operator.service = {"approval": FREE}
    assert [one.state for one in operator.run()] == ["applied"]
    assert operator.work.pending.waiting(operator.now) == []
