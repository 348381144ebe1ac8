"""Commands that go on when a service fails: who failed is told, and the exit code is 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import typer

if TYPE_CHECKING:
    from foresail.config import Config
    from foresail.failures import ServiceFailure

T = TypeVar("T")


def for_each_service(
    config: Config, service: str | None, work: Callable[[str], Sequence[T]]
) -> tuple[list[T], tuple[ServiceFailure, ...]]:
    """Do something for each service, or for the one that is named; join what they give.

    Raises
    ------
    InputError
        No service has that name, or all failed.
    """
    from foresail.failures import each_service
    from foresail.pipeline import tiers

    names = dict.fromkeys(tier.service.name for tier in tiers(config, service))
    done, failed = each_service(names, work)
    return [row for rows in done.values() for row in rows], failed


def rows_of(failed: Sequence[ServiceFailure]) -> list[dict[str, Any]]:
    """Rows for ``--json``, after those of the services that went well."""
    return [{"service": one.service, "failed": one.message, "cure": one.cure} for one in failed]


def tell_failed(failed: Sequence[ServiceFailure]) -> None:
    """Say on the error stream which services failed, and why."""
    for one in failed:
        typer.echo(f"failed: {one}", err=True)
    if failed:
        names = ", ".join(one.service for one in failed)
        count = "1 service" if len(failed) == 1 else f"{len(failed)} services"
        typer.echo(f"{count} failed, the others went on: {names}", err=True)


def end_failed(failed: Sequence[ServiceFailure]) -> None:
    """Tell of failures and end with exit code 1; do nothing when there are none."""
    if failed:
        tell_failed(failed)
        raise typer.Exit(1)
