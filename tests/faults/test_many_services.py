"""Many services in one run, a few of them broken: the rest finishes, and who failed is said."""

import importlib.util
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from faults.fleet import FLOOR, MOST, NOW, configure, seed, service
from faults.invariant import Invariant
from foresail.errors import InputError
from foresail.failures import OWN_FAULT
from foresail.forecast import api
from foresail.operations import apply_all
from foresail.pipeline import plan_all
from foresail.sandbox import Sandbox, create_group

COUNT = 60
NAMES = [f"svc-{number:02d}" for number in range(COUNT)]
GONE, MUTE, NAN, THROWS = NAMES[7], NAMES[19], NAMES[33], NAMES[58]
BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "load"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        for name in NAMES:
            if name != GONE:
                create_group(running, name, min_size=FLOOR, max_size=MOST, target_tracking=60)
            if name != MUTE:
                seed(running, name, days=3)
        yield running


@pytest.fixture
def forecaster(monkeypatch):
    """A forecaster that answers NaN for one service and throws for another."""
    real = api.forecast_series

    def spoilt(history, **options):
        if history["series"].str.startswith(THROWS).any():
            raise ZeroDivisionError("division by zero")
        made = real(history, **options)
        frame, bad = made.frame.copy(), made.frame["series"].str.startswith(NAN)
        frame.loc[bad, "q0.5"] = float("nan")
        return replace(made, frame=frame)

    monkeypatch.setattr(api, "forecast_series", spoilt)


def test_the_rest_finishes_and_the_broken_are_named(sandbox, forecaster, tmp_path):
    config = configure(tmp_path, [service(name) for name in NAMES], history="3d")
    aws, calls = sandbox.aws, Counter()
    for name in ("autoscaling", "cloudwatch"):
        aws.client(name).meta.events.register(
            "before-call", lambda model, **_: calls.update([model.name])
        )
    plan, _ = plan_all(config, aws, NOW)
    failed = {one.service: one for one in plan.failed}
    assert list(failed) == [GONE, MUTE, NAN, THROWS]
    assert len(plan.tiers) == COUNT - 4
    assert "does not exist" in failed[GONE].message
    assert "no data" in failed[MUTE].message
    assert "not a number" in failed[NAN].message
    assert failed[THROWS].message == "ZeroDivisionError: division by zero"
    assert failed[THROWS].cure == OWN_FAULT
    assert sum(calls.values()) < COUNT / 5
    apply_all(config, plan, sandbox.aws, lambda: NOW)
    watch = Invariant(sandbox.aws)
    watch.applied(plan)
    whole = configure(tmp_path, [service(name) for name in NAMES if name != GONE], history="3d")
    watch.check(whole, NOW)
    assert not plan_all(config, sandbox.aws, NOW)[0].has_changes


def test_a_forecaster_that_fails_for_all_is_an_error_of_the_run(sandbox, tmp_path, monkeypatch):
    def nothing(*_, **__):
        raise InputError("no forecaster today")

    monkeypatch.setattr(api, "forecast_series", nothing)
    config = configure(tmp_path, [service(name) for name in NAMES[:3]], history="3d")
    with pytest.raises(InputError, match=r"^no forecaster today$"):
        plan_all(config, sandbox.aws, NOW)


@pytest.mark.long
def test_hundreds_of_services_stay_within_time_memory_and_calls(tmp_path):
    """The load benchmark, at a third of its size; one percent is broken."""
    sys.path.insert(0, str(BENCHMARK))
    try:
        spec = importlib.util.spec_from_file_location("load_run", BENCHMARK / "run.py")
        load = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(load)
    finally:
        sys.path.remove(str(BENCHMARK))
    with load.endpoint(300, 3) as url:
        cold = load.fresh(300, 3, url, str(tmp_path), load.NOW)
        warm = load.fresh(300, 3, url, str(tmp_path), load.NOW + load.HOUR)
    for found in (cold, warm):
        assert (found["planned"], found["failed"]) == (297, 3)
        assert found["changes"] > 297
        assert found["peak_mib"] < 2000
        others = {k: v for k, v in found["calls"].items() if k != "GetMetricData"}
        assert sum(others.values()) <= 300 / 10
    assert cold["calls"]["GetMetricData"] / 300 < 0.4
    # the broken ones are asked for all of their two weeks again, whatever their number
    assert warm["calls"]["GetMetricData"] / 300 < 0.25
    assert warm["cpu_seconds"] / 300 < 0.2
