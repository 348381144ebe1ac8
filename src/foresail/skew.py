"""Hold this machine's clock against AWS's: a schedule that is late by minutes is a fleet too small.

AWS refuses signatures that are five minutes off; plans reckon with two minutes of slack.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from foresail.errors import AwsError
from foresail.units import format_duration

MOST = timedelta(minutes=2)


def watch_clock(client: Any) -> None:
    """Have a client refuse to go on where the clocks differ; each answer of AWS tells its time."""
    client.meta.events.register("after-call", _check, unique_id="foresail-skew")


def _check(http_response: Any, **_: Any) -> None:
    refuse_skew(http_response.headers.get("Date"), datetime.now(UTC))


def refuse_skew(date: str | None, now: datetime) -> None:
    """Refuse a clock that is more than two minutes off.

    Parameters
    ----------
    date
        ``Date`` of an answer that has just come; an endpoint that sends none is believed.
    now
        Aware time of this machine.

    Raises
    ------
    AwsError
        Saying by how much, and which way.
    """
    ahead = timedelta(0) if date is None else now - _read(date, now)
    if abs(ahead) > MOST:
        way = "ahead of" if ahead > timedelta(0) else "behind"
        whole = timedelta(minutes=round(abs(ahead) / timedelta(minutes=1)))
        raise AwsError(
            f"this machine's clock is {format_duration(whole)} {way} AWS's",
            cure="set the clock (timedatectl, chronyc tracking): schedules go by AWS's time",
        )


def _read(date: str, now: datetime) -> datetime:
    """Read a Date; what is none says nothing."""
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except ValueError:
        return now
