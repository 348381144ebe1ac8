"""A run tells its own health, its steps as spans, and each service in the log."""

from __future__ import annotations

import json
import logging

from cycle.conftest import FREE
from test_tracing import exporter, spans  # noqa: F401 - fixtures


def test_a_run_leaves_what_each_service_took(operator, tmp_path, caplog):
    caplog.set_level(logging.INFO, logger="foresail")
    out = tmp_path / "health.log"
    operator.service = {"approval": FREE}
    operator.top = {"monitoring": {"file": str(out)}}
    done = operator.run(None)
    shop, batch, whole = map(json.loads, out.read_text().splitlines())
    assert (shop["Service"], shop["Outcome"]) == ("shop", done[0].state)
    assert (batch["Service"], batch["Outcome"]) == ("batch", done[1].state)
    assert shop["PlanAgeMinutes"] == 0 and shop["AwsCalls"] > 3 and shop["RunSeconds"] > 0
    assert whole["AllAwsCalls"] == shop["AwsCalls"] + batch["AwsCalls"]
    assert len({line["run"] for line in (shop, batch, whole)}) == 1
    told = [one.foresail for one in caplog.records if one.name == "foresail.cycle.measuring"]
    assert [(one["service"], one["state"], one["run"]) for one in told] == [
        ("shop", "applied", shop["run"]), ("batch", "applied", shop["run"])
    ]  # fmt: skip


def test_health_that_cannot_be_told_is_a_warning(operator):
    operator.service = {"approval": FREE}
    operator.top = {"monitoring": {"log_group": "/foresail/none"}}
    assert operator.run("shop")[0].state == "applied"
    assert any("health was not reported" in line for line in operator.said)


def test_steps_and_calls_of_a_run_are_spans_below_their_service(operator, spans):  # noqa: F811
    operator.service = {"approval": FREE}
    operator.run("shop")
    found = spans()
    [service] = [one for one in found if one.name == "foresail.service"]
    assert service.attributes["service"] == "shop"
    by_id = {one.context.span_id: one for one in found}

    def above(span):
        names = []
        while span.parent is not None and span.parent.span_id in by_id:
            span = by_id[span.parent.span_id]
            names.append(span.name)
        return names

    paths = {(one.name, *above(one)) for one in found}
    assert ("foresail.plan", "foresail.service") in paths
    assert ("foresail.pull", "foresail.plan", "foresail.service") in paths
    assert ("foresail.apply", "foresail.service") in paths
    metrics = "cloudwatch.GetMetricData"
    assert (metrics, "foresail.pull", "foresail.plan", "foresail.service") in paths
    written = "autoscaling.BatchPutScheduledUpdateGroupAction"
    assert (written, "foresail.apply", "foresail.service") in paths
    assert len({one.attributes["foresail.run"] for one in found}) == 1
