"""The examples as anybody posts them: to the demo company, to the cent, and what becomes of each."""

from __future__ import annotations

import json
import os
import re
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.company import load as load_company
from tests.conftest import cloned
from tests.desk import ROOT, Desk, bodies
from tests.faces.asserted import ask, only
from tests.life import check_laws, moved
from tests.processes import Running, eventually
from tests.till import VERSION

from ordo.bootstrap import opened
from ordo.demo import sales
from ordo.platform import packed
from ordo.platform.settings import Settings
from ordo.providers.simulated.payment_gateway import SimulatedGateway

EXAMPLES = packed.folder("examples")
TILLS = ("in-store", "endless-aisle", "mixed-cart")
BLOCKS = re.compile(r"```bash\n(.*?)```", re.DOTALL)
PARCELS = "SELECT status, count(*) FROM fulfillmentorder GROUP BY 1 ORDER BY 1"
_BOOKS = """
SELECT l.name, p.sku, p.onhand::int, p.reserved::int FROM position p JOIN location l ON l.id = p.location
"""


@pytest.fixture
async def shop(bare: Desk) -> Desk:
    """A client of the demo company."""
    await load_company(bare.face.machine)
    return bare


async def posted(desk: Desk, name: str, reference: str = "till-1") -> dict[str, Any]:
    """The answer of its graph."""
    sale = sales.load(name)
    ids = {one: only(await desk.query(soql))["Id"] for one, soql in sale.lookups.items()}
    answer = await ask(desk, "POST", "/composite/graph", sale.filled(ids, reference), version=VERSION)
    assert answer.status_code == 200, answer.text
    graph: dict[str, Any] = only(answer.json()["graphs"])
    return graph


async def sold(desk: Desk, name: str, reference: str = "till-1") -> None:
    """Posted, with everything that follows by itself."""
    graph = await posted(desk, name, reference)
    assert graph["isSuccessful"] is True, graph
    await desk.settle()


async def books(desk: Desk) -> dict[tuple[str, str], tuple[int, int]]:
    """On hand and reserved by location and SKU."""
    rows = await desk.rows(_BOOKS)
    return {(row["name"], row["sku"]): (row["onhand"], row["reserved"]) for row in rows}


async def moves(
    desk: Desk, before: dict[tuple[str, str], tuple[int, int]]
) -> dict[tuple[str, str], tuple[int, int]]:
    """By how much on hand and reserved changed, where they did."""
    after = await books(desk)
    assert after.keys() == before.keys()
    return {
        key: (after[key][0] - held, after[key][1] - reserved)
        for key, (held, reserved) in before.items()
        if after[key] != (held, reserved)
    }


async def summed(desk: Desk) -> tuple[Any, ...]:
    """The one summary: currency, channel, goods, adjustments, delivery, taxes, all."""
    row = only(
        await desk.query(
            "SELECT CurrencyIsoCode, SalesChannel.SalesChannelName, TotalProductAmount, TotalAdjDistAmount, "
            "TotalAdjustedDeliveryAmount, TotalTaxAmount, GrandTotalAmount FROM OrderSummary"
        )
    )
    return tuple(value["SalesChannelName"] if isinstance(value, dict) else value for value in row.values())


async def lines(desk: Desk) -> list[tuple[Any, ...]]:
    rows = await desk.query(
        "SELECT StockKeepingUnit, Type, Status, Quantity, QuantityFulfilled FROM OrderItemSummary "
        "ORDER BY LineNumber"
    )
    return [tuple(row.values()) for row in rows]


async def parcels(desk: Desk) -> list[tuple[Any, ...]]:
    """Location, method, recipient, status, worth, and what is left of the invoice."""
    rows = await desk.query(
        "SELECT FulfilledFromLocation.Name, DeliveryMethod.Name, FulfilledToName, Status, GrandTotalAmount, "
        "Invoice.Balance FROM FulfillmentOrder ORDER BY DeliveryMethod.Name"
    )
    return [
        (
            row["FulfilledFromLocation"]["Name"], row["DeliveryMethod"]["Name"], row["FulfilledToName"],
            row["Status"], row["GrandTotalAmount"], row["Invoice"] and row["Invoice"]["Balance"],
        )
        for row in rows
    ]  # fmt: skip


async def purses(desk: Desk) -> list[tuple[Any, ...]]:
    """(method, authorized, captured, not applied) of the payment summaries."""
    rows = await desk.query(
        "SELECT Method, AuthorizationAmount, CapturedAmount, BalanceAmount FROM OrderPaymentSummary "
        "ORDER BY Method"
    )
    return [tuple(row.values()) for row in rows]


