"""``foresail signals``: what tells of each tier's demand, and how well."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from foresail.cli.common import (
    CONFIG,
    ConfigOption,
    JsonOption,
    ServiceOption,
    clock,
    connect,
    load,
    print_json,
    print_rows,
    say,
)

if TYPE_CHECKING:
    from foresail.demand.storage import StorageOutlook
    from foresail.forecast.leading import Correction
    from foresail.pipeline.survey import TierSignals

app = typer.Typer()
_GIB = 2.0**30


@app.command()
def signals(
    config: ConfigOption = CONFIG,
    service: ServiceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show each tier's signals: gaps, hidden demand, which counts, what runs ahead, storage."""
    from foresail.pipeline.survey import survey_signals

    loaded = load(config)
    found = survey_signals(loaded, connect(loaded), clock(), service=service, progress=say(as_json))
    if as_json:
        print_json([_plain(one) for one in found])
        return
    for one in found:
        _tell(one)


def _tell(one: TierSignals) -> None:
    typer.echo(one.tier)
    print_rows([_row(row, one.tier) for row in one.signals.to_dict("records")], as_json=False)
    for note in one.notes:
        typer.echo(f"  {note}")
    for correction in one.leading:
        typer.echo(f"  {_led(correction)}")
    if one.storage is not None:
        typer.echo(f"  storage: {_stored(one.storage)}")


def _row(row: dict[Any, Any], tier: str) -> dict[str, Any]:
    known = not math.isnan(row["correlation"])
    return {
        "signal": str(row["series"]).removeprefix(f"{tier}/"),
        "missing": f"{row['missing']:.1%}",
        "hidden": f"{row['censored']:.1%}",
        "correlation": f"{row['correlation']:.2f}" if known else "-",
        "needed most": f"{row['needed_most']:.0%}",
        "peak units": f"{row['peak']:.1f}",
    }


def _led(one: Correction) -> str:
    does = "corrects" if one.used else "does not correct"
    p_value = one.lead.p_value
    sure = "" if math.isnan(p_value) else ", p < 0.001" if p_value < 0.001 else f", p {p_value:.2g}"
    strength = "" if math.isnan(one.lead.strength) else f" (r {one.lead.strength:.2f}{sure})"
    return f"{one.leading} {does} {one.series}: {one.reason}{strength}"


def _stored(one: StorageOutlook) -> str:
    grows = "" if one.growth is None else f", {one.growth.value / _GIB:+.2f} GiB a day"
    added = "" if one.enlarged is None else f"; RDS adds storage from {one.enlarged:%Y-%m-%d}"
    sizes = f"{one.used / _GIB:.1f} of {one.limit / _GIB:.0f} GiB in use"
    return f"{sizes}{grows}: {one.reason}{added}"


def _plain(one: TierSignals) -> dict[str, Any]:
    """Plain values, as JSON takes them; what is unknown is null."""
    return {
        "tier": one.tier,
        "signals": [_known(row) for row in one.signals.to_dict("records")],
        "leading": [_correction(correction) for correction in one.leading],
        "storage": None if one.storage is None else _known(asdict(one.storage)),
        "notes": list(one.notes),
    }


def _correction(one: Correction) -> dict[str, Any]:
    return _known(
        {
            "series": one.series,
            "leading": one.leading,
            "lead_minutes": one.lead.lead.total_seconds() / 60 if one.lead.found else None,
            "strength": one.lead.strength,
            "p_value": one.lead.p_value,
            "explained": one.explained,
            "pinball_ratio": one.pinball_ratio,
            "used": one.used,
            "reason": one.reason,
        }
    )


def _known(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(k): None if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()}
