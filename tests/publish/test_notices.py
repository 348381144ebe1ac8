"""What people are told: within the bounds of a mail and of a chat, and no calls by others."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from foresail.publish.events import Event, EventKind
from foresail.publish.notices import Notice, chat, escape, message, notices_of, subject
from publish.test_occasions import EVENTS

ANY = st.builds(
    Notice,
    st.just("failed"),
    st.text(max_size=300),
    st.text(max_size=4000),
    st.lists(st.text(max_size=3000), max_size=40).map(tuple),
    st.sampled_from(["info", "warning", "error"]),
)


@given(ANY)
def test_a_mail_is_what_sns_takes(notice):
    line = subject(notice)
    assert 0 < len(line) < 100
    assert line.isascii() and line.isprintable()
    assert 0 < len(message(notice).encode()) <= 262_144


@given(ANY)
def test_a_chat_text_calls_nobody_and_links_nowhere(notice):
    text = chat(notice)
    assert "<" not in text and ">" not in text
    assert len(text) <= 5 * 3000 + 10
    assert text.count("\n") <= 22


def test_slacks_own_signs_are_written_out():
    assert escape("<!channel> & <http://x|y>") == "&lt;!channel&gt; &amp; &lt;http://x|y&gt;"
    assert chat(Notice("failed", "shop", "a & b", ("<!here>",), "error")) == (
        "error: *shop: a &amp; b*\n• &lt;!here&gt;"
    )


def test_a_long_list_is_cut_and_says_so():
    text = message(Notice("failed", "shop", "t", tuple(f"line {n}" for n in range(25))))
    assert text.splitlines()[-1] == "and 5 more"


def test_the_same_notice_has_the_same_key_and_no_other():
    one = Notice("failed", "shop", "t", ("a",))
    others = [
        Notice("failed", "shop", "t", ("b",)), Notice("failed", "mail", "t", ("a",)),
        Notice("drift", "shop", "t", ("a",)), Notice("failed", "shop", "u", ("a",)),
    ]  # fmt: skip
    assert one.key() == Notice("failed", "shop", "t", ("a",), "error").key()
    assert len({one.key(), *(other.key() for other in others)}) == 5


def test_every_event_is_told_in_words_but_a_plan_that_was_only_made():
    told = {kind: notices_of(make()) for kind, make in EVENTS.items()}
    assert set(told) == set(get_args(EventKind))
    assert [kind for kind, notices in told.items() if not notices] == ["plan.made"]
    assert told["approval.needed"][0].title.startswith(
        "plan p1 waits for approval until 2026-11-24"
    )
    assert told["approval.needed"][0].lines == (
        "rises by 80%", "it costs +$12.50 a day", "foresail approve p1"
    )  # fmt: skip
    assert told["refused"][0].lines == ("rises by 900 %",)
    assert told["demoted"][0].severity == "error"


def test_braces_in_names_are_only_text():
    [notice] = notices_of([Event("demoted", {"service": "{shop}", "reasons": ["{0.__class__}"]})])
    assert (notice.service, notice.lines[0]) == ("{shop}", "{0.__class__}")
