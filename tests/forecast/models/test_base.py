"""The registry of models: names, nearest names, light to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

from foresail.errors import InputError
from foresail.forecast.models import make, models


def test_every_model_of_the_field_is_there():
    assert models() == (
        "gradient-boosting",
        "harmonic-arma",
        "holt-winters",
        "mixture",
        "mstl-ets",
        "ridge",
        "seasonal-naive-day",
        "seasonal-naive-week",
    )
    assert all(make(name).name == name for name in models())


def test_an_unknown_name_says_the_nearest():
    with pytest.raises(InputError, match=r"'holtwinter'\n.*use holt-winters"):
        make("holtwinter")
    with pytest.raises(InputError, match="ridge"):
        make("xyzzy")


def test_a_constructor_only_stores():
    model = make("holt-winters", trend=True)
    assert vars(model) == {"trend": True}


def test_importing_models_stays_light():
    code = (
        "import sys, foresail.forecast.models; "
        "print([m for m in ('statsmodels', 'sklearn', 'boto3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
