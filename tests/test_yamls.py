"""YAML as people write it."""

from __future__ import annotations

import pytest

from foresail.errors import ConfigError, InputError
from foresail.yamls import parse_yaml


def test_plain_data_comes_back():
    assert parse_yaml("a: [1, two]", "x.yaml") == {"a": [1, "two"]}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\na: 2", "x.yaml, line 2, column 1: malformed YAML: the key a stands twice"),
        ("a: [1", "x.yaml, line"),
        ("when: 2026-13-45", "malformed YAML: month must be in 1..12"),
        ("a: !!python/object:os.system x", "could not determine a constructor"),
    ],
)
def test_mistakes_are_told_with_their_place(text, says):
    with pytest.raises(InputError) as caught:
        parse_yaml(text, "x.yaml")
    assert says in str(caught.value)


def test_the_kind_of_error_is_the_callers():
    with pytest.raises(ConfigError):
        parse_yaml("a: [1", "foresail.yaml", error=ConfigError)
