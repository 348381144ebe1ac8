"""The public names are functions, whatever was imported before."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "first",
    ["import foresail", "import foresail.pipeline", "from foresail.forecast.api import Forecast",
     "from foresail.forecast import losses", "import foresail.plan.capacity"],
)  # fmt: skip
def test_the_public_functions_are_not_covered_by_packages(first):
    code = f"{first}\nimport foresail\nfrom foresail import forecast, capacity_plan\n"
    code += "print(foresail.forecast.__name__, forecast.__name__, foresail.capacity_plan.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["forecast", "forecast", "capacity_plan"], done.stderr


def test_an_unknown_name_is_an_attribute_error():
    import foresail

    with pytest.raises(AttributeError, match="no attribute 'forecats'"):
        foresail.forecats  # noqa: B018
