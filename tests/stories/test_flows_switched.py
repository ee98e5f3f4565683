"""What a merchant does with flows: off, on, and one of their own in the place of a standard one."""

from __future__ import annotations

from tests.desk import Desk

from ordo.flows import catalogue
from ordo.flows.flow import standard_texts

LARGE_ONLY = """
flow: route-large-orders
on: OrderSummaryCreated
when: SELECT Id FROM OrderSummary WHERE Id = :OrderSummaryId AND GrandTotalAmount >= 20
do:
  - route-order: {order_summary_id: $OrderSummaryId}
"""


async def switch_all(desk: Desk, *, is_active: bool) -> None:
    for name in standard_texts():
        await catalogue.switch(desk.face.machine.database, name, is_active=is_active)
    await desk.face.machine.refresh_flows()


async def sent(desk: Desk) -> list[float]:
    orders = await desk.query("SELECT TotalAmount FROM FulfillmentOrder ORDER BY TotalAmount")
    return [order["TotalAmount"] for order in orders]


async def test_with_all_flows_off_an_activated_order_just_sits_there(desk: Desk) -> None:
    """S0-06."""
    await desk.stock("DC1", shirt=9)
    await desk.route_to("DC1")
    await switch_all(desk, is_active=False)
    await desk.order(("shirt", 1, "10.00"))
    await desk.settle()

    assert await desk.query("SELECT Status FROM OrderSummary") == [{"Status": "Created"}]
    assert await sent(desk) == []
    assert await desk.rows("SELECT 1 FROM position WHERE reserved > 0") == []
    assert await desk.rows("SELECT 1 FROM parkedfact") == []
    kinds = await desk.rows("SELECT kind FROM fact ORDER BY number")
    assert [row["kind"] for row in kinds] == ["OrderActivated", "OrderSummaryCreated"]

    await switch_all(desk, is_active=True)
    await desk.order(("shirt", 2, "20.00"))
    await desk.settle()
    assert await sent(desk) == [20.0]  # the first is not made up for


async def test_an_own_flow_takes_the_place_of_a_standard_one(desk: Desk) -> None:
    """S0-04: copied, given a condition, and nothing in the core changed."""
    await desk.stock("DC1", shirt=9)
    await desk.route_to("DC1")
    database = desk.face.machine.database
    await switch_all(desk, is_active=False)
    assert await catalogue.put(database, LARGE_ONLY) == "route-large-orders"
    await desk.face.machine.refresh_flows()
    for count in (1, 2, 3):
        await desk.order(("shirt", count, f"{count}0.00"))
    await desk.settle()
    assert await sent(desk) == [20.0, 30.0]

    await catalogue.switch(database, "route-large-orders", is_active=False)
    await desk.face.machine.refresh_flows()
    await desk.order(("shirt", 3, "30.00"))
    await desk.settle()
    assert await sent(desk) == [20.0, 30.0]
    assert await desk.rows("SELECT 1 FROM parkedfact") == []
