"""The verb ensure-funds: whose money pays an invoice, asked for once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.desk import Desk
from tests.life import check_laws, did, do, facts, moved, paid, parcels, promised, sold_for

from ordo.domain.ports import GatewayResult
from ordo.journeys.ensure_funds import CannotBeFunded, PaymentSequence
from ordo.kernel.clock import Clock
from ordo.kernel.money import Money
from ordo.kernel.problems import InvalidIdentifier, Problem
from ordo.platform.work import Entry
from ordo.providers.simulated.faults import Faults, Loss
from ordo.providers.simulated.payment_gateway import SimulatedGateway


@pytest.fixture
def clock(desk: Desk) -> Iterator[Clock]:
    clock = desk.face.machine.clock
    yield clock
    clock.offset = timedelta()


async def invoiced(desk: Desk, amount: str, *money: dict[str, Any]) -> dict[str, str]:
    """An order of one shirt, paid with `money`, with its invoice: the arguments of ensure-funds."""
    await desk.stock("DC1", shirt=9)
    await desk.route_to("DC1")
    summary = await sold_for(desk, [("shirt", 1, amount)], money)
    [order] = await parcels(desk, summary)
    made = await did(desk, "create-invoice", fulfillment_order_id=order["Id"])
    return {"order_summary_id": summary["Id"], "invoice_id": made.invoice_id}


async def ensured(desk: Desk, told: dict[str, str], **more: Any) -> dict[str, Any]:
    """Asks for the money and lets everybody answer; the operation as it is then."""
    answer = await did(desk, "ensure-funds", **told, **more)
    await desk.settle()
    await check_laws(desk)
    return await desk.get("BackgroundOperation", answer.background_operation_id)


async def purses(desk: Desk) -> list[tuple[float, float, float]]:
    """(captured, balance, available to capture) of the payment summaries, by card."""
    rows = await desk.query(
        "SELECT CapturedAmount, BalanceAmount, AvailableToCaptureAmount FROM OrderPaymentSummary ORDER BY Method"
    )
    return [(row["CapturedAmount"], row["BalanceAmount"], row["AvailableToCaptureAmount"]) for row in rows]


async def invoice(desk: Desk) -> tuple[float, str]:
    [row] = await desk.query("SELECT Balance, SettlementStatus FROM Invoice")
    return row["Balance"], row["SettlementStatus"]


async def methods(desk: Desk) -> list[str]:
    """Ids of the payment summaries, by card."""
    return [row["Id"] for row in await desk.query("SELECT Id FROM OrderPaymentSummary ORDER BY Method")]


async def captures(desk: Desk) -> list[tuple[str, float]]:
    rows = await desk.query("SELECT Status, Amount FROM Payment WHERE Type = 'Capture' ORDER BY PaymentNumber")
    return [(row["Status"], row["Amount"]) for row in rows]


async def asked(desk: Desk) -> int:
    """How often a gateway was, or is to be, asked."""
    return len(await desk.rows("SELECT id FROM paymentgatewaylog UNION ALL SELECT id FROM job"))


def taken(gateway: SimulatedGateway) -> list[Decimal]:
    return [line.amount.amount for line in gateway.books]


# -- money that moved already ----------------------------------------------------------------------


async def test_a_sale_at_the_till_never_meets_a_gateway(desk: Desk, gateway: SimulatedGateway) -> None:
    """S0-94, S0-07: the payment is External, Processed, a Sale; it pays the invoice, the gateway's count is 0."""
    gateway.faults = Faults(down=True)
    told = await invoiced(desk, "10.00", *paid(desk, 1, "10.00"))
    assert await purses(desk) == [(10, 10, 0)]
    operation = await ensured(desk, told)
    assert (operation["Status"], operation["Error"]) == ("Complete", None)
    assert operation["FinishedAt"] is not None
    assert await purses(desk) == [(10, 0, 0)]
    assert await invoice(desk) == (0, "Settled")
    assert await desk.query(
        "SELECT Type, Amount, Payment.Type, Payment.Balance, Payment.ProcessingMode FROM PaymentLineInvoice"
    ) == [
        {"Type": "Applied", "Amount": 10, "Payment": {"Type": "Sale", "Balance": 0, "ProcessingMode": "External"}}
    ]
    assert (await asked(desk), taken(gateway), await captures(desk)) == (0, [], [])


