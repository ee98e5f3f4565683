"""What is suspended waits: nothing of it follows by itself, and all of it does once it is released."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.counting import statements
from tests.desk import Desk
from tests.faces.asserted import census, growth, only
from tests.life import (
    allocated,
    check_laws,
    did,
    moved,
    parcels,
    promised,
    quantities,
    release,
    sold,
    sold_for,
    stock,
    summary_of,
    suspend,
)
from tests.till import Sale, books, open_store

from ordo.domain.ports import GatewayResult
from ordo.kernel.clock import Clock
from ordo.kernel.money import Money
from ordo.platform.events import sequence
from ordo.platform.jobs import HELD_SECONDS
from ordo.providers.simulated.faults import Faults, Loss
from ordo.providers.simulated.payment_gateway import SimulatedGateway

MONEY = ("invoice", "payment", "paymentgatewaylog", "backgroundoperation", "job", "processexception")


async def posted(desk: Desk, *lines: tuple[str, int, str]) -> dict[str, Any]:
    """The summary of an order of which nothing was worked off yet."""
    await desk.stock("DC1", shirt=9, hat=9)
    await desk.route_to("DC1")
    graph = await desk.order(*lines)
    return await summary_of(desk, graph["graphResponse"]["compositeResponse"][0]["body"]["id"])


async def untouched(desk: Desk) -> bool:
    """Whether there is no invoice, no payment, nothing asked of a gateway and nobody told."""
    found = await census(desk)
    return not any(found.get(name) for name in MONEY)


async def only_said(desk: Desk, before: dict[str, int]) -> int:
    """How many facts were said since then; no other row was made."""
    more = growth(before, await census(desk))
    assert {name for name in more if not name.startswith("feed")} == {"fact"}, more
    return more["fact"]


async def invoiced(desk: Desk) -> list[tuple[float, float]]:
    """(total, balance) of every invoice."""
    rows = await desk.query("SELECT TotalAmountWithTax, Balance FROM Invoice ORDER BY TotalAmountWithTax")
    return [(row["TotalAmountWithTax"], row["Balance"]) for row in rows]


async def paid(desk: Desk) -> list[tuple[float, str]]:
    rows = await desk.query("SELECT Amount, Status FROM Payment ORDER BY Amount, Status")
    return [(row["Amount"], row["Status"]) for row in rows]


async def said(desk: Desk) -> list[str]:
    """The facts of suspensions, in their order."""
    rows = await desk.rows("SELECT kind FROM fact WHERE kind ~ '(Suspended|Released)$' ORDER BY root, number")
    return [row["kind"] for row in rows]


async def test_a_suspended_order_is_routed_when_it_is_released(desk: Desk) -> None:
    """S0-06, S1-25: it is not forgotten, and not routed twice."""
    summary = await posted(desk, ("shirt", 2, "20.00"), ("hat", 1, "5.50"))
    await suspend(desk, summary["Id"])
    assert await parcels(desk, summary) == []
    assert await stock(desk) == [("hat", 9, 0), ("shirt", 9, 0)]
    assert await desk.query("SELECT Id FROM ProcessException") == []

    await release(desk, summary["Id"])
    assert only(await parcels(desk, summary))["Status"] == "Allocated"
    assert await stock(desk) == [("hat", 9, 1), ("shirt", 9, 2)]

    before = await census(desk)
    await suspend(desk, summary["Id"])
    await release(desk, summary["Id"])
    assert await only_said(desk, before) == 2
    assert await said(desk) == ["OrderSummarySuspended", "OrderSummaryReleased"] * 2
    await check_laws(desk)


@pytest.mark.parametrize("whole", [True, False])
async def test_what_is_fulfilled_while_suspended_is_paid_for_when_released(desk: Desk, whole: bool) -> None:
    """S1-14: the order, or the fulfillment order alone. Goods left the house; no invoice, no money until then."""
    summary = await sold(desk, ("shirt", 2, "20.00"), ("hat", 1, "5.50"))
    parcel = only(await parcels(desk, summary))["Id"]
    held = summary["Id"] if whole else parcel
    await suspend(desk, held)
    await moved(desk, parcel, "Fulfilled")
    await desk.settle()
    assert await untouched(desk)
    assert await stock(desk) == [("hat", 8, 0), ("shirt", 7, 0)]
    assert await quantities(desk) == [("hat", "FULFILLED", 1, 1), ("shirt", "FULFILLED", 2, 2)]

    await release(desk, held)
    assert await invoiced(desk) == [(25.5, 0)]
    assert await paid(desk) == [(25.5, "Processed")]
    before = await census(desk)
    await suspend(desk, held)
    await release(desk, held)
    assert await only_said(desk, before) == 2
    noun = "OrderSummary" if whole else "FulfillmentOrder"
    assert await said(desk) == [f"{noun}Suspended", f"{noun}Released"] * 2
    await check_laws(desk)


async def test_a_suspended_fulfillment_order_waits_alone(desk: Desk) -> None:
    """S1-14: the other one of its order is paid for."""
    await desk.route_to()
    await desk.stock("DC1", shirt=9)
    summary = await sold_for(desk, [("shirt", 3, "30.00")], promised(desk, 1, "30.00"))
    held, free = await allocated(desk, summary, "DC1", shirt=1), await allocated(desk, summary, "DC1", shirt=2)
    await suspend(desk, held)
    await moved(desk, held, "Fulfilled")
    await moved(desk, free, "Fulfilled")
    await desk.settle()
    assert (await invoiced(desk), await paid(desk)) == ([(20, 0)], [(20, "Processed")])

    await suspend(desk, summary["Id"])
    await release(desk, summary["Id"])
    assert await invoiced(desk) == [(20, 0)]  # the fulfillment order itself is suspended still
    await suspend(desk, summary["Id"])
    await release(desk, held)
    assert await invoiced(desk) == [(20, 0)]  # now its order is
    await release(desk, summary["Id"])
    assert (await invoiced(desk), await paid(desk)) == ([(10, 0), (20, 0)], [(10, "Processed"), (20, "Processed")])
    await check_laws(desk)


async def test_one_order_with_many_fulfillment_orders_is_released_as_one_with_one(desk: Desk) -> None:
    """S1-14, S1-26: each has its invoice and its money from the one card; the statements do not count them."""
    await desk.route_to()
    await desk.stock("DC1", shirt=999)
    counts: dict[int, list[int]] = {}
    for count in (1, 6) * 3:
        money = promised(desk, 1, str(10 * count))
        summary = await sold_for(desk, [("shirt", count, f"{10 * count}.00")], money)
        await suspend(desk, summary["Id"])
        for _ in range(count):
            await moved(desk, await allocated(desk, summary, "DC1", shirt=1), "Fulfilled")
        await desk.settle()
        assert (await desk.patch("OrderSummary", summary["Id"], IsSuspended=False)).status_code == 204
        assert await sequence(desk.face.machine.database) == 1
        before = statements()
        assert await desk.face.flows.step(desk.face.machine.worker) == 1
        counts.setdefault(count, []).append(statements() - before)
        await desk.settle()
        captured = await desk.query(
            "SELECT CapturedAmount, PendingCaptureAmount, AvailableToCaptureAmount FROM OrderPaymentSummary "
            f"WHERE OrderSummaryId = '{summary['Id']}'"
        )
        assert captured == [
            {"CapturedAmount": 10 * count, "PendingCaptureAmount": 0, "AvailableToCaptureAmount": 0}
        ]
    assert min(counts[1]) == min(counts[6]), counts
    assert await invoiced(desk) == [(10, 0)] * 21
    await check_laws(desk)


async def test_released_in_the_call_that_says_fulfilled(desk: Desk) -> None:
    """S1-14: two facts, one invoice and one capture."""
    summary = await sold(desk, ("shirt", 1, "10.00"))
    parcel = only(await parcels(desk, summary))["Id"]
    await suspend(desk, parcel)
    answer = await desk.patch("FulfillmentOrder", parcel, Status="Fulfilled", IsSuspended=False)
    assert answer.status_code == 204, answer.text
    await desk.settle()
    assert (await invoiced(desk), await paid(desk)) == ([(10, 0)], [(10, "Processed")])
    assert len(await desk.query("SELECT Id FROM BackgroundOperation")) == 1
    await check_laws(desk)


@pytest.mark.parametrize("whole", [True, False])
async def test_a_person_may_invoice_and_ask_for_money_all_the_same(desk: Desk, whole: bool) -> None:
    """S1-14, S1-15: only what happens by itself waits; the release asks for nothing a second time."""
    summary = await sold(desk, ("shirt", 1, "10.00"))
    parcel = only(await parcels(desk, summary))["Id"]
    held = summary["Id"] if whole else parcel
    await suspend(desk, held)
    await moved(desk, parcel, "Fulfilled")
    await desk.settle()
    made = await did(desk, "create-invoice", fulfillment_order_id=parcel)
    await desk.settle()
    assert (await invoiced(desk), await paid(desk)) == ([(10, 10)], [])
    await did(desk, "ensure-funds", order_summary_id=summary["Id"], invoice_id=made.invoice_id)
    await desk.settle()
    assert (await invoiced(desk), await paid(desk)) == ([(10, 0)], [(10, "Processed")])
    before = await census(desk)
    await release(desk, held)
    assert await only_said(desk, before) == 1
    await check_laws(desk)


async def test_an_invoice_made_by_hand_gets_its_money_when_released(desk: Desk) -> None:
    summary = await sold(desk, ("shirt", 1, "10.00"))
    parcel = only(await parcels(desk, summary))["Id"]
    await suspend(desk, summary["Id"])
    await moved(desk, parcel, "Fulfilled")
    await did(desk, "create-invoice", fulfillment_order_id=parcel)
    await desk.settle()
    assert await paid(desk) == []
    await release(desk, summary["Id"])
    assert (await invoiced(desk), await paid(desk)) == ([(10, 0)], [(10, "Processed")])
    await check_laws(desk)


async def test_goods_taken_along_wait_too(desk: Desk) -> None:
    """S0-07, S0-09: they are counted as fulfilled, and invoiced, when the order is released."""
    await open_store(desk)
    await desk.stock("store", tea=9)
    await desk.option("till_locations", {"POS": desk.ids["store"]})
    sale = Sale(desk).group("taken")
    sale.line("tea", 2, "20.00")
    sale.cash("40.00")
    summary = await sale.post()
    await suspend(desk, summary["Id"])
    assert (await parcels(desk, summary), await books(desk)) == ([], [("Main Street", "tea", 9, 0)])
    assert await invoiced(desk) == []
    await release(desk, summary["Id"])
    assert [one["Status"] for one in await parcels(desk, summary)] == ["Fulfilled"]
    assert await books(desk) == [("Main Street", "tea", 7, 0)]
    assert (await invoiced(desk), await paid(desk)) == ([(40, 0)], [(40, "Processed")])
    await check_laws(desk)


@pytest.fixture
def clock(desk: Desk) -> Iterator[Clock]:
    clock = desk.face.machine.clock
    yield clock
    clock.offset = timedelta()


async def about_to_be_captured(desk: Desk) -> tuple[dict[str, Any], str]:
    """An order that was sent and invoiced: a job waits to ask the gateway. Its summary and fulfillment order."""
    summary = await sold(desk, ("shirt", 1, "10.00"))
    parcel = only(await parcels(desk, summary))["Id"]
    await moved(desk, parcel, "Fulfilled")
    assert await sequence(desk.face.machine.database) == 1
    assert await desk.face.flows.step(desk.face.machine.worker) == 1
    return summary, parcel


async def waits(desk: Desk, gateway: SimulatedGateway) -> bool:
    """Whether one capture is intended, no attempt at it was made, and nobody was told."""
    assert (await invoiced(desk), await paid(desk)) == ([(10, 10)], [(10, "Pending")])
    assert await desk.query("SELECT Id FROM PaymentGatewayLog") == []
    assert await desk.query("SELECT Id FROM ProcessException") == []
    jobs = await desk.rows("SELECT attempts, isfinite(due) AS is_due FROM job")
    return jobs == [{"attempts": 0, "is_due": True}] and not gateway.books


@pytest.mark.parametrize("whole", [True, False])
async def test_a_gateway_that_nobody_asked_yet_is_not_asked(
    desk: Desk, gateway: SimulatedGateway, clock: Clock, whole: bool
) -> None:
    """S1-14, S1-28: the capture waits however long it takes, and is done seconds after the release."""
    summary, parcel = await about_to_be_captured(desk)
    held = summary["Id"] if whole else parcel
    await suspend(desk, held)
    for _ in range(20):  # more often than a job is tried
        assert await waits(desk, gateway)
        clock.offset += timedelta(hours=1)
        await desk.settle()

    await release(desk, held)
    clock.offset += timedelta(seconds=HELD_SECONDS)
    await desk.settle()
    assert (await invoiced(desk), await paid(desk)) == ([(10, 0)], [(10, "Processed")])
    assert [line.amount for line in gateway.books] == [Money.of(Decimal(10), "EUR")]
    assert await desk.query("SELECT Status, RetryCount FROM BackgroundOperation") == [
        {"Status": "Complete", "RetryCount": 0}
    ]
    assert await desk.rows("SELECT id FROM job") == []
    await check_laws(desk)


async def test_a_release_while_the_capture_is_put_off_is_seen_the_next_time(
    desk: Desk, gateway: SimulatedGateway, clock: Clock
) -> None:
    """S1-28: in parallel with the release it waits once more, for no longer than any other."""
    summary, _ = await about_to_be_captured(desk)
    await suspend(desk, summary["Id"])
    clock.offset += timedelta(seconds=HELD_SECONDS)
    async with desk.face.machine.database.write.acquire() as connection, connection.transaction():
        told = "UPDATE ordersummary SET issuspended = false WHERE id = $1"
        await connection.execute(told, summary["Id"])
        assert await desk.face.jobs.step() == 1
        assert await waits(desk, gateway)
    assert await desk.face.jobs.step() == 0
    clock.offset += timedelta(seconds=HELD_SECONDS)
    assert await desk.face.jobs.step() == 1
    assert (await paid(desk), len(gateway.books)) == ([(10, "Processed")], 1)


async def test_what_a_person_asked_for_before_waits_too(
    desk: Desk, gateway: SimulatedGateway, clock: Clock
) -> None:
    """S1-15: who suspended the order came later. Who asks for the money of a suspended order means it."""
    summary = await sold(desk, ("shirt", 1, "10.00"))
    parcel = only(await parcels(desk, summary))["Id"]
    made = await did(desk, "create-invoice", fulfillment_order_id=parcel)
    await did(desk, "ensure-funds", order_summary_id=summary["Id"], invoice_id=made.invoice_id)
    await suspend(desk, summary["Id"])
    assert await waits(desk, gateway)
    await release(desk, summary["Id"])
    clock.offset += timedelta(seconds=HELD_SECONDS)
    await desk.settle()
    assert (await paid(desk), len(gateway.books)) == ([(10, "Processed")], 1)


async def test_a_gateway_that_was_asked_already_is_asked_what_became_of_it(
    desk: Desk, gateway: SimulatedGateway, clock: Clock
) -> None:
    """S1-28: money that may have been taken is not left unknown because the order was suspended meanwhile."""
    gateway.faults = Faults(losses_every={1: Loss.AFTER_ACTING})
    summary = await sold(desk, ("shirt", 1, "10.00"))
    await moved(desk, only(await parcels(desk, summary))["Id"], "Fulfilled")
    await desk.settle()
    assert await paid(desk) == [(10, "Pending")]
    gateway.faults = Faults()
    await suspend(desk, summary["Id"])
    await release(desk, summary["Id"])
    assert len(await desk.query("SELECT Id FROM BackgroundOperation")) == 1
    await suspend(desk, summary["Id"])
    clock.offset += timedelta(hours=1)
    await desk.settle()
    assert (await invoiced(desk), await paid(desk)) == ([(10, 0)], [(10, "Processed")])
    assert [line.amount for line in gateway.books] == [Money.of(Decimal(10), "EUR")]
    await check_laws(desk)


async def test_what_was_declined_is_asked_for_again(desk: Desk, gateway: SimulatedGateway) -> None:
    """S3-11: an order is suspended until its shopper has a card that pays; one invoice, two payments."""
    gateway.faults = Faults(result_shares={GatewayResult.DECLINE: 1})
    summary = await sold(desk, ("shirt", 1, "10.00"))
    await moved(desk, only(await parcels(desk, summary))["Id"], "Fulfilled")
    await desk.settle()
    assert (await invoiced(desk), await paid(desk)) == ([(10, 10)], [(10, "Failed")])
    gateway.faults = Faults()
    await suspend(desk, summary["Id"])
    assert await paid(desk) == [(10, "Failed")]
    await release(desk, summary["Id"])
    assert (await invoiced(desk), await paid(desk)) == ([(10, 0)], [(10, "Processed"), (10, "Failed")])
    assert [line.amount for line in gateway.books] == [Money.of(Decimal(10), "EUR")]
    await check_laws(desk)
