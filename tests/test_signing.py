"""Tokens: what was signed comes back, and nothing else does."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresail.errors import AwsError, ConfigError, InputError
from foresail.sandbox import Sandbox
from foresail.signing import VARIABLE, SigningKey, sign, signing_key, verify

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
KEY, OTHER = SigningKey(b"k" * 32), SigningKey(b"o" * 32)
PAYLOAD = {"plan": "abc", "expires": "2026-11-20T16:00:00+00:00"}

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(), plain, max_size=4))
def test_what_was_signed_comes_back(payload):
    payload = {**payload, "expires": PAYLOAD["expires"]}
    assert verify(sign(payload, KEY), KEY, NOW) == payload


@given(st.integers(min_value=0), st.characters(min_codepoint=33, max_codepoint=126))
def test_any_other_letter_anywhere_is_refused(at, letter):
    token = sign(PAYLOAD, KEY)
    at %= len(token)
    changed = token[:at] + letter + token[at + 1 :]
    if changed == token:
        return
    with pytest.raises(InputError, match="not signed with this key"):
        verify(changed, KEY, NOW)


@pytest.mark.parametrize("token", ["", ".", "a.b", "é.é", "x" * 10_000, sign(PAYLOAD, OTHER)])
def test_what_is_no_token_of_this_key_is_refused(token):
    with pytest.raises(InputError, match="not signed with this key"):
        verify(token, KEY, NOW)


def test_a_token_of_another_purpose_is_refused():
    with pytest.raises(InputError, match="approval token was not signed"):
        verify(sign(PAYLOAD, KEY, purpose="plan"), KEY, NOW)


def test_a_token_counts_until_it_expires():
    token = sign(PAYLOAD, KEY)
    assert verify(token, KEY, NOW + timedelta(minutes=59, seconds=59))
    with pytest.raises(InputError, match="expired at 2026-11-20 16:00Z"):
        verify(token, KEY, NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    "payload", [{}, {"expires": None}, {"expires": "soon"}, {"expires": "2026-11-20T16:00:00"}]
)
def test_nothing_is_signed_for_ever(payload):
    with pytest.raises(InputError, match="expires"):
        sign(payload, KEY)


def test_no_key_is_shown():
    assert "kkk" not in repr(KEY) and "kkk" not in str(KEY)


def test_the_environment_names_the_key(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert signing_key(None) is None
    monkeypatch.setenv(VARIABLE, f" {'k' * 32}\n")
    assert signing_key(None) == KEY
    monkeypatch.setenv(VARIABLE, "short-and-secret")
    with pytest.raises(ConfigError, match="16 characters, and needs 32") as told:
        signing_key(None)
    assert "short-and-secret" not in str(told.value)


def test_the_key_may_be_an_encrypted_parameter(monkeypatch):
    monkeypatch.setenv(VARIABLE, "ssm:/foresail/signing-key")
    with Sandbox(start=NOW) as sandbox:
        ssm = sandbox.client("ssm")
        with pytest.raises(AwsError, match="no such parameter"):
            signing_key(sandbox.aws)
        name = "/foresail/signing-key"
        ssm.put_parameter(Name=name, Value="k" * 32, Type="String")
        with pytest.raises(ConfigError, match="is a String") as told:
            signing_key(sandbox.aws)
        assert "kkk" not in str(told.value)
        ssm.put_parameter(Name=name, Value="k" * 32, Type="SecureString", Overwrite=True)
    with Sandbox(start=NOW) as sandbox:
        sandbox.client("ssm").put_parameter(Name=name, Value="k" * 32, Type="SecureString")
        assert signing_key(sandbox.aws) == KEY