async def test_the_till_paid_a_part(desk: Desk, gateway: SimulatedGateway) -> None:
    """S0-94, S1-14: what was paid is applied, only the rest is captured."""
    told = await invoiced(desk, "10.00", *paid(desk, 1, "6.10"), *promised(desk, 2, "3.90"))
    await ensured(desk, told)
    assert taken(gateway) == [Decimal("3.90")]
    assert await purses(desk) == [(6.1, 0, 0), (3.9, 0, 0)]
    assert await invoice(desk) == (0, "Settled")


async def test_the_till_took_too_much(desk: Desk, gateway: SimulatedGateway) -> None:
    """S0-94: the balance stays with the payment."""
    told = await invoiced(desk, "10.00", *paid(desk, 1, "12.00"), *promised(desk, 2, "9.00"))
    await ensured(desk, told)
    assert taken(gateway) == []
    assert await purses(desk) == [(12, 2, 0), (0, 0, 9)]


@pytest.mark.parametrize("status", ["Draft", "Failed", "Canceled", "Pending"])
async def test_money_that_did_not_move_pays_nothing(desk: Desk, gateway: SimulatedGateway, status: str) -> None:
    told = await invoiced(
        desk, "10.00", *paid(desk, 1, "10.00", Status=status), *promised(desk, 2, "10.00", Status=status)
    )
    operation = await ensured(desk, told)
    assert operation["Status"] == "Error"
    assert (taken(gateway), await invoice(desk)) == ([], (10, "Not Settled"))


# -- which gateway ---------------------------------------------------------------------------------


async def test_the_cards_gateway_captures(desk: Desk, gateway: SimulatedGateway) -> None:
    """S0-96: the authorization names none, the card does."""
    told = await invoiced(desk, "10.00", *promised(desk, 1, "10.00", PaymentGatewayId=None))
    await ensured(desk, told)
    assert taken(gateway) == [Decimal("10.00")]
    assert await desk.query("SELECT PaymentGatewayId, Status FROM Payment") == [
        {"PaymentGatewayId": desk.ids["gateway"], "Status": "Processed"}
    ]


async def test_a_promise_without_a_gateway_is_never_asked(desk: Desk, gateway: SimulatedGateway) -> None:
    """S0-94, S0-96: it was recorded only; a person is told."""
    money = promised(desk, 1, "10.00", PaymentGatewayId=None)
    money[0]["body"]["PaymentGatewayId"] = None
    operation = await ensured(desk, await invoiced(desk, "10.00", *money))
    assert operation["Status"] == "Error"
    assert (await asked(desk), taken(gateway), await captures(desk)) == (0, [], [])
    assert len(await desk.rows("SELECT 1 FROM processexception")) == 1


# -- whose money: the default ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        (["5.00", "10.00", "20.00"], ["10.00"]),  # the exact match before the largest
        (["4.00", "8.00", "6.00"], ["8.00", "2.00"]),  # the largest, and the rest of the next
        (["4.00", "7.00", "3.00"], ["7.00", "3.00"]),  # what remains is matched exactly again
        (["10.00", "10.00"], ["10.00"]),
        (["4.00", "3.00", "3.00"], ["4.00", "3.00", "3.00"]),
    ],
)
async def test_the_default_selection(
    desk: Desk, gateway: SimulatedGateway, amounts: list[str], expected: list[str]
) -> None:
    """C15: an authorization that equals the balance, else the largest, until it is funded."""
    money = [one for number, amount in enumerate(amounts) for one in promised(desk, number, amount)]
    await ensured(desk, await invoiced(desk, "10.00", *money))
    assert sorted(taken(gateway)) == sorted(Decimal(amount) for amount in expected)
    assert await invoice(desk) == (0, "Settled")


async def test_captured_money_comes_first(desk: Desk, gateway: SimulatedGateway) -> None:
    """C15: also where a promise would match exactly."""
    money = (*promised(desk, 1, "10.00"), *paid(desk, 2, "3.00"), *paid(desk, 3, "4.00"))
    await ensured(desk, await invoiced(desk, "10.00", *money))
    assert taken(gateway) == [Decimal("3.00")]
    assert await purses(desk) == [(3, 0, 7), (3, 0, 0), (4, 0, 0)]


# -- whose money: as told --------------------------------------------------------------------------


async def test_a_sequence_is_walked_in_order(desk: Desk, gateway: SimulatedGateway) -> None:
    """C15: 25 of the second, as much as possible of the first."""
    told = await invoiced(desk, "40.00", *promised(desk, 1, "40.00"), *promised(desk, 2, "30.00"))
    first, second = await methods(desk)
    wishes = [PaymentSequence(second, Decimal(25)), PaymentSequence(first, Decimal())]
    await ensured(desk, told, sequences=wishes)
    assert await captures(desk) == [("Processed", 25), ("Processed", 15)]
    assert await purses(desk) == [(15, 0, 25), (25, 0, 5)]


