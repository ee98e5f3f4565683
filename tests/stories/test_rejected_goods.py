"""What a location rejects goes to the next one, or somebody is told; both fulfillment orders stay to be seen."""

from __future__ import annotations

from typing import Any

import pytest
from tests.counting import statements
from tests.desk import Desk
from tests.faces.asserted import census, growth, only
from tests.life import allocated, check_laws, did, entries, moved, parcels, quantities, sold, summary_of
from tests.till import books

from ordo.platform.events import sequence


@pytest.fixture
async def houses(desk: Desk) -> Desk:
    """Two of them, each with nine of each; the first is tried first."""
    for name in ("DC1", "DC2"):
        await desk.stock(name, shirt=9, hat=9)
    return desk


async def sold_from(desk: Desk, *lines: tuple[str, int, str], places: tuple[str, ...] = ("DC1", "DC2")) -> Any:
    """The summary of an order that was routed."""
    await desk.route_to(*places)
    graph = await desk.order(*lines)
    await desk.settle()
    return await summary_of(desk, graph["graphResponse"]["compositeResponse"][0]["body"]["id"])


async def reject(desk: Desk, parcel_id: str) -> None:
    await moved(desk, parcel_id, "Rejected")
    await desk.settle()


async def sent(desk: Desk) -> list[tuple[str, str, int, float]]:
    """(status, location's name, units, total) of every fulfillment order, the earliest first."""
    rows = await desk.query(
        "SELECT Status, FulfilledFromLocation.Name, ItemCount, GrandTotalAmount FROM FulfillmentOrder "
        "ORDER BY FulfillmentOrderNumber"
    )
    return [
        (row["Status"], row["FulfilledFromLocation"]["Name"], row["ItemCount"], row["GrandTotalAmount"])
        for row in rows
    ]


async def told(desk: Desk) -> list[tuple[str, str | None]]:
    rows = await desk.query("SELECT Message, Description FROM ProcessException ORDER BY ProcessExceptionNumber")
    return [(row["Message"], row["Description"]) for row in rows]


async def test_rejected_goods_go_to_the_next_location(houses: Desk) -> None:
    """S0-15, S0-19: the whole life: rejected, sent from elsewhere, invoiced and paid once."""
    summary = await sold_from(houses, ("shirt", 2, "20.00"), ("hat", 1, "5.50"))
    first = only(await parcels(houses, summary))["Id"]
    await reject(houses, first)
    assert await sent(houses) == [("Rejected", "DC1", 0, 0), ("Allocated", "DC2", 3, 25.5)]
    assert await books(houses) == [
        ("DC1", "hat", 9, 0), ("DC1", "shirt", 9, 0), ("DC2", "hat", 9, 1), ("DC2", "shirt", 9, 2),
    ]  # fmt: skip
    assert await quantities(houses) == [("hat", "ALLOCATED", 1, 0), ("shirt", "ALLOCATED", 2, 0)]
    lines = await houses.query(
        f"SELECT RejectedQuantity FROM FulfillmentOrderLineItem WHERE FulfillmentOrderId = '{first}'"
    )
    assert sorted(line["RejectedQuantity"] for line in lines) == [1, 2]
    assert await told(houses) == []
    assert await houses.query("SELECT Id FROM Invoice") == []

    [_, second] = await parcels(houses, summary)
    await moved(houses, second["Id"], "Fulfilled")
    await houses.settle()
    assert await houses.query("SELECT TotalAmountWithTax, Balance FROM Invoice") == [
        {"TotalAmountWithTax": 25.5, "Balance": 0}
    ]
    assert await houses.query("SELECT Amount, Status FROM Payment") == [{"Amount": 25.5, "Status": "Processed"}]
    assert await entries(houses, "OnHand") in ([("hat", -1), ("shirt", -2)], [("shirt", -2), ("hat", -1)])
    await check_laws(houses)


async def test_when_nobody_else_has_them_a_person_is_told(houses: Desk) -> None:
    """S0-15, S0-19: what is lacking where, and who was passed over; nothing is promised anywhere."""
    await houses.stock("DC2", shirt=1)
    summary = await sold_from(houses, ("shirt", 2, "20.00"))
    await reject(houses, only(await parcels(houses, summary))["Id"])
    assert await sent(houses) == [("Rejected", "DC1", 0, 0)]
    assert [row[3] for row in await books(houses)] == [0, 0, 0, 0]
    one, two = houses.ids["DC1"], houses.ids["DC2"]
    assert await told(houses) == [
        ("Not routed: no other location holds everything.", f"{one} rejected it; {two} lacks 1 shirt")
    ]
    [parked] = await houses.rows("SELECT body FROM fact WHERE kind = 'RoutingParked'")
    assert b'{"LocationId":"%s","Lacking":{},"HasRejected":true}' % one.encode() in parked["body"]
    assert b'{"LocationId":"%s","Lacking":{"shirt":"1"},"HasRejected":false}' % two.encode() in parked["body"]

    await houses.stock("DC2", shirt=9)
    await did(houses, "route-order", order_summary_id=summary["Id"])
    assert await sent(houses) == [("Rejected", "DC1", 0, 0), ("Allocated", "DC2", 2, 20)]
    await check_laws(houses)


