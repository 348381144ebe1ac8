"""Lead time from boot times."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from foresail.provisioning.boot_times import BootTimes
from foresail.provisioning.lead import ENOUGH, Lead, WarmUp, lead_from, spoken

DEFAULT = timedelta(minutes=10)
TWELVE = BootTimes(tuple(float(s) for s in range(200, 212)))


def test_boot_and_warm_up_in_whole_minutes_with_the_reason():
    lead = lead_from(
        TWELVE,
        0.95,
        default=DEFAULT,
        warm_up=WarmUp(timedelta(seconds=90), "DefaultInstanceWarmup"),
    )
    assert lead.value == timedelta(minutes=6)  # 211 s + 90 s
    assert lead.count == 12
    assert lead.why.startswith("measured: p95 of 12 launches 3m 31s (95 %: ")
    assert lead.why.endswith(" + 1m 30s DefaultInstanceWarmup")


def test_too_few_launches_fall_back_and_say_so():
    few = BootTimes(TWELVE.seconds[: ENOUGH - 1], failed=4)
    assert lead_from(few, 0.95, default=DEFAULT) == Lead(
        DEFAULT, "default: 9 launches are known, 4 failed, 10 are needed to measure", 0
    )


def test_warm_launches_are_said_to_be_warm():
    assert "launches from the warm pool" in lead_from(TWELVE, 0.5, default=DEFAULT, kind="warm").why


@given(
    st.lists(st.floats(0, 4000), min_size=ENOUGH, max_size=30),
    st.floats(0.05, 0.99),
    st.integers(0, 900),
)
def test_a_lead_covers_the_quantile_and_the_warm_up(seconds, level, after):
    boots = BootTimes(tuple(sorted(seconds)))
    warm_up = WarmUp(timedelta(seconds=after), "warm-up")
    lead = lead_from(boots, level, default=DEFAULT, warm_up=warm_up)
    need = boots.quantile(level) + warm_up.time
    assert timedelta(0) <= lead.value - need <= timedelta(minutes=1)
    assert not lead.value % timedelta(minutes=1)


def test_times_are_said_as_people_do():
    said = [spoken(timedelta(seconds=s)) for s in (0, 45, 60, 200, 3600, 7260)]
    assert said == ["0s", "45s", "1m", "3m 20s", "1h", "121m"]
