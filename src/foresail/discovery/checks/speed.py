"""Boot times against the lead time that is configured, and what would make launches faster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from foresail.discovery.boots import Measured, measure
from foresail.discovery.checks.finding import Finding, ok, warning
from foresail.provisioning.advice import UPPER, launch_advice
from foresail.provisioning.lead import ENOUGH, lead_from, spoken
from foresail.units import format_duration

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import TierConfig


def check_speed(tier: TierConfig, aws: Aws, about: str) -> Iterator[Finding]:
    """Hold the measured lead against the configured one; then advise."""
    measured = measure(tier.target, aws)
    yield _lead(tier, measured, about)
    for advice in launch_advice(measured.boots, measured.settings):
        yield warning(about, f"launches: {advice.because}", advice.do)


def _lead(tier: TierConfig, measured: Measured, about: str) -> Finding:
    level = tier.lead_quantile or UPPER
    lead = lead_from(
        measured.boots, level, default=tier.lead_time, warm_up=measured.warm_up, kind=measured.kind
    )
    if measured.boots.count < ENOUGH:
        return ok(about, f"lead time: {format_duration(tier.lead_time)}, {lead.why}")
    if tier.lead_quantile is not None or lead.value <= tier.lead_time:
        used = lead.value if tier.lead_quantile is not None else tier.lead_time
        return ok(about, f"lead time: {format_duration(used)}; {lead.why}")
    return warning(
        about,
        f"lead time: {format_duration(tier.lead_time)} is shorter than {spoken(lead.value)}; "
        f"{lead.why}",
        f"write lead_time: measured p{level * 100:g}, or lead_time: {format_duration(lead.value)}",
    )
