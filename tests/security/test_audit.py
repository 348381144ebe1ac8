"""What foresail is built on is pinned, from the registry alone, and licensed as we may use it."""

import importlib.util
import json
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
audit = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(audit)


@pytest.mark.parametrize("lock", audit.LOCKS)
def test_every_requirement_is_pinned(lock):
    text = (ROOT / lock).read_text()
    assert list(audit.unpinned(text)) == []
    assert len(audit.names(text)) > 30


@pytest.mark.parametrize("lock", audit.LICENSED)
def test_every_licence_is_one_we_may_use(lock):
    assert list(audit.licences((ROOT / lock).read_text())) == []


@pytest.mark.parametrize(
    "line",
    [
        "boto3",
        "boto3>=1.40",
        "boto3~=1.40.0",
        "boto3==1.*,<2",
        "boto3 @ https://example.com/boto3.whl",
        "https://example.com/boto3.whl",
        "git+https://example.com/boto3.git",
        "-e .",
        "-r other.txt",
        "--index-url https://example.com/simple",
        "-i https://example.com/simple",
        "--extra-index-url https://example.com/simple",
        "--find-links wheels",
        "--trusted-host example.com",
        "./wheels/boto3.whl",
    ],
)
def test_what_is_not_a_pin_is_found(line):
    assert list(audit.unpinned(f"# a comment\n{line}\nrich==14.0.0  # fine\n")) == [
        f"not a pinned requirement: {line}"
    ]


def test_a_pin_may_have_extras_and_a_marker():
    fine = "moto[server]==5.2.5\ncolorama==0.4.6 ; sys_platform == 'win32'\n    # via click\n"
    assert list(audit.unpinned(fine)) == []
    assert audit.names(fine) == ["moto", "colorama"]


def told(**fields):
    message = Message()
    for name, value in fields.items():
        for one in [value] if isinstance(value, str) else value:
            message[name.replace("_", "-")] = one
    return message


@pytest.mark.parametrize(
    ("fields", "fine"),
    [
        ({"License_Expression": "MIT"}, True),
        ({"License_Expression": "(MIT OR GPL-3.0-only) AND Zlib"}, True),
        ({"License_Expression": "MIT AND GPL-3.0-only"}, False),
        ({"License_Expression": "AGPL-3.0-only"}, False),
        ({"Classifier": ["Topic :: x", "License :: OSI Approved :: BSD License"]}, True),
        ({"Classifier": ["License :: OSI Approved :: GNU General Public License (GPL)"]}, False),
        ({"License": "Apache License 2.0"}, True),
        ({"License": "Proprietary"}, False),
        ({}, False),
    ],
)
def test_licences_are_read_however_they_are_told(fields, fine):
    assert (audit.licence_finding("x", told(**fields)) is None) is fine


def test_a_hole_is_a_finding_and_no_answer_is_none():
    rows = [
        {"name": "a", "version": "1", "vulns": [{"id": "GHSA-1", "fix_versions": ["2"]}]},
        {"name": "b", "version": "1", "vulns": []},
        {"name": "c", "skip_reason": "not found"},
    ]
    found, known = audit.advisories(json.dumps({"dependencies": rows}))
    assert found == ["a 1: GHSA-1, mended in 2"] and known == 2


def test_no_network_is_no_finding(monkeypatch):
    monkeypatch.setattr(audit, "SECONDS", 0.001)
    assert audit.ask(ROOT / "requirements.lock") == ([], 0)


def test_a_finding_fails_the_audit(monkeypatch, capsys):
    monkeypatch.setattr(audit, "ask", lambda lock: (["a 1: GHSA-1"], 1))
    assert audit.main() == 1
    assert "found: requirements.lock: a 1: GHSA-1" in capsys.readouterr().out
    monkeypatch.setattr(audit, "ask", lambda lock: ([], 0))
    assert audit.main() == 0
