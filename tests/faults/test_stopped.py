"""foresail applies once and is never run again: the fleet scales, and returns to its floor.

The demo's shop on the sandbox, beside a twin group that foresail never touched. A schedule of two
days stands; the play goes on for four.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from faults.killing import Killed
from foresail.changes.names import owned
from foresail.config import load_config
from foresail.demo.account import seed_account
from foresail.demo.scenario import FLOOR, GROUP, SLO, TWIN, config_text, shop
from foresail.operations import apply_all
from foresail.pipeline import plan_all
from foresail.sandbox import Sandbox
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup

SCHEDULED, PLAYED = timedelta(days=2), timedelta(days=4)


@pytest.fixture
def scenario():
    made = shop()
    return replace(made, now=made.now - (PLAYED - SCHEDULED))


@pytest.fixture
def config(scenario, tmp_path):
    path = tmp_path / "foresail.yaml"
    path.write_text(config_text(scenario))
    return load_config(path)


@pytest.fixture
def sandbox(scenario):
    with Sandbox(start=scenario.now) as running:
        seed_account(running, scenario)
        yield running


def in_force(sandbox, since):
    """Minutes of both groups from a time on."""
    logs = (sandbox.log(name).set_index("timestamp") for name in (GROUP, TWIN))
    return [log[log.index >= since] for log in logs]


def assert_left_to_itself(sandbox, scenario):
    """Nothing of foresail stands any more, and the group moves as its twin does."""
    live = AutoScalingGroup(sandbox.aws).read(GROUP)
    assert (live.min_size, owned(live)) == (FLOOR, ())
    assert sandbox.log(GROUP)["min_size"].min() >= FLOOR
    mine, twin = in_force(sandbox, scenario.now + SCHEDULED + timedelta(hours=12))
    assert twin["in_service"].max() > 2 * twin["in_service"].min(), "demand has to move the fleet"
    assert (mine["in_service"] - twin["in_service"]).abs().max() <= 1
    assert (mine["utilization"] > 100 * SLO).sum() == pytest.approx(
        (twin["utilization"] > 100 * SLO).sum(), abs=10
    )


def test_a_stopped_foresail_leaves_a_fleet_that_scales_and_returns_to_its_floor(
    sandbox, scenario, config
):
    plan, _ = plan_all(config, sandbox.aws, scenario.now)
    apply_all(config, plan, sandbox.aws, lambda: sandbox.clock.now)
    sandbox.advance(PLAYED)
    assert sandbox.log(GROUP)["min_size"].max() > 5 * FLOOR, "the schedule has to have raised it"
    assert_left_to_itself(sandbox, scenario)


def test_one_that_died_between_its_first_two_calls_does_so_too(sandbox, scenario, config):
    plan, _ = plan_all(config, sandbox.aws, scenario.now)
    aws = sandbox.aws

    def die(model, **_):
        if model.name == "BatchPutScheduledUpdateGroupAction":
            raise Killed

    aws.client("autoscaling").meta.events.register("after-call", die)
    with pytest.raises(Killed):
        apply_all(config, plan, aws, lambda: sandbox.clock.now)
    written = owned(AutoScalingGroup(sandbox.aws).read(GROUP))
    assert 0 < len(written) < len(plan.tiers[0].wanted)
    sandbox.advance(PLAYED)
    assert_left_to_itself(sandbox, scenario)
