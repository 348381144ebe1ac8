"""A whole service carried out by its machine, on the sandbox's storefront."""

from datetime import timedelta

from foresail.changes.floor import Floor
from foresail.demo.storefront import NOW, storefront_config
from foresail.pipeline import plan_all
from foresail.rollout.deploy import Rollout
from foresail.rollout.machine import state_machine
from foresail.sandbox import Sandbox
from foresail.sandbox.storefront import build_storefront

ROLE = "arn:aws:iam::123456789012:role/foresail-rollout"
SPACES = ("ecs", "elasticache", "rds")


def test_five_tiers_rise_in_order_and_nothing_is_unserved(tmp_path):
    with Sandbox(start=NOW) as sandbox:
        shop = build_storefront(sandbox)
        config = storefront_config(shop, tmp_path)
        plan, _ = plan_all(config, sandbox.aws, NOW)
        rollout = Rollout(sandbox.aws, "storefront", ROLE)
        needs = config.services[0].needs()
        rollout.start(state_machine(plan.tiers, needs), plan.id)
        sandbox.advance(timedelta(hours=5))
        assert rollout.status(plan.id)["status"] == "RUNNING"
        wanted = {
            tier.live.name: Floor.of(tier.live.min_size, tier.wanted).at(sandbox.clock.now)
            for tier in plan.tiers
        }
        client = sandbox.client("application-autoscaling")
        for space in SPACES:
            [target] = client.describe_scalable_targets(ServiceNamespace=space)["ScalableTargets"]
            assert target["MinCapacity"] == wanted[target["ResourceId"]]
        web = shop.log[shop.log["tier"] == "web"]
        assert web["unserved"].sum() < 1e-4 * web["arrived"].sum()
        rollout.stop(plan.id, "end of test")
