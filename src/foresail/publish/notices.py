"""Notices: what people are told of what happened, in the bounds of a mail and of a chat."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from foresail.config.monitoring import NoticeKind
from foresail.publish.events import Event, EventKind

Severity = Literal["info", "warning", "error"]
MOST_SUBJECT = 99  # AWS: less than 100 characters
MOST_MESSAGE = 262_144  # bytes of a message of SNS
MOST_CHAT = 3000  # characters; Slack cuts what is longer than 4000
MOST_LINES = 20
_MARKS = {"info": "", "warning": "warning: ", "error": "error: "}


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened to a service, for people.

    Parameters
    ----------
    kind
        As foresail.yaml names it in ``notify: {kinds: [...]}``.
    service
        Whose it is.
    title
        In one line.
    lines
        Why, and what to do.
    severity
        ``error`` where somebody has to act.
    """

    kind: NoticeKind
    service: str
    title: str
    lines: tuple[str, ...] = ()
    severity: Severity = "info"

    def key(self) -> str:
        """Tell one notice from another: the same for the same."""
        said = json.dumps([self.kind, self.service, self.title, self.lines])
        return hashlib.sha256(said.encode()).hexdigest()[:32]


def subject(notice: Notice) -> str:
    """Subject of a mail: printable ASCII, less than 100 characters."""
    text = f"foresail: {_MARKS[notice.severity]}{notice.service}: {notice.title}"
    plain = "".join(c if " " <= c <= "~" else "?" for c in " ".join(text.split()))
    return plain if len(plain) <= MOST_SUBJECT else f"{plain[: MOST_SUBJECT - 3]}..."


def message(notice: Notice) -> str:
    """Body of a mail."""
    text = "\n".join([f"{notice.service}: {notice.title}", "", *_lines(notice)])
    data = text.encode()
    return text if len(data) <= MOST_MESSAGE else data[:MOST_MESSAGE].decode(errors="ignore")


def chat(notice: Notice) -> str:
    """Text of a chat message: Slack's own signs escaped, so that no name is a link or a call."""
    lines = [f"*{_one_line(notice.service)}: {_one_line(notice.title)}*"]
    lines += [f"• {_one_line(line)}" for line in _lines(notice)]
    text = _MARKS[notice.severity] + "\n".join(lines)
    return escape(text if len(text) <= MOST_CHAT else f"{text[: MOST_CHAT - 1]}…")


def escape(text: str) -> str:
    """Write the three signs that Slack reads as its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _lines(notice: Notice) -> list[str]:
    more = len(notice.lines) - MOST_LINES
    return [*notice.lines[:MOST_LINES], *([f"and {more} more"] if more > 0 else [])]


def _one_line(text: str) -> str:
    return " ".join(text.split())


_NOTICES: dict[EventKind, tuple[NoticeKind, Severity, str]] = {
    "plan.applied": (
        "applied",
        "info",
        "plan {plan} applied to {tier}: {created} created, {updated} updated, {deleted} deleted",
    ),
    "refused": ("refused", "warning", "a guardrail refused plan {plan} of {tier}"),
    "drift": ("drift", "warning", "{tier} is not as foresail left it: {changes} changes"),
    "model.drift": ("drift", "warning", "{tier}: {what} is no longer what it was"),
    "anomaly": ("anomaly", "warning", "demand of {tier} ({signal}) is {side} the forecast"),
    "approval.needed": ("waiting", "warning", "plan {plan} waits for approval until {expires}"),
    "approval.decided": ("decided", "info", "plan {plan} was {decision} by {by}"),
    "demoted": ("demoted", "error", "forecast only from now on: its plans are not applied"),
    "promoted": ("promoted", "info", "its plans are applied again"),
    "run.failed": ("failed", "error", "the run failed; what was applied before stays in force"),
    "urgent": ("urgent", "warning", "planned before its time ({trigger}): {state}"),
}


def notices_of(events: Iterable[Event]) -> list[Notice]:
    """Say events in words; a plan that was only made is told to nobody."""
    return [_notice(event) for event in events if event.kind in _NOTICES]


def _notice(event: Event) -> Notice:
    kind, severity, title = _NOTICES[event.kind]
    said = event.detail
    return Notice(kind, str(said["service"]), title.format_map(said), _reasons(event), severity)


def _reasons(event: Event) -> tuple[str, ...]:
    said = event.detail
    listed = [str(reason) for reason in said.get("reasons", ())]
    return (*listed, *_to_do(event.kind, said))


def _to_do(kind: EventKind, said: dict[str, Any]) -> list[str]:
    match kind:
        case "approval.needed":
            told = _cost(said.get("dollars_a_day"))
            return [*told, f"foresail approve {said['plan']}"]
        case "drift":
            return ["look: foresail status; put it back: foresail plan, then apply"]
        case "demoted":
            return [f"look: foresail score --service {said['service']}"]
    return []


def _cost(dollars: float | None) -> list[str]:
    if dollars is None:
        return []
    return [f"it costs {'-' if dollars < 0 else '+'}${abs(dollars):,.2f} a day"]
