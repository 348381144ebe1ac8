"""What people decide over plans: ``foresail override``, ``freeze`` and ``unfreeze``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresail.cli.common import (
    CONFIG,
    ConfigOption,
    JsonOption,
    clock,
    print_json,
    print_rows,
    say,
)
from foresail.cli.running import ByOption, show_outcomes, who, work_of
from foresail.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from foresail.cycle.work import Work

app = typer.Typer()
ReasonOption = Annotated[str, typer.Option(help="Why; shown wherever it counts.")]
UntilOption = Annotated[
    str | None,
    typer.Option(help="Its end: a time, local to the tier without an offset; or a duration."),
]
ListOption = Annotated[bool, typer.Option("--list", help="List what stands.")]


@app.command()
def override(
    tier: Annotated[str | None, typer.Argument(help="service/tier")] = None,
    minimum: Annotated[int | None, typer.Option("--min", help="At least so many units.")] = None,
    maximum: Annotated[
        int | None, typer.Option("--max", help="No planned floor above so many units.")
    ] = None,
    begin: Annotated[
        str, typer.Option("--from", help="Its beginning, as --until; or a duration from now.")
    ] = "0s",
    until: UntilOption = None,
    reason: ReasonOption = "",
    by: ByOption = None,
    long: Annotated[
        bool, typer.Option("--longer-than-a-month", help="More than 31 days are meant.")
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write it now; the next run does it else.")
    ] = False,
    remove: Annotated[str | None, typer.Option(help="End the override of this id.")] = None,
    listed: ListOption = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Set a tier's floor for a time, over all plans; list overrides; end one early."""
    work = work_of(config, as_json=as_json)
    if remove is not None:
        _remove(work, remove, apply=apply, as_json=as_json)
    elif listed or tier is None:
        _list(work, tier, as_json=as_json)
    else:
        made = _set(work, tier, (minimum, maximum), (begin, until), reason, by, long=long)
        if not (apply and as_json):  # with both, what was written is printed
            _say(made.to_json(), f"{made.name}: {made.said()}", as_json=as_json)
        if apply:
            _apply(work, made.service, as_json=as_json)


@app.command()
def freeze(
    service: Annotated[str | None, typer.Argument(help="Which service.")] = None,
    until: UntilOption = None,
    reason: ReasonOption = "",
    by: ByOption = None,
    listed: ListOption = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Keep foresail from writing a service, until a time; what stands goes on."""
    from foresail.overrides.freeze import Freeze, freezes
    from foresail.overrides.freeze import freeze as keep

    work = work_of(config, as_json=as_json)
    now = work.clock()
    if listed or service is None:
        found = freezes(work.store.records, now)
        rows = [one.to_json() for one in found]
        print_json(rows) if as_json else _print(rows, "no service is frozen")
        return
    zone = _zone(work, service)
    end = _end(until, zone, now)
    made = Freeze(service, end, reason, who(work.aws, by), now)
    keep(work.store.records, made)
    _say(made.to_json(), f"{service}: {made.said()}", as_json=as_json)


@app.command()
def unfreeze(
    service: Annotated[str, typer.Argument(help="Which service.")],
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """End a freeze: the next run writes again."""
    from foresail.overrides.freeze import unfreeze as end

    work = work_of(config, as_json=as_json)
    ended = end(work.store.records, service, work.clock())
    _say(ended.to_json(), f"{service} is no longer {ended.said()}", as_json=as_json)


def _set(
    work: Work,
    name: str,
    units: tuple[int | None, int | None],
    times: tuple[str, str | None],
    reason: str,
    by: str | None,
    *,
    long: bool,
) -> Any:
    from foresail.operations.deciding import Asked, decide_override, tier_named
    from foresail.overrides.moments import moment

    now, tier = work.clock(), tier_named(work.config, name)
    zone = work.config.zone(tier.service, tier.tier)
    start = moment(times[0], zone, now, "--from")
    end = _end(times[1], zone, start)
    asked = Asked(*units, start, end, reason, who(work.aws, by), long)
    return decide_override(work.config, work.aws, work.store, name, asked, now)


def _end(until: str | None, zone: Any, after: datetime) -> datetime:
    from foresail.overrides.moments import CURE, moment

    if until is None:
        raise InputError("until when?", cure=f"--until: {CURE}")
    return moment(until, zone, after, "--until")


def _zone(work: Work, name: str) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(work.config.service(name).timezone)


def _list(work: Work, name: str | None, *, as_json: bool) -> None:
    from foresail.overrides.standing import known_overrides, standing

    now = work.clock()
    service = None if name is None else name.split("/")[0]
    found = standing(known_overrides(work.store.records, now, service), now)
    if as_json:
        print_json([one.to_json() for one in found])
        return
    rows = [
        {
            "id": one.id,
            "tier": one.name,
            "asks for": one.asks(),
            "from": one.start,
            "until": one.end,
            "reason": one.reason,
            "by": one.by,
        }
        for one in found
        if name in (None, one.service, one.name)
    ]
    _print(rows, "no override stands")


def _print(rows: list[dict[str, Any]], nothing: str) -> None:
    if rows:
        print_rows(rows, as_json=False)
    else:
        typer.echo(nothing)


def _remove(work: Work, override_id: str, *, apply: bool, as_json: bool) -> None:
    from foresail.cycle import plan_and_apply
    from foresail.overrides.standing import remove_override

    ended = remove_override(work.store.records, override_id, work.clock())
    said = f"ended {ended.said()}; the next run takes back what it asked for"
    if not (apply and as_json):
        _say(ended.to_json(), said, as_json=as_json)
    if apply:
        done = plan_and_apply(
            work.config, work.aws, clock, service=ended.service, progress=say(as_json)
        )
        show_outcomes(done, as_json=as_json)


def _apply(work: Work, service: str, *, as_json: bool) -> None:
    from foresail.cycle.overriding import write_overrides

    show_outcomes([write_overrides(work, service)], as_json=as_json)


def _say(data: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(data)
    else:
        typer.echo(text)
