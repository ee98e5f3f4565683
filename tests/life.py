"""An order's life after the sale, as tests tell it: routed, moved along, invoiced, paid; and the laws."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import httpx

from ordo.journeys.create_fulfillment_orders import (
    Allocation,
    make_fulfillment_order,
    need_summary,
)
from ordo.journeys.laws import LAWS
from ordo.objects.summaries import OrderDeliveryGroupSummary, OrderItemSummary, OrderSummary
from ordo.platform.unit import Unit
from ordo.platform.verbs import VerbAtom, verb_named
from ordo.platform.work import Entry
from tests.desk import Desk, bodies, node
from tests.rooms.atoms import Do, work


async def check_laws(desk: Desk) -> None:
    """All laws, on all rows there are; and no fact or worker was left behind."""
    broken = {}
    for law in LAWS:
        found = await desk.rows(law.sql)
        if found:
            broken[law.name] = [next(iter(row.values())) for row in found]
    assert broken == {}
    assert await desk.rows("SELECT kind, reason FROM parkedfact") == []


async def sold(desk: Desk, *lines: tuple[str, int, str], to: str | None = "DC1", **more: Any) -> dict[str, Any]:
    """The order summary (Id, OriginalOrderId) of a new order; with `to`, that location holds nine of each and
    the order was routed there."""
    if to is not None:
        await desk.stock(to, shirt=9, hat=9)
    await desk.route_to(*([to] if to else []))
    graph = await desk.order(*lines, **more)
    assert graph["isSuccessful"] is True, graph
    await desk.settle()
    return await summary_of(desk, bodies(graph)["order"]["id"])


async def summary_of(desk: Desk, order_id: str) -> dict[str, Any]:
    [summary] = await desk.query(
        f"SELECT Id, OriginalOrderId FROM OrderSummary WHERE OriginalOrderId = '{order_id}'"
    )
    return summary


async def parcels(desk: Desk, summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Its fulfillment orders, the earliest first."""
    return await desk.query(
        "SELECT Id, OrderId, OrderSummaryId, Status, StatusCategory, GrandTotalAmount, ItemCount, InvoiceId "
        f"FROM FulfillmentOrder WHERE OrderSummaryId = '{summary['Id']}' ORDER BY FulfillmentOrderNumber"
    )


async def parcel(desk: Desk, *lines: tuple[str, int, str]) -> str:
    """The id of the one fulfillment order of a new order."""
    [found] = await parcels(desk, await sold(desk, *lines))
    parcel_id: str = found["Id"]
    return parcel_id


async def move(desk: Desk, parcel_id: str, status: str | None) -> httpx.Response:
    return await desk.patch("FulfillmentOrder", parcel_id, Status=status)


async def moved(desk: Desk, parcel_id: str, *statuses: str) -> None:
    for status in statuses:
        answer = await move(desk, parcel_id, status)
        assert answer.status_code == 204, answer.text


async def suspend(desk: Desk, record_id: str, is_suspended: bool = True) -> None:
    """An order summary or a fulfillment order, and everything that follows from it."""
    noun = "OrderSummary" if record_id.startswith("1Os") else "FulfillmentOrder"
    assert (await desk.patch(noun, record_id, IsSuspended=is_suspended)).status_code == 204
    await desk.settle()


async def release(desk: Desk, record_id: str) -> None:
    await suspend(desk, record_id, is_suspended=False)


async def do(desk: Desk, name: str, **told: Any) -> Entry:
    """Runs a verb by name, in a Work of its own."""
    found = verb_named(name)
    atom = VerbAtom(found, found.command(**told))
    entry = Entry(atom, desk.face.machine.organization.administrator_id)
    await desk.face.machine.worker.run([entry])
    return entry


async def did(desk: Desk, name: str, **told: Any) -> Any:
    """Its answer; raises what refused it."""
    return (await do(desk, name, **told)).result()


async def allocated(desk: Desk, summary: dict[str, Any], location: str, **units: int) -> str:
    """A fulfillment order of so many units per SKU; its id."""
    rows = await desk.rows(
        "SELECT id, stockkeepingunit AS sku FROM orderitemsummary WHERE ordersummaryid = $1", summary["Id"]
    )
    by_id = {row["id"]: units[row["sku"]] for row in rows if row["sku"] in units}
    return await allocated_items(desk, summary, location, by_id)


