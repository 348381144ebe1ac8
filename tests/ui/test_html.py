"""Elements are written so that text stays text."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from foresail.ui.html import Html, el


class Read(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.attrs = [], "", []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attrs += attrs

    def handle_data(self, data):
        self.text += data


PLAIN = st.text(st.characters(exclude_categories=("Cs", "Cc")))


@given(PLAIN, PLAIN)
def test_any_text_comes_back_as_it_was_and_makes_no_element(text, value):
    read = Read(el("p", text, el("b", text), title=value))
    assert read.tags == ["p", "b"]
    assert read.text == text * 2
    assert read.attrs == [("title", value)]


def test_children_attributes_and_void_elements():
    assert el("a", ["x", None, 3], class_="k", href=None) == '<a class="k">x3</a>'
    assert el("p", Html("<br>"), "<br>") == "<p><br>&lt;br&gt;</p>"
    assert el("line", x1=1, stroke_width=2) == '<line x1="1" stroke-width="2"/>'
    assert el("meta", name="a", http_equiv="b") == '<meta name="a" http-equiv="b">'
