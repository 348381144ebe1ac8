import io

import pytest
from rich.console import Console

from foresail.changes.planfile import read_plan
from foresail.config import load_config
from foresail.demo.storefront import run_storefront


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder, screen = tmp_path_factory.mktemp("demo"), io.StringIO()
    sides = run_storefront(Console(file=screen, width=150), folder)
    return folder / "storefront", sides, screen.getvalue()


def test_together_serves_more_at_about_the_same_cost(demo):
    _, (together, alone), _ = demo
    assert together.unserved < 0.5 * alone.unserved
    assert together.dollars < 1.01 * alone.dollars


def test_the_tiers_come_from_the_bottom_up_each_with_its_reason(demo):
    _, (together, _), shown = demo
    order = [tier.tier for tier in together.plan.tiers]
    assert order.index("orders") < order.index("catalog") < order.index("app") < order.index("web")
    assert "driven by web" in shown
    assert "catalog grows cold by" in " ".join(shown.split())


def test_what_it_writes_can_be_used(demo):
    folder, (together, _), _ = demo
    config = load_config(folder / "foresail.yaml")
    assert read_plan(folder / "plan.json").id == together.plan.id
    assert config.services[0].needs()["catalog"] == ["orders"]
