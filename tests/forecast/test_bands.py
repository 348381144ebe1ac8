"""Views of errors: each gives the quantiles it is named for; by lead, slot, level; any period."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from foresail.forecast.bands import LEVELS, VIEWS, Evidence, views

ORIGINS = 8


def evidence(seed=0, rows=2, slots=24, steps=None, noise=5.0, days=14, path=None):
    rng = np.random.default_rng(seed)
    steps = 2 * slots if steps is None else steps
    made = np.full((rows, ORIGINS, 2 * slots), 100.0)
    return Evidence(
        np.full((rows, steps), 100.0) if path is None else path,
        made,
        made + rng.normal(0, noise, made.shape),
        100.0 + rng.normal(0, noise, (rows, days * slots)),
        slots,
    )


def changed(one, **parts):
    named = {name: getattr(one, name) for name in ("path", "made", "came", "values", "slots")}
    return Evidence(**{**named, **parts})


def of(one):
    return dict(zip(VIEWS, np.moveaxis(views(one)[0], 1, 0), strict=True))


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize(("slots", "steps"), [(24, 1), (24, 48), (24, 336), (288, 7), (96, 500)])
def test_shapes_finite_and_rising(slots, steps):
    found, traits = views(evidence(slots=slots, steps=steps))
    assert found.shape == (2, len(VIEWS), len(LEVELS), steps)
    assert np.isfinite(found).all()
    assert (np.diff(found, axis=2) >= -1e-9).all()
    assert traits.shape == (2, 11)
    assert np.abs(traits).max() <= 5


def test_gaussian_errors_give_gaussian_quantiles():
    found = of(evidence(rows=200))
    for name in VIEWS:
        width = (found[name][:, 5] - found[name][:, 3]).mean()
        assert width == pytest.approx(1.2816 * 5, rel=0.12), name
        assert found[name][:, 3].mean() == pytest.approx(100, abs=0.5), name


def test_errors_by_lead_grow_with_the_lead():
    one = evidence(rows=20)
    grown = one.made + (one.came - one.made) * np.linspace(0.2, 2.0, 48)
    found = of(changed(one, came=grown))["lead"]
    width = (found[:, 5] - found[:, 3]).mean(axis=0)
    assert width[0] < width[10] < width[30]
    assert width[47] == width[30]


def test_errors_by_slot_are_wide_where_they_were():
    one = evidence(rows=20)
    loud = np.where(np.arange(48) % 24 < 12, 4.0, 0.5)
    found = of(changed(one, came=one.made + (one.came - one.made) * loud))["slot"]
    width = (found[:, 5] - found[:, 3]).mean(axis=0)
    assert width[3:9].mean() > 3 * width[15:21].mean()
    np.testing.assert_allclose(width[24:], width[:24])


def test_errors_by_level_grow_with_the_path():
    rising = np.tile(np.linspace(50, 400, 48), (2, 1))
    found = of(evidence(path=rising))
    for name, more in (("level", 4.0), ("root", 2.0)):
        width = found[name][0, 5] - found[name][0, 3]
        assert width[-1] / width[0] > more
    assert np.ptp(found["all"][0, 5] - rising[0]) == pytest.approx(0, abs=1e-9)


def test_the_latest_errors_count_more_in_their_view():
    one = evidence(rows=20)
    loud = np.where(np.arange(ORIGINS) < 3, 3.0, 1.0)[:, None]
    found = of(changed(one, came=one.made + (one.came - one.made) * loud))
    assert (found["latest"][:, 5] > found["all"][:, 5]).mean() > 0.9


@pytest.mark.parametrize("name", ["all", "lead", "slot", "level", "root", "latest"])
def test_views_of_errors_move_with_the_path_and_others_do_not(name):
    one = evidence()
    higher = of(changed(one, path=one.path + 1.0))
    assert (higher[name] > of(one)[name]).all()
    np.testing.assert_array_equal(higher["week"], of(one)["week"])


def test_without_any_origin_yesterday_tells_how_wrong():
    one = evidence(rows=50)
    found = of(changed(one, came=np.full_like(one.came, np.nan)))
    for name in ("all", "lead", "latest", "slot", "level", "root"):
        width = (found[name][:, 5] - found[name][:, 3]).mean()
        assert width == pytest.approx(1.2816 * 5 * np.sqrt(2), rel=0.15), name


@pytest.mark.parametrize("share", [0.5, 0.97])
def test_gaps_leave_finite_views(share):
    one, rng = evidence(rows=5), np.random.default_rng(1)
    came, values = (
        np.where(rng.random(x.shape) < share, np.nan, x) for x in (one.came, one.values)
    )
    values[:, -1] = 100.0
    found, traits = views(changed(one, came=came, values=values))
    assert np.isfinite(found).all()
    assert np.isfinite(traits).all()


@pytest.mark.parametrize("level", [0.0, 7.0])
def test_of_a_constant_all_quantiles_are_the_constant(level):
    flat = np.full((1, 48), level)
    made = np.full((1, ORIGINS, 48), level)
    found, traits = views(Evidence(flat, made, made, np.full((1, 336), level), 24))
    assert np.allclose(found, level, atol=1e-8)
    assert np.isfinite(traits).all()


def test_rows_do_not_see_each_other():
    one = evidence(rows=3)
    scale = np.array([1e-90, 1.0, 1e90])
    mixed = changed(
        one,
        path=one.path * scale[:, None],
        made=one.made * scale[:, None, None],
        came=one.came * scale[:, None, None],
        values=one.values * scale[:, None],
    )
    middle = Evidence(one.path[1:2], one.made[1:2], one.came[1:2], one.values[1:2], 24)
    for whole, alone in zip(views(mixed), views(middle), strict=True):
        np.testing.assert_allclose(whole[1], alone[0], rtol=1e-9)


def test_a_period_is_a_matter_of_slots_only():
    hourly = evidence(rows=30)
    fine = Evidence(
        *(np.repeat(x, 4, -1) for x in (hourly.path, hourly.made, hourly.came, hourly.values)), 96
    )
    coarse, found = of(hourly), of(fine)
    for name in ("all", "lead", "level", "root", "latest", "week"):
        off = np.abs(found[name][:, 1:7, ::4] - coarse[name][:, 1:7])
        assert off.max() < 4, name
        assert off.mean() < 0.6, name


def test_a_loud_hour_widens_its_neighbours_too():
    one = evidence(rows=50)
    loud = np.where(np.arange(48) % 24 == 6, 6.0, 1.0)
    found = of(changed(one, came=one.made + (one.came - one.made) * loud))["slot"]
    width = (found[:, 5] - found[:, 3]).mean(axis=0)
    assert width[[4, 5, 6, 7, 8]].min() > 1.3 * width[12:22].max()
    assert width[9] == pytest.approx(width[12:22].mean(), rel=0.2)


def test_few_hours_are_few_at_any_period():
    """How far errors of a lead are drawn to all errors is a matter of hours, not of periods."""
    one = evidence(rows=40)
    quiet = one.made + (one.came - one.made) * np.where(np.arange(48) < 6, 0.1, 1.0)
    hourly = changed(one, came=quiet)
    fine = Evidence(
        *(np.repeat(x, 12, -1) for x in (hourly.path, hourly.made, hourly.came, hourly.values)), 288
    )
    coarse, found = (of(x)["lead"][:, 5, 0].mean() for x in (hourly, fine))
    assert found == pytest.approx(coarse, abs=0.1)
