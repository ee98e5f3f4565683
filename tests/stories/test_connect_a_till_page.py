"""The example of docs/how-to/connect-a-till.md, word for word."""

from __future__ import annotations

import json
import re
import shlex

from tests.desk import Desk
from tests.faces.asserted import ask
from tests.house.automation_lists import PAGE as AUTOMATE
from tests.life import check_laws, moved
from tests.till import books, open_store

from ordo.flows.flow import standard_texts
from ordo.journeys.option_values import set_option

PAGE = AUTOMATE.with_name("connect-a-till.md").read_text()


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


async def test_the_sale_of_the_page(desk: Desk) -> None:
    """S0-09, S0-84, S0-94, S0-107: its options and its payload, and what it says will happen."""
    await open_store(desk)
    await desk.stock("store", cup=2)
    await desk.stock("DC1", tea=1)
    await desk.route_to("DC1")
    for command in block("bash").splitlines():
        *ordo, name, value = shlex.split(command)
        assert ordo == ["ordo", "option", "set"]
        await set_option(desk.face.machine.database, name, json.loads(value))
    await desk.face.machine.refresh_options()

    text = re.sub(r"<([\w-]+)>", lambda name: desk.ids[name[1]], block("json"))
    answer = await ask(desk, "POST", "/composite/graph", json.loads(text), version="49.0")
    assert [graph["isSuccessful"] for graph in answer.json()["graphs"]] == [True], answer.text
    assert await desk.query("SELECT Method, CapturedAmount FROM OrderPaymentSummary ORDER BY Method") == [
        {"Method": "Cash", "CapturedAmount": 7.74}, {"Method": "Visa - 1111", "CapturedAmount": 0},
    ]  # fmt: skip
    await desk.settle()
    asked = (
        "SELECT Id, Status, FulfilledFromLocation.Name, Invoice.TotalAmountWithTax, Invoice.SettlementStatus "
        "FROM FulfillmentOrder ORDER BY DeliveryMethod.Name"
    )
    taken, sent = await desk.query(asked)
    assert (taken["Status"], taken["FulfilledFromLocation"]["Name"]) == ("Fulfilled", "Main Street")
    assert taken["Invoice"] == {"TotalAmountWithTax": 7.74, "SettlementStatus": "Settled"}
    assert (sent["Status"], sent["FulfilledFromLocation"]["Name"]) == ("Allocated", "DC1")
    assert await books(desk) == [("DC1", "tea", 1, 1), ("Main Street", "cup", 1, 0)]
    assert await desk.rows("SELECT id FROM paymentgatewaylog") == []

    await moved(desk, sent["Id"], "Fulfilled")
    await desk.settle()
    assert (await desk.query(asked))[1]["Invoice"] == {"TotalAmountWithTax": 20, "SettlementStatus": "Settled"}
    assert len(await desk.rows("SELECT id FROM paymentgatewaylog")) == 1
    await check_laws(desk)


def test_the_pages_name_the_standard_flows() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \| `\w+` \|", AUTOMATE.read_text(), re.MULTILINE)
    assert set(standard_texts()) <= set(listed)
    named = set(re.findall(r"the flow `([a-z-]+)`", PAGE))
    assert named
    assert named <= set(standard_texts())
