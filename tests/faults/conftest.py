"""A group on a sandbox, and the target that every operation opens."""

from __future__ import annotations

from importlib import import_module

import pytest

from faults.killing import FLOOR, GROUP, NOW
from foresail.operations import opening
from foresail.sandbox import Sandbox, create_group
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        create_group(running, GROUP, min_size=FLOOR, max_size=60, target_tracking=70)
        yield running


@pytest.fixture
def target(sandbox, monkeypatch):
    made = AutoScalingGroup(sandbox.aws)
    for module in (opening, import_module("foresail.pipeline.tiers")):
        monkeypatch.setattr(module, "open_target", lambda *_: made)
    return made