async def sent(desk: Desk, gateway: SimulatedGateway, amount: str) -> None:
    """What is allocated leaves; all of it is invoiced and paid, `amount` by the card's gateway."""
    parcel = only(await desk.query("SELECT Id FROM FulfillmentOrder WHERE Status = 'Allocated'"))
    await moved(desk, parcel["Id"], "Pickpack", "Fulfilled")
    await desk.settle()
    assert [line.amount.amount for line in gateway.books] == [Decimal(amount)]
    assert {(row[3], row[5]) for row in await parcels(desk)} == {("Fulfilled", 0)}
    summary = only(await desk.query("SELECT GrandTotalAmount FROM OrderSummary"))
    assert sum(row[2] for row in await purses(desk)) == pytest.approx(summary["GrandTotalAmount"], abs=1e-9)


async def nothing_to_tell(desk: Desk) -> None:
    assert await desk.rows("SELECT message FROM processexception") == []
    await check_laws(desk)


async def test_in_store(shop: Desk, gateway: SimulatedGateway) -> None:
    """S0-07, S0-84, S0-94, S0-97, S0-106: handed over, paid in the drawer and on the terminal; no gateway is
    asked, and the stock of New York alone falls."""
    before = await books(shop)
    await sold(shop, "in-store")
    assert await summed(shop) == ("USD", "POS New York", 55.8, -2.38, 0, 4.74, 58.16)
    assert await lines(shop) == [
        ("HH-KIT-008", "Order Product", "FULFILLED", 1, 1), ("HH-TEA-007", "Order Product", "FULFILLED", 2, 2),
    ]  # fmt: skip
    assert await parcels(shop) == [("New York", "IN_STORE-DEFAULT", None, "Fulfilled", 58.16, 0)]
    assert await moves(shop, before) == {("New York", "HH-KIT-008"): (-1, 0), ("New York", "HH-TEA-007"): (-2, 0)}
    assert await purses(shop) == [("Cash", 0, 20, 0), ("Visa - 4242", 0, 38.16, 0)]
    assert list(gateway.books) == []
    await nothing_to_tell(shop)


async def test_endless_aisle(shop: Desk, gateway: SimulatedGateway) -> None:
    """S0-08, S0-61, S0-84, S0-96, S1-25: what only the United Kingdom has is sent from Daventry, delivery
    charge included; the card pays when it leaves."""
    before = await books(shop)
    await sold(shop, "endless-aisle")
    assert await summed(shop) == ("GBP", "POS London", 139, 0, 3.95, 28.59, 171.54)
    assert await lines(shop) == [
        ("HH-TEX-029", "Order Product", "ALLOCATED", 1, 0), ("HH-KIT-038", "Order Product", "ALLOCATED", 1, 0),
        ("HH-DELIVERY", "Delivery Charge", "ALLOCATED", 1, 0),
    ]  # fmt: skip
    assert await parcels(shop) == [("Daventry DC", "ONLINE-DEFAULT", "Amelia Hart", "Allocated", 171.54, None)]
    assert await moves(shop, before) == {
        ("Daventry DC", "HH-TEX-029"): (0, 1), ("Daventry DC", "HH-KIT-038"): (0, 1),
    }  # fmt: skip
    assert await purses(shop) == [("Visa - 1111", 171.54, 0, 0)]
    await sent(shop, gateway, "171.54")
    assert await moves(shop, before) == {
        ("Daventry DC", "HH-TEX-029"): (-1, 0), ("Daventry DC", "HH-KIT-038"): (-1, 0),
    }  # fmt: skip
    await nothing_to_tell(shop)


async def test_mixed_cart(shop: Desk, gateway: SimulatedGateway) -> None:
    """S0-09, S0-56, S0-84, S0-109: tea leaves Berlin with its buyer, bed linen is kept in Kassel for a friend."""
    before = await books(shop)
    await sold(shop, "mixed-cart")
    assert await summed(shop) == ("EUR", "POS Berlin", 176, 0, 4.9, 31.13, 212.03)
    assert await lines(shop) == [
        ("HH-TEA-041", "Order Product", "FULFILLED", 2, 2), ("HH-TEX-031", "Order Product", "ALLOCATED", 1, 0),
        ("HH-DELIVERY", "Delivery Charge", "ALLOCATED", 1, 0),
    ]  # fmt: skip
    assert await parcels(shop) == [
        ("Berlin", "IN_STORE-DEFAULT", None, "Fulfilled", 28.89, 0),
        ("Kassel DC", "ONLINE-DEFAULT", "Jonas Brandt", "Allocated", 183.14, None),
    ]
    assert await moves(shop, before) == {("Berlin", "HH-TEA-041"): (-2, 0), ("Kassel DC", "HH-TEX-031"): (0, 1)}
    assert await purses(shop) == [("Cash", 0, 28.89, 0), ("Visa - 1111", 183.14, 0, 0)]
    assert list(gateway.books) == []
    await sent(shop, gateway, "183.14")
    await nothing_to_tell(shop)


