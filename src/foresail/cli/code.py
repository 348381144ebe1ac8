"""How the plan command writes a plan as infrastructure as code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from foresail.cli.common import warn
from foresail.errors import InputError

if TYPE_CHECKING:
    from foresail.changes.planfile import PlanFile
    from foresail.config import Config

_YAML = (".yaml", ".yml")


def check_format(form: str, *, as_json: bool) -> None:
    """Refuse a format that there is not, before the work is done.

    Raises
    ------
    InputError
        No such format, or JSON is asked for beside it.
    """
    from foresail.iac import FORMATS

    if form not in FORMATS:
        raise InputError(f"--format {form}: no such format", cure=f"write {' or '.join(FORMATS)}")
    if as_json:
        raise InputError("--json and --format are both given", cure="keep one of them")


def write_code(config: Config, made: PlanFile, aws: Any, form: str, out: Path | None) -> None:
    """Print a plan as code, or write it whole; what its reader should know goes to stderr."""
    from foresail.files import replacing
    from foresail.iac import as_code
    from foresail.operations.opening import target_of

    yaml = out is not None and out.suffix in _YAML
    code = as_code(made, form, lambda tier: target_of(tier, config, aws), yaml=yaml)
    for note in code.notes:
        warn(note)
    for tier in made.tiers:
        for said in tier.changes(made.created).warnings:
            warn(f"{tier.service}/{tier.tier}: {said}")
    if out is None:
        typer.echo(code.text, nl=False)
        return
    try:
        with replacing(out) as temporary:
            temporary.write_text(code.text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{out}: cannot be written ({error.strerror})", cure="choose another --out"
        ) from error
    typer.echo(f"plan {made.id} written to {out} as {form}; nothing was changed on AWS")
