"""foresail.yaml: what is accepted, and what each mistake is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foresail.config import load_config
from foresail.errors import ConfigError

GOOD = """
region: us-east-1
services:
  - name: storefront
    timezone: America/New_York
    tiers:
      - name: web
        target: {type: ec2-auto-scaling-group, name: storefront-web}
        demand:
          namespace: AWS/ApplicationELB
          metric: RequestCount
          dimensions: {LoadBalancer: app/storefront/50dc6c495c0c9188}
          stat: Sum
          missing: zero
        unit_capacity: 120 requests/s     # what one unit serves at 100 %
        utilization: 0.7
        min: 2
        max: 60
        lead_time: 10m
"""


def load(tmp_path, text):
    path = tmp_path / "foresail.yaml"
    path.write_text(text)
    return load_config(path)


def test_the_example_of_the_readme_is_read_with_types(tmp_path):
    config = load(tmp_path, GOOD)
    tier = config.services[0].tiers[0]
    assert tier.lead_time == timedelta(minutes=10)
    assert (tier.unit_capacity.amount, tier.unit_capacity.per_second) == (120, True)
    assert tier.demand[0].missing == "zero"
    assert config.zone(config.services[0], tier).key == "America/New_York"


def test_digest_ignores_comments_and_sees_values(tmp_path):
    same = load(tmp_path, GOOD.replace("# what one unit serves at 100 %", ""))
    assert load(tmp_path, GOOD).digest() == same.digest()
    assert load(tmp_path, GOOD.replace("max: 60", "max: 61")).digest() != same.digest()


@pytest.mark.parametrize(
    ("old", "new", "says", "cure"),
    [
        ("lead_time", "lead_tme", r"services\[0\].tiers\[0\].lead_tme: unknown key", "lead_time"),
        ("region:", "reigon:", "reigon: unknown key", "region"),
        ("region:", "concurrency: 0\nregion:", "concurrency", "1 to 32"),
        ("region:", "concurrency: many\nregion:", "concurrency", "1 to 32"),
        ("America/New_York", "America/New_Yrok", "unknown time zone", "America/New_York"),
        ("10m", "10 parsecs", "is not a duration", None),
        ("120 requests/s", "-3 requests/s", "is not a rate above zero", None),
        ("utilization: 0.7", "utilization: 70", "utilization", None),
        ("max: 60", "max: 1", "is below min", None),
        ("max: 60", "", "max: required", "add max"),
        ("metric: RequestCount", "metric: CPUUtilization", "not demand", None),
        ("stat: Sum", "stat: Total", "stat", None),
        ("us-east-1", "moon", "region", None),
        ("region: us-east-1", "region: [", "malformed YAML", "indentation"),
    ],
)
def test_each_mistake_names_the_key_and_the_cure(tmp_path, old, new, says, cure):
    with pytest.raises(ConfigError, match=says) as caught:
        load(tmp_path, GOOD.replace(old, new))
    assert "foresail.yaml" in caught.value.message
    assert caught.value.exit_code == 2
    assert cure is None or cure in str(caught.value)


def test_shares_may_be_percentages_and_signs_are_taken_as_meant(tmp_path):
    limits = "utilization: 65%\n        guardrails: {increase: +150%, decrease: -40%}"
    tier = load(tmp_path, GOOD.replace("utilization: 0.7", limits)).services[0].tiers[0]
    assert tier.utilization == 0.65
    assert (tier.guardrails.increase, tier.guardrails.decrease) == (1.5, 0.4)


def test_one_mistake_is_told_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, GOOD.replace("max: 60", "max: -1"))
    assert caught.value.message.count("\n") == 0
    assert caught.value.cure == "write a whole number of units, 1 or more"


def test_every_metric_counted_over_time_needs_a_rate(tmp_path):
    with pytest.raises(ConfigError, match="has no time, but RequestCount Sum"):
        load(tmp_path, GOOD.replace("120 requests/s", "120 requests"))
    own = GOOD.replace("missing: zero", "unit_capacity: 90 requests/s")
    load(tmp_path, own.replace("unit_capacity: 120 requests/s", "unit_capacity: 100 %"))


@pytest.mark.parametrize("text", ["", "- a\n- b", "42", "region: us-east-1"])
def test_a_file_of_another_shape_is_refused(tmp_path, text):
    with pytest.raises(ConfigError):
        load(tmp_path, text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: no such file"):
        load_config(tmp_path / "nowhere.yaml")


def test_one_target_has_one_owner(tmp_path):
    tier = GOOD[GOOD.index("      - name: web") :]
    with pytest.raises(ConfigError, match=r"target .* is listed twice"):
        load(tmp_path, GOOD + tier.replace("name: web", "name: api", 1))


def test_risk_and_quantile_do_not_go_together(tmp_path):
    assert load(tmp_path, GOOD + "        risk: 1%\n").services[0].tiers[0].risk == 0.01
    with pytest.raises(ConfigError, match="risk and quantile are both given"):
        load(tmp_path, GOOD + "        risk: 1%\n        quantile: 0.95\n")


def test_files_of_events_lie_beside_the_configuration(tmp_path):
    text = GOOD.replace("    tiers:", "    calendar: [US, launches.csv]\n    tiers:")
    assert load(tmp_path, text).services[0].calendar == ("US", str(tmp_path / "launches.csv"))
    single = GOOD.replace("    tiers:", "    calendar: US-CA\n    tiers:")
    assert load(tmp_path, single).services[0].calendar == ("US-CA",)


def test_a_weekly_schedule_would_repeat_the_events_of_a_calendar(tmp_path):
    text = GOOD.replace("    tiers:", "    calendar: US\n    tiers:") + "        schedule: "
    with pytest.raises(ConfigError, match="weekly of web would repeat each event") as caught:
        load(tmp_path, text + "weekly\n")
    assert "one-off, or auto" in str(caught.value)
    assert load(tmp_path, text + "auto\n").services[0].tiers[0].schedule == "auto"


@pytest.mark.parametrize(
    ("line", "says", "cure"),
    [
        ("switch_cost: -1", "switch_cost", "unit-hours"),
        ("switch_cost: dear", "switch_cost", "unit-hours"),
        ("min_dwell: soon", "min_dwell: 'soon' is not a duration", "10m"),
        ("min_dwell: 90s", "whole minutes, not every 90s", "30m"),
        ("max_step: 0", "max_step.*0 is no largest step", "like 10, or a share, like 50%"),
        ("max_step: -50%", "is no largest step", "like 50%"),
        ("max_step: many", "'many' is no largest step", "like 50%"),
        ("schedule: daily", "schedule", "one-off, weekly or auto"),
        ("schedule: weekly", "needs a forecast of a week, and horizon is 2d", "horizon: 7d"),
        ("repeat_for: 3d", "repeat_for: 3d is shorter than the week", "7d"),
        ("weights: []", "weights", r"[1, 2, 4]"),
        ("weights: [0]", "weights", r"[1, 2, 4]"),
        ("weights: 2", "weights", r"[1, 2, 4]"),
    ],
)
def test_each_mistake_of_a_plans_steps_is_told(tmp_path, line, says, cure):
    with pytest.raises(ConfigError, match=says) as caught:
        load(tmp_path, GOOD + f"        {line}\n")
    assert cure in str(caught.value)


@pytest.mark.parametrize(("text", "value"), [("10", 10), ("50%", 0.5), ("0.5", 0.5)])
def test_a_largest_step_is_units_or_a_share(tmp_path, text, value):
    tier = load(tmp_path, GOOD + f"        max_step: {text}\n").services[0].tiers[0]
    assert tier.max_step == value
    assert type(tier.max_step) is type(value)


@pytest.mark.parametrize(
    ("environment", "region"),
    [
        ({}, "us-east-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "ap-south-1"}, "ap-south-1"),
    ],
)
def test_without_a_region_that_of_the_environment_counts(
    tmp_path, monkeypatch, environment, region
):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert load(tmp_path, GOOD.replace("region: us-east-1\n", "")).region == region
