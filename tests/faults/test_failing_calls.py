"""AWS fails: for a moment at every call, for a minute, or for good at each call in turn.

For a moment: nobody notices. For good: the run ends with an error that names the call and a cure,
the floor is never below the minimum nor below the lower of the last good plan and the one that is
being written, and the same run again ends with nothing left to change.
"""

from datetime import timedelta

import pytest

from faults.fleet import NOW, configure, create, service, tier
from faults.injecting import (
    FAULTS,
    Network,
    at_call,
    expired,
    first_attempts,
    refusal,
    throttled,
    unreachable,
    virtual_waits,
)
from faults.invariant import Invariant, converges, run
from foresail.errors import ForesailError
from foresail.pipeline import plan_all
from foresail.sandbox import Sandbox

CALLS = ["DescribeAutoScalingGroups", "DescribePolicies", "DescribeScheduledActions"]


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        create(running, "shop", days=3)
        create(running, "blog", days=3)
        yield running


@pytest.fixture
def waits(monkeypatch):
    return virtual_waits(monkeypatch)


def busy(store, utilization, name="shop"):
    """A service whose plan follows the utilisation: another one is another plan."""
    tiers = [tier(name, utilization=utilization)]
    return configure(store, [{"name": name, "tiers": tiers}], history="3d", horizon="12h",
                     concurrency=1)  # fmt: skip


@pytest.fixture
def good(sandbox, tmp_path):
    """A plan that stands; gives the watch over it, and another configuration."""
    watch = Invariant(sandbox.aws)
    watch.applied(converges(busy(tmp_path, 0.7), sandbox.aws, NOW))
    return watch, busy(tmp_path, 0.45)


@pytest.mark.parametrize("name", FAULTS)
def test_a_moment_at_every_call_is_not_noticed(sandbox, good, waits, name):
    watch, other = good
    aws = sandbox.aws
    with Network(aws).failing(first_attempts(2, FAULTS[name])) as network:
        plan = run(other, aws, NOW)
    assert set(CALLS) | {"GetMetricData", "BatchPutScheduledUpdateGroupAction"} <= {*network.names}
    watch.check(other, NOW, plan, name)
    assert not plan_all(other, sandbox.aws, NOW)[0].has_changes
    assert waits.seconds > 0


def test_throttling_of_every_call_for_a_minute_is_waited_out(sandbox, good, waits):
    _, other = good
    aws = sandbox.aws
    with Network(aws).failing(
        lambda _, request: throttled(request) if waits.seconds < 60 else None
    ):
        run(other, aws, NOW)
    assert 60 <= waits.seconds < 120
    assert not plan_all(other, sandbox.aws, NOW)[0].has_changes


def test_throttling_without_an_end_is_told(sandbox, good, waits):
    _, other = good
    aws = sandbox.aws
    endless = Network(aws).failing(lambda _, request: throttled(request))
    with endless, pytest.raises(ForesailError, match="throttled autoscaling:Describe"):
        run(other, aws, NOW)
    assert waits.seconds < 180


def failure(config, aws, made):
    """Run, and give the error that it ends with, if any."""
    try:
        run(config, aws, NOW, made)
    except ForesailError as error:
        return error
    return None


@pytest.mark.parametrize("start", [0, 1])
def test_for_good_at_each_call_in_turn(sandbox, good, waits, tmp_path, start):
    """Faults take turns with the calls; odd and even calls have a test each."""
    watch, other = good
    now, ways = busy(tmp_path, 0.7), list(FAULTS.items())
    for number in range(1 + start, 60, 2):
        name, fault = ways[number // 2 % len(ways)]
        aws, made = sandbox.aws, []
        with Network(aws).failing(at_call(number, fault)) as network:
            try:
                run(other, aws, NOW, made)
            except ForesailError as error:
                assert error.cure
        if network.calls < number:
            break
        watch.check(other, NOW, made[0] if made else None, f"{name} at {network.names[number - 1]}")
        watch.applied(converges(other, sandbox.aws, NOW))
        now, other = other, now
    assert number > 8


def test_credentials_that_expire_while_writing(sandbox, good, waits):
    watch, other = good
    aws, made = sandbox.aws, []

    def fault(network, request):
        writes = [n for n in network.names if n.startswith("Batch")]
        return expired(request) if len(writes) > 1 else None

    with Network(aws).failing(fault), pytest.raises(ForesailError) as caught:
        run(other, aws, NOW, made)
    assert "did not accept the credentials (ExpiredToken)" in str(caught.value)
    assert "aws sso login" in caught.value.cure
    watch.check(other, NOW, made[0])
    converges(other, sandbox.aws, NOW)


AHEAD = "not yet current: 20261120T151300Z is still later than 20261120T150800Z"
BEHIND = "expired: 20261120T145300Z is now earlier than 20261120T145800Z"


@pytest.mark.parametrize("when", [AHEAD, BEHIND])
def test_a_clock_that_aws_refuses_is_named(sandbox, good, when):
    watch, other = good
    aws = sandbox.aws
    refuse = refusal("SignatureDoesNotMatch", f"Signature {when}", status=403)
    refused = Network(aws).failing(lambda _, request: refuse(request))
    with refused, pytest.raises(ForesailError, match="this machine's clock is off"):
        run(other, aws, NOW)
    watch.check(other, NOW)
    converges(other, sandbox.aws, NOW)


def test_a_region_that_is_down_stops_only_its_services(sandbox, good, waits, tmp_path):
    away = service("far") | {"region": "eu-west-1"}
    near = service("blog")
    config = configure(tmp_path, [away, near], history="3d", horizon="12h")
    aws = sandbox.aws
    Network(aws.at("eu-west-1")).fault = lambda _, request: unreachable(request)
    plan = run(config, aws, NOW)
    assert [one.service for one in plan.tiers] == ["blog"]
    [failed] = plan.failed
    assert failed.service == "far"
    assert "AWS cannot be reached" in failed.message
    again, _ = plan_all(config, aws, NOW + timedelta(seconds=30))
    assert not again.has_changes
