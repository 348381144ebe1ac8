"""The page as a client of HTTP sees it: what it shows, and what it lets nobody do."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from foresail.sandbox import Sandbox, create_group
from foresail.store.opening import folder_store
from foresail.ui.app import application, source
from publish.sample import NOW, config, tier
from ui.sample import HOSTILE, Nowhere, busy, came, frozen, hostile_config, planned

BASE = "http://127.0.0.1:8080"


def client(made, store, aws=None, now=NOW):
    shown = source(made, aws or Nowhere(), store, lambda: now)
    app = application(shown, ("127.0.0.1", "localhost", "::1"))
    return TestClient(app, base_url=BASE, raise_server_exceptions=False)


@pytest.fixture
def made(tmp_path):
    return hostile_config(tmp_path)


class Elements(HTMLParser):
    """Names and attributes of all elements, and the text between them."""

    def __init__(self, text):
        super().__init__()
        self.seen, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += f"{data} "


def words(answer):
    return re.sub(r"\s+", " ", Elements(answer.text).text)


def test_before_the_first_plan_it_says_what_to_do(made):
    ask = client(made, folder_store(made.store, lambda: NOW))
    assert "no plan yet" in words(ask.get("/"))
    page = words(ask.get("/services/shop"))
    assert "No plan yet. Make the first one: foresail plan" in page


def test_the_overview_tells_how_each_service_stands_and_what_is_next(made):
    page = words(client(made, planned(made)).get("/"))
    assert "2 services" in page and "1 want a look" in page  # mail has no plan
    assert "planned 7 min ago 13:55: 2 → 3" in page  # 12:55 UTC in Berlin


def test_a_services_page_tells_all_that_happened(made):
    page = words(client(made, busy(made)).get("/services/shop"))
    for said in (
        "forecast only", "foresail score --service shop", "3 changes, $12.50 a day, until 15:02",
        "foresail approve p1", "web: at least 40, 13:02 to 16:02", "(by ann)",
        "12 min under capacity; 80% below q0.9; MASE 1.00", "trust 0.90",
        "AWS could not be asked", "q0.9, planned for",
        "rise: RequestCount up to 240 (q0.9) takes 4 units at 70%; the floor stays below",
    ):  # fmt: skip
        assert said in page, said


def test_a_freeze_comes_before_everything_else(made):
    ask = client(made, frozen(made))
    assert "frozen" in words(ask.get("/"))
    assert "until 14:02" in words(ask.get("/services/shop"))


def test_a_plan_that_is_old_is_told(made):
    ask = client(made, planned(made), now=NOW + timedelta(hours=5))
    assert "plan is stale 5 h ago" in words(ask.get("/"))
    late = client(made, planned(made), now=NOW + timedelta(days=3))
    assert "The plan changes nothing any more" in words(late.get("/services/shop"))


def test_what_came_is_drawn_against_the_forecast(made):
    store = planned(made)
    empty = client(made, store).get("/services/shop").text
    came(made, store)
    drawn = client(made, store).get("/services/shop").text
    line = re.compile(r'<path d="(M[^"]*)" class="line actual"')
    assert [len(path) > 1000 for path in line.findall(drawn)] == [True]
    assert line.findall(empty) == []


def test_names_and_reasons_are_text_wherever_they_stand(made):
    ask = client(made, busy(made))
    for path in ("/", "/services/shop", "/services/%3Cscript%3Ealert(1)", "/%3Cscript%3E"):
        answer = ask.get(path)
        elements = Elements(answer.text)
        assert {tag for tag, _ in elements.seen} <= {
            "html", "head", "meta", "title", "link", "body", "header", "a", "svg", "path", "span",
            "main", "section", "h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "div",
            "ul", "li", "code", "small", "figure", "figcaption", "i", "line", "text", "g",
            "details", "summary", "footer", "nav",
        }  # fmt: skip
        for _, attributes in elements.seen:
            assert not any(name.startswith("on") or name == "style" for name in attributes)
    shown = ask.get("/services/shop").text
    assert HOSTILE not in shown
    assert unescape(shown).count(HOSTILE) >= 7  # target, pattern, mode, plan, override, AWS


def test_only_reading_is_allowed(made):
    ask = client(made, planned(made))
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        answer = ask.request(method, "/services/shop")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    head = ask.head("/")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8080", 200), ("localhost", 200), ("LOCALHOST:1", 200), ("[::1]:8080", 200),
        ("evil.example:8080", 421), ("127.0.0.1.evil.example", 421), ("", 421), ("10.0.0.7", 421),
        ("localhost:8080:1", 421), ("[::1", 200), ("evil.example#localhost", 421),
    ],
)  # fmt: skip
def test_a_name_that_is_not_the_pages_own_is_not_served(made, host, status):
    answer = client(made, planned(made)).get("/", headers={"host": host})
    assert answer.status_code == status
    assert ("services" in answer.text) is (status == 200)


@pytest.mark.parametrize("path", ["/", "/services/shop", "/services/none", "/none", "/style.css"])
def test_every_answer_says_what_a_browser_may_do_with_it(made, path):
    ask = client(made, planned(made))
    for answer in (ask.get(path), ask.post(path), ask.get(path, headers={"host": "evil.example"})):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "style-src 'self'" in policy
        assert "script-src" not in policy and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_a_page_that_a_browser_has_is_not_sent_again(made):
    ask = client(made, planned(made))
    first = ask.get("/services/shop")
    again = ask.get("/services/shop", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = ask.get("/", headers={"if-none-match": first.headers["etag"]})
    assert other.status_code == 200


def test_what_is_not_there_is_said(made):
    ask = client(made, planned(made))
    unknown = ask.get("/services/none")
    assert unknown.status_code == 404 and "known: shop, mail" in words(unknown)
    assert ask.get("/nothing").status_code == 404


def test_a_store_that_cannot_be_read_is_told_with_its_cure(made):
    store = planned(made)
    (made.store / "store.sqlite").write_bytes(b"no database at all, but long enough to be one")
    answer = client(made, store).get("/services/shop")
    assert answer.status_code == 503
    assert "store.sqlite" in words(answer)


def test_many_services_come_page_by_page(tmp_path):
    targets = [{"type": "ec2-auto-scaling-group", "name": f"g{n}"} for n in range(120)]
    listed = [{"name": f"s{n}", "tiers": [tier(target=one)]} for n, one in enumerate(targets)]
    made = config(tmp_path, services=listed)
    ask = client(made, folder_store(made.store, lambda: NOW))
    for asked, first, last in (("1", 0, 49), ("3", 100, 119), ("99", 100, 119), ("x", 0, 49)):
        page = ask.get("/", params={"page": asked}).text
        names = re.findall(r'href="/services/(s\d+)"', page)
        assert (names[0], names[-1]) == (f"s{first}", f"s{last}")


def test_aws_is_asked_once_a_minute_and_only_to_read(tmp_path):
    at = [NOW]
    with Sandbox(start=NOW) as sandbox:
        create_group(sandbox, "shop-web", min_size=3, max_size=40, desired=9)
        made = config(tmp_path)
        aws, calls = sandbox.aws, []
        aws.client("autoscaling").meta.events.register(
            "before-call", lambda model, **_: calls.append(model.name)
        )
        shown = source(made, aws, planned(made), lambda: at[0])
        ask = TestClient(application(shown, ("127.0.0.1",)), base_url=BASE)
        first = words(ask.get("/services/shop"))
        asked = len(calls)
        ask.get("/services/shop")
        assert len(calls) == asked > 0
        at[0] += timedelta(seconds=61)
        ask.get("/services/shop")
        assert len(calls) == 2 * asked
    assert "on AWS: min 3, desired 9, max 40" in first
    assert all(name.startswith("Describe") for name in calls)
