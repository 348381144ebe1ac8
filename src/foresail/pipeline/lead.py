"""Lead times that are measured when a plan is made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from foresail.discovery.boots import lead_time
from foresail.pipeline.planning import Planned
from foresail.pipeline.tiers import Tier
from foresail.places import aws_of
from foresail.provisioning.lead import Lead

if TYPE_CHECKING:
    from foresail.aws import Aws


def with_lead(tier: Tier, aws: Aws) -> tuple[Tier, Lead]:
    """Give a tier the lead time it is to be planned with; only a measured one asks AWS."""
    lead = lead_time(tier.tier, aws_of(aws, tier.service))
    return replace(tier, tier=tier.tier.model_copy(update={"lead_time": lead.value})), lead


def lead_told(planned: Planned, lead: Lead) -> Planned:
    """Write into a plan where its lead time comes from."""
    if not lead.why:
        return planned
    about = {**planned.plan.about, "lead_reason": lead.why, "lead_count": float(lead.count)}
    return replace(planned, plan=replace(planned.plan, about=about))
