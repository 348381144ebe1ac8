"""A shop on a sandbox that was planned an hour ago; each test gets it as it was."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest

from foresail.sandbox import Sandbox, create_group
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup
from urgent.sample import GROUP, LATER, NOW, Shop, config, planned_at, publish


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        create_group(running, GROUP, min_size=8, max_size=60, target_tracking=70)
        publish(running, NOW - timedelta(days=10), NOW)
        yield running


@pytest.fixture(scope="module")
def planned(sandbox, tmp_path_factory):
    """A store with the plan of an hour ago, and the group as it was left."""
    store = tmp_path_factory.mktemp("planned")
    planned_at(NOW, config(store), sandbox.aws)
    publish(sandbox, NOW, LATER, factor=1.6)
    return store, AutoScalingGroup(sandbox.aws).read(GROUP).actions


@pytest.fixture
def shop(sandbox, planned, tmp_path):
    """A copy of the store, the group with the plan's actions, an hour later."""
    store, actions = planned
    shutil.copytree(store, tmp_path / "store")
    target = AutoScalingGroup(sandbox.aws)
    sandbox.clock.now = NOW
    target.delete(GROUP, [one.name for one in target.read(GROUP).actions])
    target.put(GROUP, actions)
    sandbox.clock.now = LATER
    return Shop(sandbox, tmp_path / "store", target)
