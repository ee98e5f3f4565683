"""What a role may do at the faces: 403 where it may not, never 401, and nothing written."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from tests.desk import Desk, node
from tests.faces.asserted import GRAPH, accounts, ask, census, growth, payload, refused
from tests.faces.conftest import As

from ordo.platform.roles import Role

DENIED = "insufficient access rights on object id"


async def test_a_service_agent_changes_orders_not_the_catalogue(desk: Desk, acting_as: As) -> None:
    """Create and update where care happens, read elsewhere, delete nothing."""
    agent = await acting_as(Role.SERVICE_AGENT)
    made = await agent.make("Account", Name="by the agent")
    assert (await agent.get("Account", made))["CreatedById"] == agent.ids["user"]
    assert (await agent.get("Product2", desk.ids["hat"]))["Name"] == "Hat"
    before = await census(desk)
    hat = f"/sobjects/Product2/{desk.ids['hat']}"
    for method, path, body in (
        ("POST", "/sobjects/Product2", {"Name": "x"}),
        ("PATCH", hat, {"Name": "x"}),
        ("DELETE", hat, None),
        ("DELETE", f"/sobjects/Account/{made}", None),
        ("POST", "/sobjects/Location", b"not even JSON"),
    ):
        refused(await ask(agent, method, path, body), 403, "INSUFFICIENT_ACCESS", DENIED)
    assert await census(desk) == before
    assert (await desk.get("Product2", desk.ids["hat"]))["Name"] == "Hat"


async def test_one_forbidden_node_forbids_the_payload(desk: Desk, acting_as: As) -> None:
    """No graph of it runs: what a caller may not do is known before anything is done."""
    agent = await acting_as(Role.SERVICE_AGENT)
    before = await census(desk)
    for forbidden in (
        node("POST", "Product2", "p", Name="x"),
        node("DELETE", "Account/@{a0.id}", "p"),
        node("PATCH", f"Product2/{desk.ids['hat']}", "p", Name="x"),
    ):
        graphs = {"good": accounts("good"), "bad": [*accounts("x"), forbidden]}
        refused(await agent.post(GRAPH, payload(graphs)), 403, "INSUFFICIENT_ACCESS", DENIED)
    assert await census(desk) == before
    assert (await agent.graph(*accounts("good")))["isSuccessful"] is True
    assert growth(before, await census(desk)) == {"account": 1}


async def test_an_integration_does_not_set_up_gateways(desk: Desk, acting_as: As) -> None:
    till = await acting_as(Role.INTEGRATION)
    before = await census(desk)
    gateway = f"/sobjects/PaymentGateway/{desk.ids['gateway']}"
    refused(await ask(till, "PATCH", gateway, {"Status": "Inactive"}), 403, "INSUFFICIENT_ACCESS", DENIED)
    refused(await ask(till, "POST", "/sobjects/User", {}), 403, "INSUFFICIENT_ACCESS", DENIED)
    assert await census(desk) == before
    assert (await till.get("PaymentGateway", desk.ids["gateway"]))["Status"] == "Active"


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Id FROM Account",
        "SELECT COUNT() FROM Account",
        "SELECT Id, (SELECT Id FROM PricebookEntries) FROM Product2",
        "SELECT Id FROM Product2 WHERE Id IN (SELECT Product2Id FROM PricebookEntry)",
        "SELECT Id, OrderSummary.GrandTotalAmount FROM FulfillmentOrder",
        "SELECT Id FROM FulfillmentOrder WHERE OrderSummary.GrandTotalAmount > 1",
        "SELECT Id FROM FulfillmentOrder ORDER BY Account.Name",
        "SELECT Account.Name, COUNT(Id) FROM FulfillmentOrder GROUP BY Account.Name",
    ],
)
async def test_a_query_shows_no_object_that_may_not_be_read(desk: Desk, acting_as: As, soql: str) -> None:
    """Whichever way it is reached: row, child, parent, semi-join, condition or order."""
    associate = await acting_as(Role.STORE_ASSOCIATE, "DC1")
    for path in (f"/query?q={quote(soql)}", f"/queryAll?q={quote(soql)}", f"/query?q={quote(soql)}&columns=true"):
        refused(await ask(associate, "GET", path), 403, "INSUFFICIENT_ACCESS", DENIED)
    assert (await ask(associate, "GET", f"/query?q={quote('SELECT Id FROM Product2')}")).status_code == 200


async def test_a_locator_is_of_the_one_who_asked(desk: Desk, acting_as: As) -> None:
    await desk.graph(*accounts(*"x" * 201))
    path = f"/query?q={quote('SELECT Id FROM Account')}"
    page = (await ask(desk, "GET", path, Sforce_Query_Options="batchSize=200")).json()
    agent = await acting_as(Role.SERVICE_AGENT)
    answer = await agent.client.get(page["nextRecordsUrl"])
    refused(answer, 400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    assert (await desk.client.get(page["nextRecordsUrl"])).json()["done"] is True