async def allocated_items(desk: Desk, summary: dict[str, Any], location: str, units: dict[str, int]) -> str:
    """A fulfillment order of so many units per OrderItemSummary; its id."""
    key, made = desk.ids[location], []

    def act(unit: Unit) -> None:
        assert unit.get(OrderSummary, summary["Id"]) is not None
        (group,) = unit.children(OrderDeliveryGroupSummary, "order_summary_id", summary["Id"])
        items = {one.id: one for one in unit.children(OrderItemSummary, "order_summary_id", summary["Id"])}
        some = [Allocation(items[item_id], Decimal(quantity)) for item_id, quantity in units.items()]
        made.append(make_fulfillment_order(unit, group, key, some).id)

    (entry,) = await work(desk, Do(act, lambda reading: need_summary(reading, summary["Id"])))
    assert entry.error is None, entry.error
    return made[-1]


async def quantities(desk: Desk) -> list[tuple[str, str, int, int]]:
    """(SKU, status, allocated, fulfilled) of every order line."""
    return [
        (row["StockKeepingUnit"], row["Status"], row["QuantityAllocated"], row["QuantityFulfilled"])
        for row in await desk.query(
            "SELECT StockKeepingUnit, Status, QuantityAllocated, QuantityFulfilled FROM OrderItemSummary "
            "ORDER BY StockKeepingUnit"
        )
    ]


async def stock(desk: Desk) -> list[tuple[str, int, int]]:
    """(SKU, on hand, reserved) of every position."""
    rows = await desk.rows("SELECT sku, onhand::int, reserved::int FROM position ORDER BY sku, location")
    return [(row["sku"], row["onhand"], row["reserved"]) for row in rows]


async def entries(desk: Desk, account: str) -> list[tuple[str, int]]:
    """Ledger entries of an account of positions: (SKU, signed amount), as they came."""
    rows = await desk.rows(
        "SELECT split_part(subject, '@', 1) AS sku, "
        "(CASE debit WHEN $1 THEN amount ELSE -amount END)::int AS amount "
        "FROM ledger WHERE $1 IN (debit, credit) AND subject LIKE '%@%' ORDER BY id",
        account,
    )
    return [(row["sku"], row["amount"]) for row in rows]


async def facts(desk: Desk, kind: str) -> int:
    [row] = await desk.rows("SELECT count(*)::int AS n FROM fact WHERE kind = $1", kind)
    count: int = row["n"]
    return count


def promised(desk: Desk, number: int, amount: str, **more: Any) -> list[dict[str, Any]]:
    """Nodes: a card and what it promises, through the gateway unless told otherwise."""
    return _paid_with(desk, number, amount, "PaymentAuthorization", {"ProcessingMode": "Salesforce"} | more)


def paid(desk: Desk, number: int, amount: str, **more: Any) -> list[dict[str, Any]]:
    """Nodes: a card and what it paid at the till, where the money moved already."""
    return _paid_with(desk, number, amount, "Payment", {"ProcessingMode": "External", "Type": "Sale"} | more)


def _paid_with(desk: Desk, number: int, amount: str, noun: str, more: dict[str, Any]) -> list[dict[str, Any]]:
    account = {"AccountId": desk.ids["account"]}
    gateway = {"PaymentGatewayId": desk.ids["gateway"]}
    mode = {"ProcessingMode": more["ProcessingMode"]}
    told = account | gateway | {"Amount": Decimal(amount), "Status": "Processed"} | more
    method = {"PaymentGroupId": "@{payments.id}", "PaymentMethodId": f"@{{card{number}.id}}"}
    return [
        node("POST", "CardPaymentMethod", f"card{number}", Status="Active", CardLastFour=1110 + number,
             CardType="Visa", **account, **gateway, **mode),
        node("POST", noun, f"money{number}", **method | told),
    ]  # fmt: skip


async def sold_for(
    desk: Desk,
    lines: Sequence[tuple[str, int, str]],
    money: Sequence[dict[str, Any]],
    *more: dict[str, Any],
    currency: str = "EUR",
) -> dict[str, Any]:
    """Sells lines that are paid with `money` (nodes); `more` nodes come before it. Answers the summary."""
    nodes = desk.order_nodes(lines, currency=currency)
    kept = [one for one in nodes[:-1] if one["referenceId"] not in ("card", "authorization")]
    graph = await desk.graph(*kept, *more, *money, nodes[-1])
    assert graph["isSuccessful"] is True, graph
    await desk.settle()
    return await summary_of(desk, bodies(graph)["order"]["id"])
