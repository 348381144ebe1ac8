"""What is said beside a backtest's figures: what was assumed, and what bounds them."""

from __future__ import annotations

import numpy as np

from foresail.backtest.days import Split
from foresail.backtest.job import Chosen, Job
from foresail.replay.case import Case
from foresail.replay.settings import Fleet, Saturation


def notes(case: Case, split: Split, job: Job, oracle: Chosen | None) -> list[str]:
    """Say what a reader of one series' outcome would otherwise have to guess."""
    told = []
    if job.unit_capacity is None:
        told.append(
            f"No unit capacity was given: one unit is taken to serve {case.scale:,.6g} at 100 %, "
            "so that the 99.5th percentile of demand keeps 20 units busy."
        )
    if split.hindsight:
        told.append(
            "Settings were chosen in hindsight, on the very days they are scored on: there are too "
            "few days to choose on. Read them as the best case."
        )
    peak = float(np.nanmax(case.scored[split.scored :], initial=0.0))
    if peak <= case.rules.slo * max(case.rules.minimum, 1):
        told.append("The minimum serves all of the demand: there is nothing to scale.")
    if oracle is not None and oracle.scores["under_capacity"] > 0:
        need = int(np.ceil(peak / case.rules.slo - 1e-9))
        share = oracle.scores["under_capacity"]
        told.append(
            f"At most {case.rules.maximum} units are under capacity {share:.2%} of the time, "
            f"whatever the policy; the peak takes {need}."
        )
    told += _of_fleet(job.fleet)
    missing = 1 - float(np.isfinite(case.scored).mean())
    if missing > 0:
        told.append(f"{missing:.2%} of the replayed periods were not measured; not scored.")
    return told


def _of_fleet(fleet: Fleet) -> list[str]:
    """Say what was assumed beyond plain units and lost demand."""
    words = {
        Saturation.QUEUED: "Demand beyond all capacity waits, and is served as soon as there is "
        "room; while it waits it counts as demand.",
        Saturation.RETRIED: f"Of demand beyond all capacity {fleet.retry_share:.0%} comes back "
        "within the next periods; the rest is lost.",
    }
    told = [words[fleet.saturation]] if fleet.saturation in words else []
    pool = float(np.max(fleet.pool))
    if pool:
        told.append(
            f"A warm pool of {pool:g} stopped units is in service a period after it is asked; "
            "what it costs while it is stopped is not counted."
        )
    return told
