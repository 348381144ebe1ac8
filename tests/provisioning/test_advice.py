"""Advice names the figure that calls for it, and stays silent where launches are fine."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foresail.provisioning.advice import Hook, LaunchSettings, launch_advice
from foresail.provisioning.boot_times import BootTimes

MINUTE = timedelta(minutes=1)
QUICK = BootTimes((60.0,) * 20)
SLOW = BootTimes((400.0,) * 20)
FINE = LaunchSettings(instance_warm_up=MINUTE, grace=2 * MINUTE, warm_pool=False)


def test_quick_launches_need_no_advice():
    assert launch_advice(QUICK, FINE) == []


@pytest.mark.parametrize(
    ("boots", "settings", "do", "because"),
    [
        (SLOW, FINE, "bake into the image", "p95 of 20 launches is 6m 40s, above 3m"),
        (SLOW, FINE, "consider a warm pool", "p95 of 20 launches is 6m 40s, above 5m"),
        (
            BootTimes((60.0,) * 15 + (600.0,) * 5),
            FINE,
            "find what the slow launches wait for",
            "10.0 times the median",
        ),
        (
            QUICK,
            LaunchSettings(hooks=(Hook("install", 60 * MINUTE),)),
            "lower HeartbeatTimeout of lifecycle hook install to about 2m",
            "hook install may wait 1h, launches take 1m (p95)",
        ),
        (
            QUICK,
            LaunchSettings(grace=5 * MINUTE),
            "lower HealthCheckGracePeriod",
            "the grace period is 5m",
        ),
        (
            QUICK,
            LaunchSettings(instance_warm_up=10 * MINUTE),
            "lower DefaultInstanceWarmup",
            "warm-up is 10m",
        ),
        (
            BootTimes((60.0,) * 9, failed=3),
            FINE,
            "look at the StatusMessage",
            "3 of 12 launches failed (25%)",
        ),
    ],
)
def test_each_advice_has_its_figure(boots, settings, do, because):
    found = [a for a in launch_advice(boots, settings) if a.do.startswith(do)]
    assert len(found) == 1
    assert because in found[0].because


def test_a_pool_that_is_there_is_not_advised():
    settings = LaunchSettings(warm_pool=True)
    assert not any("warm pool" in advice.do for advice in launch_advice(SLOW, settings))


def test_few_launches_are_nothing_to_judge_by():
    assert launch_advice(BootTimes((900.0,) * 5, failed=4), FINE) == []


def test_without_settings_only_failures_are_judged():
    assert launch_advice(SLOW) == []
    assert len(launch_advice(BootTimes((60.0,) * 9, failed=3))) == 1