async def test_web_order(shop: Desk, gateway: SimulatedGateway) -> None:
    """S0-61, S0-109, S1-25: one composite that finds its own ids; what only the US has comes from there."""
    before = await books(shop)
    body = (EXAMPLES / "web-order.json").read_bytes()
    headers = {"Content-Type": "application/json"}
    answer = await shop.client.post(f"{ROOT}/composite", content=body, headers=headers)
    assert {one["httpStatusCode"] for one in answer.json()["compositeResponse"]} == {200, 201, 204}, answer.text
    await shop.settle()
    assert await summed(shop) == ("USD", "Web", 186, 0, 5.95, 17.04, 208.99)
    assert await parcels(shop) == [("Columbus DC", "ONLINE-DEFAULT", "Maya Chen", "Allocated", 208.99, None)]
    assert await moves(shop, before) == {
        ("Columbus DC", "HH-KIT-037"): (0, 1), ("Columbus DC", "HH-TEX-010"): (0, 1),
    }  # fmt: skip
    await sent(shop, gateway, "208.99")
    await nothing_to_tell(shop)


async def test_a_sale_is_stored_once(shop: Desk) -> None:
    """The same reference again is refused as a whole, another one is another sale."""
    await sold(shop, "in-store", "till-1")
    before = await books(shop)
    again = await posted(shop, "in-store", "till-1")
    await shop.settle()
    assert again["isSuccessful"] is False
    codes = {body[0]["errorCode"] for body in bodies(again).values()}
    assert codes == {"DUPLICATE_VALUE", "PROCESSING_HALTED"}
    assert await moves(shop, before) == {}
    await sold(shop, "in-store", "till-2")
    assert await moves(shop, before) == {("New York", "HH-KIT-008"): (-1, 0), ("New York", "HH-TEA-007"): (-2, 0)}
    assert len(await shop.query("SELECT Id FROM OrderSummary")) == 2


@pytest.mark.parametrize("name", TILLS)
def test_an_example_says_all_it_needs(name: str) -> None:
    """What stands in angle brackets is looked up, what is looked up is needed; the example itself stays."""
    sale = sales.load(name)
    text = json.dumps(sale.graph)
    filled = json.dumps(sale.filled(dict.fromkeys(sale.lookups, "an-id"), "till <1>"))
    assert all(f'"<{one}>"' in text for one in (*sale.lookups, "reference"))
    assert filled.count("<") == 1
    assert json.dumps(sale.graph) == text
    with pytest.raises(KeyError, match="account"):
        sale.filled({}, "till-1")


async def test_the_page(worker_id: str, tmp_path: Path) -> None:
    """Every command on the page, word for word, with a server and a worker of their own."""
    (tmp_path / "examples").symlink_to(EXAMPLES)
    with cloned(f"ordo_examples_{worker_id}") as dsn:
        async with opened(Settings(home=tmp_path / "elsewhere"), dsn) as machine:
            await load_company(machine)
        with Running(dsn, tmp_path / ".ordo") as running:
            told = [ran(block, tmp_path) for block in BLOCKS.findall((EXAMPLES / "README.md").read_text())]
            orders = running.rows(
                "SELECT 'Order ' || ordernumber || ': ' || currencyisocode || ' ' || grandtotalamount "
                "FROM ordersummary ORDER BY createddate, id"
            )
            assert told[0].splitlines() == [line for (line,) in orders[:4]]
            assert [line.partition(": ")[2] for (line,) in orders] == [
                "USD 58.16", "GBP 171.54", "EUR 212.03", "USD 208.99", "USD 208.99",
            ]  # fmt: skip
            nodes = json.loads(told[1])["compositeResponse"]
            assert {one["httpStatusCode"] for one in nodes} == {200, 201, 204}
            eventually(lambda: running.rows(PARCELS) == [("Allocated", 4), ("Fulfilled", 2)], "all are routed")


def ran(block: str, folder: Path) -> str:
    """What a page's commands print, from a shell in that folder."""
    own = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        ["bash", "-euc", block], cwd=folder, env=own, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