async def test_a_cap_holds_for_paid_and_promised_together(desk: Desk, gateway: SimulatedGateway) -> None:
    """C15: 3 are captured already, so 2 more are taken; the default does the rest."""
    money = [*paid(desk, 1, "3.00"), *promised(desk, 1, "9.00")[1:], *promised(desk, 2, "9.00")]
    money[1]["referenceId"] = "more"
    told = await invoiced(desk, "10.00", *money)
    first, second = await methods(desk)
    assert await purses(desk) == [(3, 3, 6), (0, 0, 9)]
    await ensured(desk, told, sequences=[PaymentSequence(first, Decimal(5)), PaymentSequence(second)])
    assert await purses(desk) == [(5, 0, 4), (5, 0, 4)]


async def test_what_the_sequence_leaves_open(desk: Desk, gateway: SimulatedGateway) -> None:
    """C15: stays open where a part is allowed, is funded by the default where not."""
    told = await invoiced(desk, "10.00", *promised(desk, 1, "10.00"), *promised(desk, 2, "10.00"))
    first, _ = await methods(desk)
    wishes = [PaymentSequence(first, Decimal(4))]
    await ensured(desk, told, sequences=wishes, is_allow_partial=True)
    assert await purses(desk) == [(4, 0, 6), (0, 0, 10)]
    assert await invoice(desk) == (6, "Partially Settled")
    await ensured(desk, told, sequences=wishes)
    assert sum(taken(gateway)) == 10
    assert await invoice(desk) == (0, "Settled")


async def test_a_part_of_too_little(desk: Desk, gateway: SimulatedGateway) -> None:
    """C15: all there is, and nobody is told."""
    told = await invoiced(desk, "10.00", *promised(desk, 1, "4.00"))
    operation = await ensured(desk, told, is_allow_partial=True)
    assert operation["Status"] == "Complete"
    assert (taken(gateway), await invoice(desk)) == ([Decimal(4)], (6, "Partially Settled"))
    assert await desk.rows("SELECT 1 FROM processexception") == []


async def test_one_method_named_twice(desk: Desk, gateway: SimulatedGateway) -> None:
    """No authorization is captured beyond its amount and no payment applied twice, also where a method is
    taken from again: as told, and by the default after it."""
    money = [*promised(desk, 1, "6.00"), *promised(desk, 1, "6.00")[1:], *paid(desk, 2, "5.00")]
    money[2]["referenceId"] = "again"
    told = await invoiced(desk, "16.00", *money)
    first, second = await methods(desk)
    wishes = [
        PaymentSequence(second, Decimal(2)),
        PaymentSequence(first, Decimal(4)),
        PaymentSequence(first, Decimal(4)),
    ]
    await ensured(desk, told, sequences=wishes)
    assert await purses(desk) == [(11, 0, 1), (5, 0, 0)]
    assert sum(taken(gateway)) == 11
    promises = await desk.query("SELECT TotalPaymentCaptureAmount FROM PaymentAuthorization")
    assert sorted(one["TotalPaymentCaptureAmount"] for one in promises) == [5, 6]
    [sale] = await desk.query("SELECT Balance, TotalApplied FROM Payment WHERE Type = 'Sale'")
    assert sale == {"Balance": 0, "TotalApplied": 5}
    assert await invoice(desk) == (0, "Settled")


# -- what is refused -------------------------------------------------------------------------------


async def test_too_little_money(desk: Desk, gateway: SimulatedGateway) -> None:
    """S3-11: the operation ends in error, a person is told, and nothing moved at all."""
    told = await invoiced(desk, "10.00", *paid(desk, 1, "4.00"), *promised(desk, 2, "5.99"))
    before = await purses(desk)
    operation = await ensured(desk, told)
    assert operation["Status"] == "Error"
    assert operation["Error"].startswith("The funds of the order are less than the balance 10")
    assert (await purses(desk), await invoice(desk)) == (before, (10, "Not Settled"))
    assert (await asked(desk), taken(gateway), await captures(desk)) == (0, [], [])
    [found] = await desk.query(
        "SELECT AttachedToId, OrderSummaryId, Category, StatusCategory, OrderSummary.ActiveProcessExceptionCount "
        "FROM ProcessException"
    )
    assert found == {
        "AttachedToId": told["invoice_id"], "OrderSummaryId": told["order_summary_id"], "Category": "Payment",
        "StatusCategory": "ACTIVE", "OrderSummary": {"ActiveProcessExceptionCount": 1},
    }  # fmt: skip
    assert await facts(desk, "ProcessExceptionRaised") == 1


