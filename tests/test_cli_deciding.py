"""run, approve, override, freeze and history as a person types them, against a sandbox."""

from __future__ import annotations

import json
import re

import pytest

from in_process import in_process


@pytest.fixture
def cli(shop, monkeypatch, capsys):
    return in_process(shop, monkeypatch, capsys)


def joined(text):
    """Take the terminal's line breaks out."""
    return " ".join(text.split())


def test_a_plan_waits_is_shown_and_approved_and_history_says_by_whom(cli):
    done = cli("run")
    assert done.returncode == 0, done.stderr
    assert re.search(r"storefront: waiting \(plan [0-9a-f]{16}\)", done.stdout)
    [waiting] = json.loads(cli("approve", "--json").stdout)
    plan_id = waiting["plan_id"]
    assert plan_id in cli("approve").stdout
    shown = cli("approve", plan_id, "--show").stdout
    assert "to create" in shown
    assert "waits: web: it is the first plan of storefront-web" in shown
    status = cli("status").stdout
    assert f"plan {plan_id} waits for approval until" in status
    done = cli("approve", plan_id, "--by", "Ann", "--reason", "looked at it")
    assert done.returncode == 0, done.stderr
    assert "read back and verified" in done.stdout
    told = cli("history", "storefront").stdout
    assert "Ann" in told
    assert "waiting" in told
    assert "approved by Ann (arn:aws:" in joined(cli("status").stdout)
    assert cli("approve").stdout == "no plan waits\n"


def test_an_override_is_set_written_listed_and_removed(cli):
    words = ("--min", "40", "--until", "3h", "--reason", "launch", "--by", "Ann")
    done = cli("override", "storefront/web", *words, "--apply", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["state"] == "applied"
    [made] = json.loads(cli("override", "--list", "--json").stdout)
    assert (made["min"], made["reason"]) == (40, "launch")
    assert made["id"] in cli("override").stdout
    assert f"override {made['id']}: at least 40" in cli("status").stdout
    assert f"override {made['id']}: at least 40" in joined(cli("plan").stdout)
    done = cli("override", "--remove", made["id"])
    assert done.returncode == 0
    assert "takes back" in done.stdout
    assert cli("override").stdout == "no override stands\n"


def test_a_frozen_service_is_written_only_with_a_reason(cli):
    done = cli("freeze", "storefront", "--until", "2h", "--reason", "peak", "--by", "Ann")
    assert done.returncode == 0, done.stderr
    assert "storefront" in cli("freeze", "--list").stdout
    assert "storefront: frozen" in cli("run").stdout
    done = cli("apply", "--auto-approve")
    assert (done.returncode, "frozen until" in done.stderr) == (1, True)
    assert cli("apply", "--auto-approve", "--despite-freeze", " ").returncode == 2
    done = cli("apply", "--auto-approve", "--despite-freeze", "users see errors")
    assert done.returncode == 0, done.stderr
    assert "despite the freeze: users see errors" in joined(cli("status").stdout)
    assert "is no longer frozen" in cli("unfreeze", "storefront").stdout
    assert cli("unfreeze", "storefront").returncode == 2


@pytest.mark.parametrize(
    ("words", "says", "cure"),
    [
        (("approve", "feedfeedfeedfeed"), "no plan feedfeedfeedfeed waits here", "approve lists"),
        (("approve", "--reject"), "--reject of which plan?", "foresail approve lists"),
        (("approve", "x", "--token", "y"), "both given", "one of them"),
        (("approve", "--token", "y"), "needs the key", "FORESAIL_SIGNING_KEY"),
        (("override", "storefront/web", "--min", "40"), "until when?", "--until"),
        (
            ("override", "storefront/web", "--min", "40", "--until", "soon", "--reason", "x"),
            "--until 'soon' is no time", "2026-11-27T18:00",
        ),
        (
            ("override", "storefront/wbe", "--min", "4", "--until", "1h", "--reason", "x"),
            "no tier 'storefront/wbe'", "storefront/web",
        ),
        (
            ("override", "storefront/web", "--min", "400", "--until", "1h", "--reason", "x"),
            "above max of storefront/web", "raise max in foresail.yaml",
        ),
        (("override", "storefront/web", "--min", "4", "--until", "1h"), "a reason", "--reason"),
        (("override", "--remove", "o-none"), "no override o-none stands", "--list"),
        (("freeze", "storefrnt", "--until", "1h"), "no service 'storefrnt'", "storefront"),
        (("history", "storefrnt"), "no service 'storefrnt'", "storefront"),
    ],
)  # fmt: skip
def test_bad_input_is_named_with_its_cure(cli, words, says, cure):
    done = cli(*words)
    assert done.returncode == 2, done
    assert says in done.stderr
    assert cure in done.stderr
