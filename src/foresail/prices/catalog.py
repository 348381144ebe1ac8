"""AWS's price list, asked through GetProducts."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from foresail.errors import AwsError, InputError
from foresail.prices.price import Price

API_REGION = "us-east-1"  # the price list is served in a few regions, for all of them
_FIXED = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}


def listed(client: Any, instance_type: str, region: str, today: date | None = None) -> Price:
    """Ask for the on-demand price of a shared Linux instance.

    Raises
    ------
    AwsError
        When AWS refuses or cannot be reached.
    InputError
        When the list has no such instance, or several prices for it.
    """
    wanted = {"instanceType": instance_type, "regionCode": region, **_FIXED}
    filters = [{"Type": "TERM_MATCH", "Field": k, "Value": v} for k, v in wanted.items()]
    try:
        pages = client.get_paginator("get_products").paginate(
            ServiceCode="AmazonEC2", Filters=filters
        )
        items = [item for page in pages for item in page.get("PriceList", [])]
    except Exception as error:
        if type(error).__module__.split(".")[0] not in {"botocore", "boto3"}:
            raise
        raise AwsError(
            f"AWS's price list cannot be asked: {error}",
            cure="allow pricing:GetProducts, or pass your own rate: --price 0.10",
        ) from error
    amounts = {amount for item in items for amount in _amounts(item)}
    if len(amounts) != 1:
        found = "no price" if not amounts else f"{len(amounts)} prices"
        raise InputError(
            f"AWS lists {found} for {instance_type}, Linux, on demand, in {region}",
            cure="check type and region, or pass your own rate: --price 0.10",
        )
    source = f"AWS price list: {instance_type}, Linux, on demand, {region}"
    return Price(amounts.pop(), "USD", source, today)


def _amounts(item: Any) -> list[Decimal]:
    """On-demand prices above zero of one product; each product is a JSON text in the answer."""
    product = json.loads(item) if isinstance(item, str) else item
    terms = product.get("terms", {}).get("OnDemand", {}).values()
    sizes = [size for term in terms for size in term.get("priceDimensions", {}).values()]
    try:
        amounts = [Decimal(size["pricePerUnit"]["USD"]) for size in sizes if _hourly(size)]
    except (KeyError, InvalidOperation) as error:
        raise AwsError("AWS's price list came in a form that is not known here") from error
    return [amount for amount in amounts if amount > 0]


def _hourly(size: Any) -> bool:
    return str(size.get("unit", "Hrs")).lower() in {"hrs", "hours"}