async def test_wrong_arguments(desk: Desk, gateway: SimulatedGateway) -> None:
    """Each refused with the platform's code, and nothing written."""
    told = await invoiced(desk, "10.00", *promised(desk, 1, "10.00"))
    other = await invoiced(desk, "10.00", *promised(desk, 1, "10.00"))
    [theirs] = [
        row["id"]
        for row in await desk.rows(
            "SELECT id FROM orderpaymentsummary WHERE ordersummaryid = $1", other["order_summary_id"]
        )
    ]
    [mine] = [
        row["id"]
        for row in await desk.rows(
            "SELECT id FROM orderpaymentsummary WHERE ordersummaryid = $1", told["order_summary_id"]
        )
    ]
    wrong: list[tuple[dict[str, Any], type[Problem]]] = [
        ({"order_summary_id": "1Os000000000001AAA"}, InvalidIdentifier),
        ({"order_summary_id": ""}, InvalidIdentifier),
        ({"invoice_id": "3tt000000000001AAA"}, InvalidIdentifier),
        ({"invoice_id": other["invoice_id"]}, InvalidIdentifier),
        ({"sequences": [PaymentSequence(theirs)]}, InvalidIdentifier),
        ({"sequences": [PaymentSequence("")]}, InvalidIdentifier),
        ({"sequences": [PaymentSequence(mine, Decimal(-1))]}, CannotBeFunded),
        ({"sequences": [PaymentSequence(mine, Decimal("0.001"))]}, CannotBeFunded),
        ({"sequences": [PaymentSequence(mine, Decimal("NaN"))]}, CannotBeFunded),
        ({"sequences": [PaymentSequence(mine, Decimal("Infinity"))]}, CannotBeFunded),
        ({"sequences": [PaymentSequence(mine, Decimal("1E+30"))]}, CannotBeFunded),
    ]
    for more, problem in wrong:
        entry = await do(desk, "ensure-funds", **(told | more))
        assert isinstance(entry.error, problem), (more, entry.error)
    await desk.settle()
    assert (await asked(desk), taken(gateway), await captures(desk)) == (0, [], [])
    assert await desk.rows("SELECT 1 FROM backgroundoperation UNION ALL SELECT 1 FROM processexception") == []


# -- once ------------------------------------------------------------------------------------------


async def test_twice_in_a_row(desk: Desk, gateway: SimulatedGateway) -> None:
    """S1-14: before the gateway answered, and after; it is asked once."""
    told = await invoiced(desk, "10.00", *promised(desk, 1, "30.00"))
    await did(desk, "ensure-funds", **told)
    for _ in range(3):
        assert (await ensured(desk, told))["Status"] == "Complete"
    assert taken(gateway) == [Decimal("10.00")]
    assert await captures(desk) == [("Processed", 10)]
    assert await purses(desk) == [(10, 0, 20)]


async def test_at_once(desk: Desk, gateway: SimulatedGateway) -> None:
    """S1-14: twelve callers, some of them with sequences, on connections of their own."""
    told = await invoiced(desk, "10.00", *promised(desk, 1, "30.00"), *promised(desk, 2, "30.00"))
    first, second = await methods(desk)

    async def one(number: int) -> Entry:
        wishes = [PaymentSequence([first, second][number % 2])] if number % 3 else []
        return await do(desk, "ensure-funds", **told, sequences=wishes)

    entries = await asyncio.gather(*(one(number) for number in range(12)))
    assert [entry.error for entry in entries] == [None] * 12
    await desk.settle()
    assert taken(gateway) == [Decimal("10.00")]
    assert await invoice(desk) == (0, "Settled")
    await check_laws(desk)


async def test_two_invoices_at_once_share_one_promise(desk: Desk, gateway: SimulatedGateway) -> None:
    """An authorization of 10 pays two invoices of 10 once: the other is told that there is too little."""
    told = await invoiced(desk, "10.00", *promised(desk, 1, "10.00"))
    await desk.rows(
        'INSERT INTO invoice SELECT (json_populate_record(i, \'{"id": "3tt000000000001AAA"}\')).* FROM invoice i'
    )
    other = told | {"invoice_id": "3tt000000000001AAA"}
    await asyncio.gather(*(did(desk, "ensure-funds", **one) for one in (told, other)))
    await desk.settle()
    assert taken(gateway) == [Decimal("10.00")]
    statuses = await desk.query("SELECT Status FROM BackgroundOperation ORDER BY Status")
    assert {one["Status"] for one in statuses} == {"Complete", "Error"}
    await check_laws(desk)


