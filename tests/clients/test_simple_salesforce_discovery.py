"""Describe, limits and counts, asked by unmodified simple-salesforce 1.12.10."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from simple_salesforce.exceptions import SalesforceResourceNotFound
from tests.clients.adapter import by_app
from tests.processes import Running

ROOT = "/services/data/v59.0"


@pytest.fixture(scope="module")
def sf(running: Running, session: requests.Session) -> Any:
    return by_app(running, session)


def test_every_object_is_listed(sf: Any) -> None:
    """S0-22."""
    found = sf.describe()
    assert (found["encoding"], found["maxBatchSize"]) == ("UTF-8", 200)
    nouns = {one["name"]: one for one in found["sobjects"]}
    order = nouns["Order"]
    assert (order["keyPrefix"], order["custom"], order["queryable"], order["createable"]) == (
        "801", False, True, True,
    )  # fmt: skip
    assert order["urls"] == {
        "rowTemplate": f"{ROOT}/sobjects/Order/{{ID}}",
        "describe": f"{ROOT}/sobjects/Order/describe",
        "sobject": f"{ROOT}/sobjects/Order",
    }
    assert {"OrderSummary", "FulfillmentOrder", "OrderPaymentSummary", "Shipment"} <= set(nouns)


def test_order_is_described(sf: Any) -> None:
    """S0-23."""
    about = sf.Order.describe()
    fields = {one["name"]: one for one in about["fields"]}
    assert (about["name"], about["keyPrefix"], about["updateable"]) == ("Order", "801", True)
    assert (fields["AccountId"]["type"], fields["AccountId"]["relationshipName"]) == ("reference", "Account")
    assert (fields["Id"]["type"], fields["Id"]["idLookup"], fields["Id"]["createable"]) == ("id", True, False)
    assert {"Draft", "Activated"} <= {one["value"] for one in fields["Status"]["picklistValues"]}
    children = {(one["childSObject"], one["field"]) for one in about["childRelationships"]}
    assert ("OrderItem", "OrderId") in children
    basic = sf.Order.metadata()
    assert (basic["objectDescribe"]["name"], basic["recentItems"]) == ("Order", [])
    with pytest.raises(SalesforceResourceNotFound):
        sf.Nonsense.describe()


def test_limits_counts_and_the_usage_of_each_answer(sf: Any, many: list[str]) -> None:
    before = sf.limits()["DailyApiRequests"]
    usage = sf.api_usage["api-usage"]
    assert (int(usage.total), 0 < int(usage.used) <= int(usage.total)) == (before["Max"], True)
    assert 0 <= before["Remaining"] <= before["Max"]
    counted = sf.restful("limits/recordCount", params={"sObjects": "Product2,Nonsense"})
    ((count, name),) = [(one["count"], one["name"]) for one in counted["sObjects"]]
    assert (name, count >= len(many)) == ("Product2", True)
