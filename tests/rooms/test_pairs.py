"""Every pair of actions on one order, at once: it ends as if one had come after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from tests.desk import Desk
from tests.life import allocated, check_laws, did, parcels, promised, sold_for

from ordo.api.sobjects import Update
from ordo.journeys.create_fulfillment_orders import FulfillmentGroupInput, OrderItemSummaryInput
from ordo.platform.records import noun
from ordo.platform.verbs import VerbAtom, verb_named, verbs
from ordo.platform.work import Atom, Entry

ROUNDS = 2
FOUNDING = {"found-organization"}  # done once, before there is any order


class Stage(NamedTuple):
    """One order in the middle of its life: a fulfillment order to send, one that is invoiced, one whose money
    is being asked for, two units without a place, and a promise that counts nowhere yet."""

    desk: Desk
    order_id: str
    summary_id: str
    to_send: str
    invoiced: str
    invoice_id: str
    group: str
    shirts: str
    promise: str

    @property
    def of_order(self) -> dict[str, str]:
        return {"order_summary_id": self.summary_id}


async def staged(desk: Desk) -> Stage:
    await desk.route_to()
    money = (*promised(desk, 1, "31.00"), *promised(desk, 2, "20.00"))
    summary = await sold_for(desk, [("shirt", 3, "30.00"), ("hat", 3, "21.00")], money)
    of_order = {"order_summary_id": summary["Id"]}
    to_send = await allocated(desk, summary, "DC1", shirt=1, hat=1)
    invoiced, asked = [await allocated(desk, summary, "DC1", hat=1) for _ in range(2)]
    made = await did(desk, "create-invoice", fulfillment_order_id=invoiced)
    await did(desk, "collect-payment", **of_order, fulfillment_order_id=asked)
    await desk.route_to("DC1")
    [of] = await desk.rows(
        "SELECT i.orderdeliverygroupsummaryid AS delivery, i.id AS shirts, p.id AS payments "
        "FROM orderitemsummary i, paymentgroup p "
        "WHERE i.ordersummaryid = $1 AND p.sourceobjectid = $2 AND i.stockkeepingunit = 'shirt'",
        summary["Id"], summary["OriginalOrderId"],
    )  # fmt: skip
    promise = await desk.make(
        "PaymentAuthorization", PaymentGroupId=of["payments"], Amount=5, Status="Processed",
        ProcessingMode="External",
    )  # fmt: skip
    return Stage(
        desk, summary["OriginalOrderId"], summary["Id"], to_send, invoiced, made.invoice_id, of["delivery"],
        of["shirts"], promise,
    )  # fmt: skip


def _verb(name: str, **told: Any) -> Atom:
    found = verb_named(name)
    return VerbAtom(found, found.command(**told))


def _patch(name: str, record_id: str, **values: Any) -> Atom:
    shape = noun(name)
    assert shape is not None
    return Update(shape, record_id, values)


ATOMS: dict[str, Callable[[Stage], Atom]] = {
    "create-invoice": lambda s: _verb("create-invoice", fulfillment_order_id=s.to_send),
    "ensure-funds": lambda s: _verb("ensure-funds", **s.of_order, invoice_id=s.invoice_id),
    "collect-payment": lambda s: _verb("collect-payment", **s.of_order, fulfillment_order_id=s.to_send),
    "collect-payment of the invoiced": lambda s: _verb(
        "collect-payment", **s.of_order, fulfillment_order_id=s.invoiced
    ),
    "collect-order-payments": lambda s: _verb("collect-order-payments", **s.of_order),
    "PATCH IsSuspended": lambda s: _patch("OrderSummary", s.summary_id, is_suspended=True),
    "fund-fulfillment-order": lambda s: _verb(
        "fund-fulfillment-order", **s.of_order, target_fulfillment_order_id=s.invoiced
    ),
    "create-order-payment-summary": lambda s: _verb(
        "create-order-payment-summary", **s.of_order, payment_authorization_id=s.promise
    ),
    "create-order-summary": lambda s: _verb("create-order-summary", order_id=s.order_id),
    "set-stock": lambda s: _verb(
        "set-stock", stock_keeping_unit="shirt", location_id=s.desk.ids["DC1"], on_hand=Decimal(20_000)
    ),
    "create-fulfillment-orders": lambda s: _verb(
        "create-fulfillment-orders",
        **s.of_order,
        order_delivery_group_summary_id=s.group,
        fulfillment_groups=[
            FulfillmentGroupInput(s.desk.ids["DC1"], "warehouse", [OrderItemSummaryInput(s.shirts, Decimal(2))])
        ],
    ),
    "route-order": lambda s: _verb("route-order", **s.of_order),
    "fulfill-at-till": lambda s: _verb("fulfill-at-till", **s.of_order),
    "change-fulfillment-order-status": lambda s: _verb(
        "change-fulfillment-order-status", fulfillment_order_id=s.to_send, status="Fulfilled"
    ),
    "PATCH Assigned": lambda s: _patch("FulfillmentOrder", s.to_send, status="Assigned"),
    "PATCH Cancelled": lambda s: _patch("FulfillmentOrder", s.to_send, status="Cancelled"),
    "PATCH Rejected": lambda s: _patch("FulfillmentOrder", s.to_send, status="Rejected"),
    "PATCH Fulfilled, of the invoiced": lambda s: _patch("FulfillmentOrder", s.invoiced, status="Fulfilled"),
    "PATCH Order": lambda s: _patch("Order", s.order_id, status="Activated"),
}
ANSWER = "the gateway's answer"
ACTS = (*ATOMS, ANSWER)


async def done(stage: Stage, act: str) -> str:
    """Does it in a Work of its own; "done", or the name of the refusal."""
    machine = stage.desk.face.machine
    if act == ANSWER:
        await stage.desk.face.jobs.step()
        return "done"
    entry = Entry(ATOMS[act](stage), machine.organization.administrator_id)
    await machine.worker.run([entry])
    return "done" if entry.error is None else type(entry.error).__name__


async def go_on(stage: Stage) -> None:
    """The captures that a suspension holds, without a release's own fact and what follows from it."""
    await stage.desk.rows("UPDATE ordersummary SET issuspended = false WHERE id = $1", stage.summary_id)
    await stage.desk.rows("UPDATE job SET due = '-infinity' WHERE attempts = 0")
    await stage.desk.settle()