async def test_while_nobody_knows(desk: Desk, gateway: SimulatedGateway, clock: Clock) -> None:
    """S1-28: an answer is missing: it is not asked for again under another key, now or later."""
    told = await invoiced(desk, "10.00", *promised(desk, 1, "30.00"))
    gateway.faults = Faults(losses_every={1: Loss.AFTER_ACTING})
    await ensured(desk, told)
    gateway.faults = Faults()
    assert (await ensured(desk, told))["Status"] == "Complete"
    assert await captures(desk) == [("Pending", 10)]
    clock.offset += timedelta(hours=1)
    await desk.settle()
    await ensured(desk, told)
    assert await captures(desk) == [("Processed", 10)]
    assert taken(gateway) == [Decimal("10.00")]


async def test_again_after_a_decline(desk: Desk, gateway: SimulatedGateway) -> None:
    """S3-11, C15: declined, the promise is untouched and free; asked again, it is a new request that captures."""
    told = await invoiced(desk, "10.01", *promised(desk, 1, "10.01"))
    gateway.faults = Faults(results={"1001": GatewayResult.DECLINE})
    operation = await ensured(desk, told)
    assert (operation["Status"], operation["Error"]) == (
        "Complete", "SOFT_DECLINE: The account does not hold the amount",
    )  # fmt: skip
    assert await captures(desk) == [("Failed", 10.01)]
    assert await purses(desk) == [(0, 0, 10.01)]
    assert await invoice(desk) == (10.01, "Not Settled")
    assert await desk.query("SELECT Balance, TotalPaymentCaptureAmount FROM PaymentAuthorization") == [
        {"Balance": 10.01, "TotalPaymentCaptureAmount": 0}
    ]

    gateway.faults = Faults()
    assert (await ensured(desk, told))["Error"] is None
    assert await captures(desk) == [("Failed", 10.01), ("Processed", 10.01)]
    assert [line.amount for line in gateway.books] == [Money(10_01, "EUR")]
    assert await purses(desk) == [(10.01, 0, 0)]
    assert await invoice(desk) == (0, "Settled")


async def test_one_of_two_is_declined(desk: Desk, gateway: SimulatedGateway) -> None:
    """C15: what the other card paid counts; the rest is asked for on its own."""
    told = await invoiced(desk, "30.01", *promised(desk, 1, "20.00"), *promised(desk, 2, "10.01"))
    gateway.faults = Faults(results={"1001": GatewayResult.PERMANENT_FAIL})
    operation = await ensured(desk, told)
    assert operation["Error"] == "HARD_DECLINE: The card is reported stolen"
    assert await invoice(desk) == (10.01, "Partially Settled")
    assert await purses(desk) == [(20, 0, 0), (0, 0, 10.01)]
    gateway.faults = Faults()
    await ensured(desk, told)
    assert taken(gateway) == [Decimal("20.00"), Decimal("10.01")]
    assert await invoice(desk) == (0, "Settled")


async def test_the_captured_amount_exceeds_the_invoice_by_then(desk: Desk, gateway: SimulatedGateway) -> None:
    """Somebody paid otherwise while the gateway was asked: the rest is balance, no cent is lost."""
    told = await invoiced(desk, "10.00", *promised(desk, 1, "10.00"))
    await did(desk, "ensure-funds", **told)
    await desk.rows("UPDATE invoice SET netcreditsapplied = 4, balance = 6")
    await desk.settle()
    assert await purses(desk) == [(10, 4, 0)]
    assert await invoice(desk) == (0, "Settled")
    await check_laws(desk)


async def test_the_whole_flow_asks_once(desk: Desk, gateway: SimulatedGateway) -> None:
    """S1-14: a person made the invoice and asked for the money; when it ships, nothing is asked again."""
    told = await invoiced(desk, "10.00", *promised(desk, 1, "30.00"))
    await did(desk, "ensure-funds", **told)
    [order] = await desk.query("SELECT Id FROM FulfillmentOrder")
    await moved(desk, order["Id"], "Assigned", "Fulfilled")
    await desk.settle()
    assert taken(gateway) == [Decimal("10.00")]
    assert await facts(desk, "InvoiceCreated") == 1
    await check_laws(desk)
