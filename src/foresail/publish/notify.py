"""Tell people: topics of SNS and a webhook, each notice once; what fails is a warning."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from foresail.aws import aws_errors
from foresail.errors import ForesailError
from foresail.logs import get_logger, run_id
from foresail.publish.notices import Notice, chat, message, subject
from foresail.publish.webhook import address_of, post
from foresail.store.records import Conflict, Delete, Put

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config
    from foresail.store.records import Records

IAM_WRITE = ("sns:Publish",)
IAM_READ = ("ssm:GetParameter",)
PARTITION = "notice"
log = get_logger(__name__)


def notify(
    config: Config,
    aws: Aws,
    notice: Notice,
    *,
    records: Records | None = None,
    now: datetime | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Tell a notice to each topic and to the webhook of the configuration.

    Parameters
    ----------
    records
        Where it is remembered what was told: the same notice goes to one place once in the
        configured time. Without them each call tells.
    now
        Aware time; the machine's where None.

    Returns
    -------
    list of str
        One warning for each place that did not take it; it is told again the next time.
    """
    told = config.notify
    if told is None or notice.kind not in told.kinds:
        return []
    places: dict[str, Callable[[], None]] = {
        topic: lambda topic=topic: _publish(aws, topic, notice)  # type: ignore[misc]
        for topic in told.topics
    }
    if told.webhook is not None:
        where = told.webhook
        places["webhook"] = lambda: post(address_of(where, aws), chat(notice), wait)
    until = (now or datetime.now(UTC)) + told.quiet
    return [
        warning
        for place, tell in places.items()
        for warning in _tell(records, notice, place, until, tell)
    ]


def _tell(
    records: Records | None,
    notice: Notice,
    place: str,
    until: datetime,
    tell: Callable[[], None],
) -> list[str]:
    try:
        with _once(records, f"{notice.key()}/{place}", until) as due:
            if due:
                tell()
                log.info("notice.told", kind=notice.kind, service=notice.service, place=place)
    except ForesailError as error:
        return [f"{place} was not told that {notice.service}: {notice.title}: {error}"]
    return []


@contextmanager
def _once(records: Records | None, key: str, until: datetime) -> Iterator[bool]:
    """Whether a notice is due at a place; claims it, and gives it back when telling fails."""
    if records is None:
        yield True
        return
    try:
        records.write(Put(PARTITION, key, {"run": run_id()}, expires=until, expected=0))
    except Conflict:
        yield False
        return
    try:
        yield True
    except ForesailError:
        records.write(Delete(PARTITION, key))
        raise


def _publish(aws: Aws, topic: str, notice: Notice) -> None:
    """Publish to a topic where it lives; attributes let subscribers choose."""
    chosen = {"kind": notice.kind, "service": notice.service, "severity": notice.severity}
    client = aws.at(region=topic.split(":")[3]).client("sns")
    with aws_errors("sns:Publish", topic):
        client.publish(
            TopicArn=topic,
            Subject=subject(notice),
            Message=message(notice),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in chosen.items()
            },
        )
