"""Size of a load balancer's reservation."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.provisioning.reservation import lcu_reservation

LCUS = pd.DataFrame(
    {
        "timestamp": pd.date_range("2026-11-27", periods=6, freq="1h", tz="UTC"),
        "q0.5": [100.0, 100, 300, 300, 100, 100],
        "q0.9": [150.0, 150, 600, 600, 150, 150],
    }
)


def test_it_weighs_price_against_shortage_over_the_window():
    cheap = lcu_reservation(LCUS, 6, price=Decimal("0.01"), shortage_price=Decimal("1"))
    dear = lcu_reservation(LCUS, 6, price=Decimal("0.60"), shortage_price=Decimal("1"))
    assert cheap.size == 600
    assert cheap.cost == Decimal("36.00")
    assert cheap.saves > cheap.cost
    assert 0 < dear.size < 300


def test_it_comes_in_steps():
    lcus = lcu_reservation(LCUS, 6, price=Decimal("0.4"), shortage_price=Decimal("1"), step=100)
    assert lcus.size % 100 == 0


def test_no_price_is_shipped_or_guessed():
    with pytest.raises(TypeError):
        lcu_reservation(LCUS, 6, shortage_price=Decimal("1"))
    with pytest.raises(InputError, match="holding cost 0 is not above zero"):
        lcu_reservation(LCUS, 6, price=Decimal("0"), shortage_price=Decimal("1"))