async def test_all_rejected_one_after_the_other(houses: Desk) -> None:
    """S0-19: each is asked once, and there is no third fulfillment order."""
    summary = await sold_from(houses, ("shirt", 1, "10.00"))
    for _ in range(2):
        await reject(houses, (await parcels(houses, summary))[-1]["Id"])
    assert await sent(houses) == [("Rejected", "DC1", 0, 0), ("Rejected", "DC2", 0, 0)]
    one, two = houses.ids["DC1"], houses.ids["DC2"]
    assert await told(houses) == [
        ("Not routed: no other location holds everything.", f"{one} rejected it; {two} rejected it")
    ]
    before = await census(houses)
    await moved(houses, (await parcels(houses, summary))[-1]["Id"], "Rejected")  # the same word again
    await houses.settle()
    assert growth(before, await census(houses)) == {}
    await check_laws(houses)


async def test_only_what_it_rejected_is_kept_from_a_location(houses: Desk) -> None:
    """S0-19: another line of the order, and other orders, go there as before."""
    summary = await sold_from(houses, ("shirt", 1, "10.00"), ("hat", 1, "5.50"), places=())
    await houses.route_to("DC1", "DC2")
    await reject(houses, await allocated(houses, summary, "DC1", shirt=1))
    # the hat was open too: one delivery group goes together
    assert await sent(houses) == [("Rejected", "DC1", 0, 0), ("Allocated", "DC2", 2, 15.5)]
    await sold_from(houses, ("shirt", 1, "10.00"))
    assert (await sent(houses))[-1] == ("Allocated", "DC1", 1, 10)
    await check_laws(houses)


async def test_a_line_that_was_not_rejected_may_go_there(houses: Desk) -> None:
    """S0-19: DC1 had no shirt; when DC2 has no hat, DC1 is asked for that."""
    summary = await sold_from(houses, ("shirt", 1, "10.00"), ("hat", 1, "5.50"), places=())
    await houses.route_to("DC1", "DC2")
    hats = await allocated(houses, summary, "DC2", hat=1)
    await reject(houses, await allocated(houses, summary, "DC1", shirt=1))
    assert (await sent(houses))[-1] == ("Allocated", "DC2", 1, 10)
    await reject(houses, hats)
    assert (await sent(houses))[-1] == ("Allocated", "DC1", 1, 5.5)
    assert len(await told(houses)) == 1  # no location was configured when it was sold
    await check_laws(houses)


async def test_what_a_person_cancels_is_not_routed_again(houses: Desk) -> None:
    """S0-128: nor is anybody told."""
    summary = await sold_from(houses, ("shirt", 1, "10.00"))
    await moved(houses, only(await parcels(houses, summary))["Id"], "Cancelled")
    await houses.settle()
    assert await sent(houses) == [("Cancelled", "DC1", 0, 0)]
    assert (await told(houses), [row[3] for row in await books(houses)]) == ([], [0, 0, 0, 0])
    await did(houses, "route-order", order_summary_id=summary["Id"])
    assert (await sent(houses))[-1] == ("Allocated", "DC1", 1, 10)  # it did not reject anything
    await check_laws(houses)


async def test_a_status_of_the_merchants_own_rejects_too(houses: Desk) -> None:
    """C10, S0-19."""
    await houses.option("fulfillment_statuses", {"Sold out": "REJECTED"})
    summary = await sold_from(houses, ("shirt", 1, "10.00"))
    await moved(houses, only(await parcels(houses, summary))["Id"], "Sold out")
    await houses.settle()
    assert await sent(houses) == [("Sold out", "DC1", 0, 0), ("Allocated", "DC2", 1, 10)]
    await check_laws(houses)


@pytest.mark.parametrize("noun", ["OrderSummary", "FulfillmentOrder"])
async def test_what_is_rejected_while_suspended_is_routed_when_released(houses: Desk, noun: str) -> None:
    """S0-19: the order, or the fulfillment order that was rejected."""
    summary = await sold_from(houses, ("shirt", 1, "10.00"))
    first = only(await parcels(houses, summary))["Id"]
    held = summary["Id"] if noun == "OrderSummary" else first
    assert (await houses.patch(noun, held, IsSuspended=True)).status_code == 204
    await reject(houses, first)
    assert (await sent(houses), await told(houses)) == ([("Rejected", "DC1", 0, 0)], [])
    assert (await houses.patch(noun, held, IsSuspended=False)).status_code == 204
    await houses.settle()
    assert await sent(houses) == [("Rejected", "DC1", 0, 0), ("Allocated", "DC2", 1, 10)]
    await check_laws(houses)


async def test_an_unmanaged_order_is_left_alone(houses: Desk) -> None:
    """S0-128."""
    summary = await sold(houses, ("shirt", 1, "10.00"))
    await houses.route_to("DC1", "DC2")
    await houses.rows("UPDATE ordersummary SET orderlifecycletype = 'UNMANAGED'")
    await reject(houses, only(await parcels(houses, summary))["Id"])
    assert (await sent(houses), await told(houses)) == ([("Rejected", "DC1", 1, 10)], [])


async def test_twenty_rejections_are_routed_as_one_is(houses: Desk) -> None:
    """S1-26, S1-27."""
    for name in ("DC1", "DC2"):
        await houses.stock(name, shirt=999)
    machine, flows = houses.face.machine, houses.face.flows
    counts: dict[int, list[int]] = {}
    for count in (1, 20) * 3:
        made = [await sold_from(houses, ("shirt", 1, "10.00")) for _ in range(count)]
        for summary in made:
            await moved(houses, only(await parcels(houses, summary))["Id"], "Rejected")
        assert await sequence(machine.database) == count
        before = statements()
        assert await flows.step(machine.worker) == count
        counts.setdefault(count, []).append(statements() - before)
        await houses.settle()
    assert min(counts[1]) == min(counts[20]), counts
    assert {one[:2] for one in await sent(houses)} == {("Rejected", "DC1"), ("Allocated", "DC2")}
    await check_laws(houses)
