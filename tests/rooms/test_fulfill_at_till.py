"""The verb fulfill-at-till: goods that were taken along are fulfilled, and the sale is never refused for stock."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from types import NoneType
from typing import Any

import pytest
from tests.counting import statements
from tests.desk import Desk
from tests.faces.asserted import census, growth, only, refused
from tests.life import check_laws, did, do, entries, move, parcels, quantities, sold
from tests.till import Sale, books, open_store

from ordo.domain.fulfillment.refusals import QuantityNotAvailableToFulfill
from ordo.flows import catalogue
from ordo.journeys.create_fulfillment_orders import FulfillmentGroupInput, OrderItemSummaryInput
from ordo.kernel.problems import InvalidInput
from ordo.platform.events import sequence


@pytest.fixture
async def store(desk: Desk) -> Desk:
    """With a store whose books hold nine of each; routing has a warehouse that holds nine of each too."""
    await open_store(desk)
    await desk.stock("store", tea=9, cup=9)
    await desk.stock("DC1", tea=9, cup=9)
    await desk.route_to("DC1")
    await desk.option("till_locations", {desk.ids["channel"]: desk.ids["store"]})
    return desk


async def without_flows(desk: Desk) -> None:
    """New orders just sit there."""
    for name in ("fulfill-goods-taken-along", "route-new-orders"):
        await catalogue.switch(desk.face.machine.database, name, is_active=False)
    await desk.face.machine.refresh_flows()


def tea(desk: Desk, quantity: int, method: str = "taken", **of_order: Any) -> Sale:
    sale = Sale(desk, **of_order).group(method, DeliverToName="Amanda Freeman")
    sale.line("tea", quantity, "20.00")
    sale.cash(f"{20 * quantity}.00")
    return sale


async def exceptions(desk: Desk) -> list[tuple[str, str | None]]:
    rows = await desk.query("SELECT Message, Description FROM ProcessException ORDER BY ProcessExceptionNumber")
    return [(row["Message"], row["Description"]) for row in rows]


async def sent(desk: Desk) -> list[tuple[str, str | None]]:
    """(status, location) of every fulfillment order."""
    rows = await desk.query(
        "SELECT Status, FulfilledFromLocation.Name FROM FulfillmentOrder ORDER BY FulfillmentOrderNumber"
    )
    return [(row["Status"], row["FulfilledFromLocation"] and row["FulfilledFromLocation"]["Name"]) for row in rows]


# -- which goods -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (None, {"taken": "Fulfilled", "later": "Allocated", "method": "Allocated"}),
        (["in_store-default"], {"taken": "Fulfilled", "later": "Allocated", "method": "Allocated"}),
        (["ONLINE-DEFAULT", "IN_STORE-PICKUP_LATER"],
         {"taken": "Allocated", "later": "Fulfilled", "method": "Fulfilled"}),
        ([], {"taken": "Allocated", "later": "Allocated", "method": "Allocated"}),
    ],
)  # fmt: skip
async def test_which_methods_mean_taken_along_is_configured(
    store: Desk, names: list[str] | None, expected: dict[str, str]
) -> None:
    """S0-107: the next order goes by it; what is collected later is routed like what is sent."""
    if names is not None:
        await store.option("taken_along_methods", names)
    for method, status in expected.items():
        summary = await tea(store, 1, method).sold()
        place = "Main Street" if status == "Fulfilled" else "DC1"
        order = only(await parcels(store, summary))
        assert (method, order["Status"]) == (method, status)
        assert (await sent(store))[-1] == (status, place)
    assert await exceptions(store) == []
    await check_laws(store)


async def test_a_group_without_a_method(store: Desk) -> None:
    """Goods are sent unless it is known that they were taken along."""
    summary = await tea(store, 1, "method").post()
    await store.rows("UPDATE orderdeliverygroupsummary SET orderdeliverymethodid = NULL")
    await store.settle()
    assert [order["Status"] for order in await parcels(store, summary)] == ["Allocated"]


# -- once, and in any order ------------------------------------------------------------------------


@pytest.mark.parametrize("verbs", [("fulfill-at-till", "route-order"), ("route-order", "fulfill-at-till")])
async def test_the_order_of_the_two_verbs_does_not_matter(store: Desk, verbs: tuple[str, str]) -> None:
    """S0-09: each takes its own delivery group, and nothing when asked again."""
    await without_flows(store)
    sale = Sale(store).group("taken")
    sale.line("tea", 2, "20.00")
    sale.group("method", DeliverToName="Amanda Freeman").line("cup", 1, "6.50")
    summary = await sale.sold()
    assert await sent(store) == []
    for name in verbs:
        await did(store, name, order_summary_id=summary["Id"])
    assert sorted(await sent(store)) == [("Allocated", "DC1"), ("Fulfilled", "Main Street")]
    assert await books(store) == [
        ("DC1", "cup", 9, 1), ("DC1", "tea", 9, 0), ("Main Street", "cup", 9, 0), ("Main Street", "tea", 7, 0),
    ]  # fmt: skip
    assert await quantities(store) == [("cup", "ALLOCATED", 1, 0), ("tea", "FULFILLED", 2, 2)]
    await store.settle()
    before = await census(store)
    for name in verbs * 2:
        answer = await did(store, name, order_summary_id=summary["Id"])
        assert answer.fulfillment_order_ids == []
    assert growth(before, await census(store)) == {}
    await check_laws(store)


async def test_many_at_once_make_one(store: Desk) -> None:
    """Each on a connection of its own."""
    await without_flows(store)
    summary = await tea(store, 2).sold()
    answers = await asyncio.gather(
        *(did(store, "fulfill-at-till", order_summary_id=summary["Id"]) for _ in range(8))
    )
    assert sorted(len(answer.fulfillment_order_ids) for answer in answers) == [0] * 7 + [1]
    assert [row for row in await books(store) if row[1] == "tea"] == [
        ("DC1", "tea", 9, 0), ("Main Street", "tea", 7, 0),
    ]  # fmt: skip
    await store.settle()
    await check_laws(store)


async def test_another_fulfillment_order_for_the_same_goods_at_once(store: Desk) -> None:
    """Whoever comes first has them: they are sent or were taken along, never both."""
    await without_flows(store)
    for _ in range(5):
        summary = await tea(store, 1).post()
        (item,) = await store.query(
            "SELECT Id, OrderDeliveryGroupSummaryId FROM OrderItemSummary "
            f"WHERE OrderSummaryId = '{summary['Id']}'"
        )
        group = FulfillmentGroupInput(
            store.ids["DC1"], "Warehouse", [OrderItemSummaryInput(item["Id"], Decimal(1))]
        )
        taken, sent_away = await asyncio.gather(
            do(store, "fulfill-at-till", order_summary_id=summary["Id"]),
            do(store, "create-fulfillment-orders", order_summary_id=summary["Id"], fulfillment_groups=[group],
               order_delivery_group_summary_id=item["OrderDeliveryGroupSummaryId"]),
        )  # fmt: skip
        assert taken.error is None
        status = only(await parcels(store, summary))["Status"]
        assert (status, type(sent_away.error)) in [
            ("Fulfilled", QuantityNotAvailableToFulfill), ("Allocated", NoneType),
        ]  # fmt: skip
        await store.settle()
        await check_laws(store)


@pytest.mark.parametrize("change", ["orderlifecycletype = 'UNMANAGED'", "issuspended = true"])
async def test_an_unmanaged_or_suspended_summary_is_left_alone(store: Desk, change: str) -> None:
    summary = await tea(store, 2).post()
    await store.rows(f"UPDATE ordersummary SET {change}")
    before = await census(store)
    answer = await did(store, "fulfill-at-till", order_summary_id=summary["Id"])
    assert answer.fulfillment_order_ids == []
    assert growth(before, await census(store)) == {}
    assert (await did(store, "fulfill-at-till", order_summary_id=store.ids["account"])).fulfillment_order_ids == []
    await store.settle()
    assert await sent(store) == []


async def test_what_was_taken_along_is_final(store: Desk) -> None:
    """S0-128: closed from the start; no other category follows, and nothing moves or is invoiced again."""
    summary = await tea(store, 2).sold()
    order = only(await parcels(store, summary))["Id"]
    before = await census(store)
    for status in ("Allocated", "Pickpack", "Cancelled", "Rejected", "Draft"):
        refused(await move(store, order, status), 400, "STATE_TRANSITION_NOT_ALLOWED", None, "Status")
    assert (await move(store, order, "Fulfilled")).status_code == 204
    await store.settle()
    assert growth(before, await census(store)) == {}
    await check_laws(store)


# -- whose stock -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["id", "POS", "pos"])
async def test_a_tills_location_is_told_by_its_sales_channel(store: Desk, key: str) -> None:
    """By id or by name; stock leaves it without having been reserved."""
    told = store.ids["channel"] if key == "id" else key
    await store.option("till_locations", {told: store.ids["store"], "other": store.ids["DC2"]})
    await tea(store, 2).sold()
    assert await sent(store) == [("Fulfilled", "Main Street")]
    assert ("Main Street", "tea", 7, 0) in await books(store)
    assert await entries(store, "OnHand") == [("tea", -2)]
    assert await entries(store, "Reserved") == []
    line = only(await store.rows("SELECT id FROM fulfillmentorderlineitem"))
    assert await store.rows("SELECT because FROM ledger WHERE 'OnHand' IN (debit, credit)") == [
        {"because": line["id"]}
    ]
    await check_laws(store)


@pytest.mark.parametrize("locations", [{}, {"Web": "store"}])
@pytest.mark.parametrize("channel", [True, False])
async def test_a_till_that_keeps_its_own_stock(store: Desk, locations: dict[str, str], channel: bool) -> None:
    """No location on the fulfillment order, and nothing moves; nobody needs to be told."""
    await store.option("till_locations", {name: store.ids[place] for name, place in locations.items()})
    before = await books(store)
    await tea(store, 2, SalesChannelId=store.ids["channel"] if channel else None).sold()
    assert await sent(store) == [("Fulfilled", None)]
    assert await books(store) == before
    assert await entries(store, "OnHand") == await entries(store, "Reserved") == []
    assert await exceptions(store) == []
    assert await quantities(store) == [("tea", "FULFILLED", 2, 2)]
    await check_laws(store)


async def test_the_books_give_what_they_have(store: Desk) -> None:
    """Two lines of one product: four sold, three on the books; on hand does not go below 0, a person is told."""
    await store.stock("store", tea=3)
    sale = Sale(store).group("taken")
    for quantity in (2, 2):
        sale.line("tea", quantity, "20.00")
    sale.line("cup", 1, "6.50")
    sale.cash("86.50")
    summary = await sale.sold()
    assert [row for row in await books(store) if row[0] == "Main Street"] == [
        ("Main Street", "cup", 8, 0), ("Main Street", "tea", 0, 0),
    ]  # fmt: skip
    assert await exceptions(store) == [
        ("The count at Main Street is wrong: the till sold what was not taken from it.",
         "tea: 2 sold, 1 taken"),
    ]  # fmt: skip
    order = only(await parcels(store, summary))
    assert (order["Status"], order["GrandTotalAmount"], order["ItemCount"]) == ("Fulfilled", 86.5, 5)
    told = only(
        await store.query(
            "SELECT AttachedToId, Category, OrderSummary.ActiveProcessExceptionCount FROM ProcessException"
        )
    )
    assert told == {
        "AttachedToId": order["Id"], "Category": "Fulfillment",
        "OrderSummary": {"ActiveProcessExceptionCount": 1},
    }  # fmt: skip
    assert await store.query("SELECT Balance, SettlementStatus FROM Invoice") == [
        {"Balance": 0, "SettlementStatus": "Settled"}
    ]
    await check_laws(store)


async def test_a_line_without_a_type_takes_nothing_and_is_told(store: Desk) -> None:
    """Whether it is goods nobody can know; the shelf may hold less than the books."""
    before = await books(store)
    sale = Sale(store).group("taken")
    sale.line("tea", 2, "20.00", Type=None)
    sale.cash("40.00")
    await sale.sold()
    assert await books(store) == before
    assert await exceptions(store) == [
        ("The count at Main Street is wrong: the till sold what was not taken from it.",
         "tea: a line without a Type, nothing taken"),
    ]  # fmt: skip
    await check_laws(store)


async def test_what_is_reserved_for_others_stays(store: Desk) -> None:
    """S1-30: two of three are promised, so that one can leave; the third that was sold is missing."""
    await sold(store, ("shirt", 2, "20.00"), to="store")
    await store.stock("store", shirt=3)
    assert ("Main Street", "shirt", 3, 2) in await books(store)
    sale = Sale(store).group("taken")
    sale.line("shirt", 2, "10.00")
    sale.cash("20.00")
    await sale.sold()
    assert ("Main Street", "shirt", 2, 2) in await books(store)
    assert [description for _, description in await exceptions(store)] == ["shirt: 2 sold, 1 taken"]
    await check_laws(store)


async def test_a_product_the_store_never_had(store: Desk) -> None:
    """It was sold all the same; no position is made of it."""
    sale = Sale(store).group("taken")
    sale.line("hat", 1, "5.50")
    sale.cash("5.50")
    await sale.sold()
    assert [row for row in await books(store) if row[1] == "hat"] == []
    assert [description for _, description in await exceptions(store)] == ["hat: 1 sold, 0 taken"]
    assert await sent(store) == [("Fulfilled", "Main Street")]
    await check_laws(store)


async def test_a_location_that_is_gone(store: Desk) -> None:
    """The sale stands; the mistake in the configuration is told."""
    answer = await store.client.delete(f"/services/data/v60.0/sobjects/Location/{store.ids['store']}")
    assert answer.status_code == 204, answer.text
    await tea(store, 1).sold()
    assert await sent(store) == [("Fulfilled", None)]
    assert await exceptions(store) == [
        (f"The till's location {store.ids['store']} does not exist, so that no stock was taken.", None)
    ]
    assert ("Main Street", "tea", 9, 0) in await books(store)
    await check_laws(store)


async def test_the_last_units_sold_many_times_at_once(store: Desk) -> None:
    """Ten tills sell one each of four: all ten are sold, four leave, six are told; nothing goes below 0."""
    await without_flows(store)
    await store.stock("store", tea=4)
    summaries = [await tea(store, 1).post() for _ in range(10)]
    await asyncio.gather(*(did(store, "fulfill-at-till", order_summary_id=one["Id"]) for one in summaries))
    assert ("Main Street", "tea", 0, 0) in await books(store)
    assert await sent(store) == [("Fulfilled", "Main Street")] * 10
    assert [description for _, description in await exceptions(store)] == ["tea: 1 sold, 0 taken"] * 6
    await store.settle()
    await check_laws(store)


# -- the status ------------------------------------------------------------------------------------


async def test_a_status_of_the_merchants_own(store: Desk) -> None:
    """C10: any of the category Closed, as it is spelled; none of another."""
    await without_flows(store)
    await store.option("fulfillment_statuses", {"Handed over": "CLOSED"})
    summary = await tea(store, 1).sold()
    before = await census(store)
    with pytest.raises(InvalidInput, match="Allocated is not of the status category Closed"):
        await did(store, "fulfill-at-till", order_summary_id=summary["Id"], status="Allocated")
    assert growth(before, await census(store)) == {}
    await did(store, "fulfill-at-till", order_summary_id=summary["Id"], status="handed OVER")
    await store.settle()
    assert await sent(store) == [("Handed over", "Main Street")]
    assert await store.query("SELECT SettlementStatus FROM Invoice") == [{"SettlementStatus": "Settled"}]
    await check_laws(store)


# -- what it costs ---------------------------------------------------------------------------------


async def test_a_worker_hands_over_twenty_sales_as_it_does_one(store: Desk) -> None:
    """S1-26, S1-27: one step of the flows, whatever it finds; with the till's location told by name."""
    await store.stock("store", tea=1000)
    await store.option("till_locations", {"POS": store.ids["store"]})
    machine, flows = store.face.machine, store.face.flows
    counts: dict[int, list[int]] = {}
    for count in (1, 20) * 3:
        for _ in range(count):
            await tea(store, 1).post()
        assert await sequence(machine.database) == 2 * count
        before = statements()
        assert await flows.step(machine.worker) > 0
        counts.setdefault(count, []).append(statements() - before)
        await store.settle()
    assert min(counts[1]) == min(counts[20]), counts
    assert len(await store.rows("SELECT id FROM invoice WHERE settlementstatus = 'Settled'")) == 63


async def test_an_order_that_is_sent_costs_no_more(store: Desk) -> None:
    """The flow for goods taken along reads what routing reads: on or off, the same statements."""
    machine, flows = store.face.machine, store.face.flows
    counts: dict[bool, list[int]] = {True: [], False: []}
    for is_on in (True, False) * 3:
        await catalogue.switch(machine.database, "fulfill-goods-taken-along", is_active=is_on)
        await machine.refresh_flows()
        await tea(store, 1, "method").post()
        assert await sequence(machine.database) > 0
        before = statements()
        assert await flows.step(machine.worker) > 0
        counts[is_on].append(statements() - before)
        await store.settle()
    assert min(counts[True]) == min(counts[False]), counts
