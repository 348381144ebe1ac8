"""What scores feed back: plans take learned levels and tuned values, and say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from foresail.forecast.adaptive import Adaptive
from foresail.pipeline import plan_all, tiers
from foresail.pipeline.feedback import read_learned, tuned
from foresail.pipeline.keeping import stored_forecast
from foresail.score.learning import LEVELS, Learned
from foresail.store.opening import open_store
from foresail.store.records import Put, stamp
from pipeline.test_scoring import NOW, config, running

TUNE = {"quantile": [0.8, 0.97], "utilization": [0.6, 0.8]}


@pytest.fixture(scope="module")
def sandbox():
    made = running()
    yield made
    made.__exit__(None, None, None)


def asking_for_more(losses):
    """A state that asks for higher levels than the nominal ones."""
    state = Adaptive.start(["RequestCount"], LEVELS)
    return Learned(replace(state, scores=state.scores + 0.8), losses)


def planned(sandbox, folder, *, records=(), **scoring):
    made = config(folder, **scoring)
    store = open_store(made, sandbox.aws, lambda: NOW)
    for record in records:
        store.records.write(record)
    _, [one] = plan_all(made, sandbox.aws, NOW, store=store)
    return one


def levels(learned):
    return Put("learned/shop/web", "levels", learned.to_json())


def test_levels_that_pay_are_used_said_and_kept_beside_what_the_forecaster_said(sandbox, tmp_path):
    plain = planned(sandbox, tmp_path / "plain")
    good = asking_for_more(((100.0, 90.0),) * 10)
    mapped = planned(sandbox, tmp_path / "mapped", records=[levels(good)])
    assert any("10% less pinball loss than without" in n for n in mapped.plan.about["notes"])
    before, after = (one.forecast.frame["q0.5"].to_numpy() for one in (plain, mapped))
    assert (after > before).mean() > 0.95
    np.testing.assert_allclose(mapped.forecast.frame["raw_q0.5"], before)
    frame = stored_forecast(mapped, "p", NOW).frame
    assert {"raw_q0.9", "planned_quantile", "planned_utilization"} <= set(frame)
    assert mapped.needed["needed"].sum() > plain.needed["needed"].sum()


@pytest.mark.parametrize(
    ("losses", "scoring"),
    [(((100.0, 99.5),) * 10, {}), (((100.0, 90.0),) * 7, {}),
     (((100.0, 90.0),) * 10, {"learn": False})],
)  # fmt: skip
def test_levels_are_left_alone_unless_they_pay_on_enough_windows(
    sandbox, tmp_path, losses, scoring
):
    one = planned(sandbox, tmp_path, records=[levels(asking_for_more(losses))], **scoring)
    assert "raw_q0.5" not in one.forecast.frame
    assert not any("re-mapped" in note for note in one.plan.about["notes"])


def test_a_broken_record_is_left_out_with_a_note(sandbox, tmp_path):
    one = planned(sandbox, tmp_path, records=[Put("learned/shop/web", "levels", {"format": 1})])
    assert "raw_q0.5" not in one.forecast.frame
    assert any("is left out and begun anew" in note for note in one.plan.about["notes"])


def test_tuned_values_are_planned_for_and_said(sandbox, tmp_path):
    data = {"quantile": 0.95, "utilization": 0.66, "reason": "capacity was short"}
    record = Put("tuning/shop/web", stamp(NOW - timedelta(hours=1)), data)
    one = planned(sandbox, tmp_path, records=[record], tune=TUNE)
    assert one.plan.about["quantile"] == 0.95
    assert one.plan.about["notes"][0] == (
        "tuned to q0.95 at 66% (configured: q0.9 at 70%): capacity was short"
    )
    assert planned(sandbox, tmp_path).plan.about["quantile"] == 0.9  # tuning is off


def test_tuned_values_stay_within_the_bounds_of_today(sandbox, tmp_path):
    made = config(tmp_path, tune={"quantile": [0.8, 0.9]})
    store = open_store(made, sandbox.aws, lambda: NOW)
    data = {"quantile": 0.97, "utilization": 0.6, "reason": "long ago"}
    store.records.write(Put("tuning/shop/web", stamp(NOW), data))
    [tier] = tiers(made)
    found, _ = tuned(tier, store.records)
    assert (found.tier.quantile, found.tier.utilization) == (0.9, 0.7)
    store.records.write(Put("tuning/shop/web", stamp(NOW + timedelta(hours=1)), {}))
    found, said = tuned(tier, store.records)
    assert found.tier == tier.tier
    assert "the record of its tuning is broken" in said[0]


def test_what_was_never_learned_is_nothing(sandbox, tmp_path):
    made = config(tmp_path)
    [tier] = tiers(made)
    kept = read_learned(open_store(made, sandbox.aws).records, tier)
    assert kept.version == 0
    assert not kept.learned.pays
