"""Learned levels: used while they pay, each window taught once, broken records told."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pytest

from foresail.errors import InputError
from foresail.score.learning import COLUMNS, EVIDENCE, Learned, raw, told, with_raw
from foresail.score.windows import in_force
from score.sample import START, demand, past, window


def days(factor, windows=12):
    """Teach windows of demand that is a factor times what the forecaster believes."""
    learned = Learned.start()
    for number in range(windows):
        at = window(number)
        actual = demand(at.end, factor=factor).rename(columns={"signal": "series"})
        held = in_force([past(at.start)], at)
        learned = learned.taught(held, actual[actual["timestamp"] >= at.start], at)
    return learned


def test_a_forecaster_that_is_right_is_left_alone():
    learned = days(1.0)
    assert len(learned.losses) == 12
    assert not learned.pays
    assert learned.ratio > 0.99


def test_one_that_says_too_little_is_asked_for_more_and_that_pays():
    learned = days(1.08)
    assert learned.pays
    levels = learned.state.of(["RequestCount"]).levels()[0]
    assert (levels[1:3] > (0.6, 0.92)).all()
    assert "less pinball loss than without" in told(learned, ["RequestCount"])


def test_nothing_is_used_on_little_evidence():
    assert not days(1.08, windows=7).pays
    assert not Learned.start().pays
    assert len(days(1.0, windows=EVIDENCE + 2).losses) == EVIDENCE


def test_plans_that_are_seldom_renewed_teach_nothing_and_clear_the_evidence():
    learned = days(1.08)
    at = window(12)
    held = in_force([past(at.start - timedelta(hours=8))], at)
    actual = demand(at.end, factor=1.08).rename(columns={"signal": "series"})
    stale = learned.taught(held, actual, at)
    assert not stale.pays
    assert stale.until == at.end
    np.testing.assert_array_equal(stale.state.levels(), learned.state.levels())


def test_a_window_teaches_once():
    learned = days(1.08, windows=3)
    at = window(2)
    actual = demand(at.end).rename(columns={"signal": "series"})
    assert learned.taught(in_force([past(at.start)], at), actual, at) is learned


def test_what_was_remapped_teaches_of_what_the_forecaster_said():
    frame = past(START).frame
    mapped = with_raw(frame, frame.assign(**{name: frame[name] * 2 for name in COLUMNS}))
    said = raw(mapped)
    np.testing.assert_array_equal(said["q0.9"], frame["q0.9"])
    np.testing.assert_array_equal(raw(frame)["q0.9"], frame["q0.9"])


def test_it_reads_back_as_plain_json_and_refuses_what_it_is_not():
    learned = days(1.08, windows=3)
    read = Learned.from_json(json.loads(json.dumps(learned.to_json())))
    assert read.losses == learned.losses
    assert read.until == learned.until
    np.testing.assert_array_equal(read.state.levels(), learned.state.levels())
    good = learned.to_json()
    broken = ({}, {**good, "format": 2}, {**good, "state": {"levels": [0.5]}},
              {**good, "losses": [[1.0]]}, {**good, "until": 5})  # fmt: skip
    for one in broken:
        with pytest.raises(InputError, match=r"no (record of learned|state of adaptive)"):
            Learned.from_json(one)
