"""Prices: an own rate first, then AWS's list, then a dated example; never a guess."""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal
from importlib.resources import files

import boto3
import pytest
from botocore.stub import Stubber

from foresail.errors import AwsError, InputError
from foresail.prices.price import Price, example_price, own_rate, price_of

TODAY = date(2026, 11, 24)


def product(*amounts, unit="Hrs"):
    sizes = {str(at): {"unit": unit, "pricePerUnit": {"USD": a}} for at, a in enumerate(amounts)}
    return json.dumps({"product": {}, "terms": {"OnDemand": {"T": {"priceDimensions": sizes}}}})


@pytest.fixture
def client():
    return boto3.client("pricing", region_name="us-east-1")


def asked(client, *answers):
    stub = Stubber(client)
    filters = {
        "instanceType": "m7g.large",
        "regionCode": "eu-west-1",
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
    }
    wanted = [{"Type": "TERM_MATCH", "Field": k, "Value": v} for k, v in filters.items()]
    for at, answer in enumerate(answers):
        more = {"NextToken": "more"} if at + 1 < len(answers) else {}
        sent = {"ServiceCode": "AmazonEC2", "Filters": wanted}
        sent |= {"NextToken": "more"} if at else {}
        stub.add_response("get_products", {"PriceList": answer, **more}, sent)
    stub.activate()
    return stub


def test_own_rate_stands_before_any_list(client):
    found = price_of("m7g.large", "us-east-1", own="0.05", client=client, today=TODAY)
    assert found == Price(Decimal("0.05"), "USD", "own rate, passed by the user", TODAY)
    assert price_of("x", "y", "savings-plan", own=Decimal("0.04")).amount == Decimal("0.04")


def test_an_example_says_that_it_is_one():
    found = price_of("m7g.large", "us-east-1")
    assert found == example_price()
    assert found.amount == Decimal("0.0816")
    assert "example, not a quote" in str(found)
    assert "as of 2026-06-17" in str(found)


def test_every_shipped_price_has_a_source():
    text = (files("foresail.prices") / "examples.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len({(row["instance_type"], row["region"]) for row in rows}) == len(rows)
    for row in rows:
        assert Decimal(row["usd_per_hour"]) > 0
        assert len(row["source"]) > 20


def test_money_is_exact_to_the_cent():
    assert own_rate("0.1").of(3) == Decimal("0.30")
    assert own_rate("0.0816").of(17_727.25) == Decimal("1446.54")


def test_aws_is_asked_over_all_pages(client):
    with asked(client, [product("0.0000000000")], [product("0.0912000000")]) as stub:
        found = price_of("m7g.large", "eu-west-1", client=client, today=TODAY)
        stub.assert_no_pending_responses()
    assert found.amount == Decimal("0.0912")
    assert found.as_of == TODAY
    assert "AWS price list" in found.source


@pytest.mark.parametrize(
    ("answer", "says"), [([], "no price"), ([product("0.1"), product("0.2")], "2 prices")]
)
def test_none_or_several_prices_are_told(client, answer, says):
    with asked(client, answer), pytest.raises(InputError, match=says):
        price_of("m7g.large", "eu-west-1", client=client)


def test_a_refusal_names_the_permission(client):
    stub = Stubber(client)
    stub.add_client_error("get_products", "AccessDeniedException")
    with stub, pytest.raises(AwsError, match="pricing:GetProducts"):
        price_of("m7g.large", "eu-west-1", client=client)


def test_an_answer_in_another_form_is_told(client):
    odd = json.dumps({"terms": {"OnDemand": {"T": {"priceDimensions": {"a": {}}}}}})
    with asked(client, [odd]), pytest.raises(AwsError, match="form"):
        price_of("m7g.large", "eu-west-1", client=client)


@pytest.mark.parametrize("rate", ["0", "-0.1", "nan", "inf", "free", "20000", ""])
def test_what_is_no_price_is_refused(rate):
    with pytest.raises(InputError, match="--price"):
        own_rate(rate)


def test_an_unknown_type_gets_the_nearest():
    with pytest.raises(InputError, match=r"did you mean m7g\.large"):
        price_of("m7g.larg", "us-east-1")
    with pytest.raises(InputError, match=r"--price"):
        price_of("m7g.large", "eu-west-1")
    with pytest.raises(InputError, match="savings-plan"):
        price_of("m7g.large", "us-east-1", "savings-plan")
