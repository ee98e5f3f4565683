"""Payment gateway providers from outside: any adapter may be named, installed here or not."""

from __future__ import annotations

import pytest
from tests.desk import Desk
from tests.faces.asserted import ask, census, refused


@pytest.mark.parametrize("name", ["Simulated", "SIMULATED", "SalesforceGatewayAdapter", "Stripe Élan"])
async def test_any_adapter_may_be_named(desk: Desk, name: str) -> None:
    """Payloads of other systems name theirs; a name that is not installed fails when it is used."""
    path = "/sobjects/PaymentGatewayProvider"
    made = await ask(desk, "POST", path, {"DeveloperName": name, "MasterLabel": "Cards"})
    assert made.status_code == 201
    one = f"{path}/{made.json()['id']}"
    assert (await ask(desk, "GET", one)).json()["DeveloperName"] == name
    assert (await ask(desk, "PATCH", one, {"DeveloperName": f"{name}2"})).status_code == 204
    assert (await ask(desk, "GET", one)).json()["DeveloperName"] == f"{name}2"


async def test_an_adapter_must_be_named(desk: Desk) -> None:
    before = await census(desk)
    answer = await ask(desk, "POST", "/sobjects/PaymentGatewayProvider", {"MasterLabel": "Cards"})
    message = "Required fields are missing: [DeveloperName]"
    refused(answer, 400, "REQUIRED_FIELD_MISSING", message, "DeveloperName")
    assert await census(desk) == before