async def state(stage: Stage) -> dict[str, list[str]]:
    """All there is about the order, without ids and moments, after everything was worked off."""
    desk = stage.desk
    await desk.settle()
    await go_on(stage)
    await check_laws(desk)
    assert await desk.rows("SELECT * FROM job") == []
    one = {"summary": stage.summary_id, "order": stage.order_id}
    asked = {
        "fulfillment": "SELECT statuscategory, itemcount, grandtotalamount, invoiceid IS NULL "
        "FROM fulfillmentorder WHERE ordersummaryid = '{summary}'",
        "lines": "SELECT stockkeepingunit, quantityallocated, quantityfulfilled, status FROM orderitemsummary "
        "WHERE ordersummaryid = '{summary}'",
        "invoices": "SELECT totalamountwithtax, balance, settlementstatus FROM invoice "
        "WHERE referenceentityid = '{summary}'",
        "payments": "SELECT p.status, p.amount, p.balance FROM payment p JOIN orderpaymentsummary s "
        "ON s.id = p.orderpaymentsummaryid WHERE s.ordersummaryid = '{summary}'",
        "money": "SELECT capturedamount, pendingcaptureamount, balanceamount, method FROM orderpaymentsummary "
        "WHERE ordersummaryid = '{summary}'",
        "exceptions": "SELECT message FROM processexception WHERE ordersummaryid = '{summary}'",
        "facts": "SELECT kind FROM fact WHERE root = '{order}'",
    }
    return {
        name: sorted(str(tuple(row.values())) for row in await desk.rows(sql.format(**one)))
        for name, sql in asked.items()
    }


async def after(
    desk: Desk, run: Callable[[Stage], Awaitable[list[str]]]
) -> tuple[list[str], dict[str, list[str]]]:
    """Outcomes and state of a fresh order."""
    stage = await staged(desk)
    outcomes = await run(stage)
    return outcomes, await state(stage)


def test_every_verb_is_here() -> None:
    """A new verb brings its line."""
    assert verbs().keys() - FOUNDING <= ATOMS.keys()


@pytest.mark.parametrize("first", ACTS)
async def test_pairs(desk: Desk, first: str) -> None:
    """S1-14, S1-30: for every act at once with this one, each on a connection of its own."""
    await desk.stock("DC1", shirt=10_000, hat=10_000)
    for second in ACTS[ACTS.index(first) :]:

        async def forwards(stage: Stage, second: str = second) -> list[str]:
            return [await done(stage, first), await done(stage, second)]

        async def backwards(stage: Stage, second: str = second) -> list[str]:
            return [await done(stage, second), await done(stage, first)][::-1]

        async def at_once(stage: Stage, second: str = second) -> list[str]:
            return list(await asyncio.gather(done(stage, first), done(stage, second)))

        allowed = [await after(desk, forwards), await after(desk, backwards)]
        for _ in range(ROUNDS):
            found = await after(desk, at_once)
            assert found in allowed, f"{first} and {second}"


async def test_all_at_once(desk: Desk) -> None:
    """Everything, several times over: the laws hold, and what was sent was paid once."""
    await desk.stock("DC1", shirt=10_000, hat=10_000)
    for _ in range(3):
        stage = await staged(desk)
        outcomes = await asyncio.gather(*(done(stage, act) for act in ACTS * 2))
        assert {"done"} < set(outcomes)
        await state(stage)
        found = await parcels(desk, {"Id": stage.summary_id})
        invoices = [one["InvoiceId"] for one in found if one["InvoiceId"]]
        assert len(set(invoices)) == len(invoices)
