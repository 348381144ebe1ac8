"""One service that fails does not stop the others; what failed is told."""

import pytest

from foresail.errors import AwsError, InputError
from foresail.failures import OWN_FAULT, ServiceFailure, each_service


def raising(errors):
    def work(name):
        if name in errors:
            raise errors[name]
        return name.upper()

    return work


def test_the_others_go_on_and_each_failure_is_told():
    errors = {"b": InputError("no data", cure="look"), "d": KeyError("q0.9")}
    done, failed = each_service("abcd", raising(errors))
    assert done == {"a": "A", "c": "C"}
    assert failed == (
        ServiceFailure("b", "no data", "look"),
        ServiceFailure("d", "KeyError: 'q0.9'", OWN_FAULT),
    )
    assert str(failed[0]) == "b: no data\n  -> look"


def test_the_only_one_fails_with_its_own_error():
    error = AwsError("no credentials")
    with pytest.raises(AwsError) as caught:
        each_service(["a"], raising({"a": error}))
    assert caught.value is error


def test_what_fails_alike_everywhere_is_told_once():
    errors = {name: AwsError("no credentials", cure="get some") for name in "abcd"}
    with pytest.raises(AwsError, match=r"^no credentials\n  -> get some$"):
        each_service("abcd", raising(errors))


def test_when_all_fail_of_something_else_three_are_named():
    errors = {name: InputError(f"no data for {name}", cure="look") for name in "abcde"}
    said = "all 5 services failed: a: no data for a; b: no data for b; c: no data for c; and 2 more"
    with pytest.raises(InputError) as caught:
        each_service("abcde", raising(errors))
    assert caught.value.message == said
    assert caught.value.cure == "look"
    assert caught.value.exit_code == 2


def test_nothing_to_do_is_no_failure():
    assert each_service([], raising({})) == ({}, ())


def test_whoever_stops_the_run_stops_it():
    with pytest.raises(KeyboardInterrupt):
        each_service("ab", raising({"a": KeyboardInterrupt()}))
