"""Payments and authorizations recorded from outside: summaries and authorizations follow them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest
from tests.desk import Desk, node
from tests.life import check_laws, did, paid, parcels, promised, sold, sold_for

from ordo.providers.simulated.payment_gateway import SimulatedGateway

EXTERNAL = {"ProcessingMode": "External", "Status": "Processed"}


async def purse(desk: Desk) -> dict[str, Any]:
    [found] = await desk.query(
        "SELECT Id, AuthorizationAmount, CapturedAmount, BalanceAmount, PendingCaptureAmount, "
        "AvailableToCaptureAmount FROM OrderPaymentSummary"
    )
    return found


async def promise(desk: Desk) -> tuple[str, float, float]:
    [found] = await desk.query("SELECT Id, Balance, TotalPaymentCaptureAmount FROM PaymentAuthorization")
    return found["Id"], found["Balance"], found["TotalPaymentCaptureAmount"]


def refused(answer: httpx.Response) -> tuple[int, str, list[str]]:
    [error] = answer.json()
    return answer.status_code, error["errorCode"], error.get("fields", [])


async def test_a_sale_that_is_recorded_later(desk: Desk, gateway: SimulatedGateway) -> None:
    """S0-94: it counts on its summary, pays the invoice, and no gateway is asked."""
    summary = await sold_for(desk, [("shirt", 1, "10.00")], paid(desk, 1, "4.00"))
    purse_id = (await purse(desk))["Id"]
    await desk.make("Payment", **EXTERNAL, Type="Sale", Amount=6, OrderPaymentSummaryId=purse_id)
    assert await purse(desk) == {
        "Id": purse_id, "AuthorizationAmount": 0, "CapturedAmount": 10, "BalanceAmount": 10,
        "PendingCaptureAmount": 0, "AvailableToCaptureAmount": 0,
    }  # fmt: skip
    await check_laws(desk)
    await desk.stock("DC1", shirt=9)
    await desk.route_to("DC1")
    await did(desk, "route-order", order_summary_id=summary["Id"])
    [order] = await parcels(desk, summary)
    told = {"order_summary_id": summary["Id"], "fulfillment_order_id": order["Id"]}
    await did(desk, "collect-payment", **told)
    await desk.settle()
    assert (await purse(desk))["BalanceAmount"] == 0
    assert await desk.query("SELECT Balance, SettlementStatus FROM Invoice") == [
        {"Balance": 0, "SettlementStatus": "Settled"}
    ]
    assert len(gateway.books) == 0
    await check_laws(desk)


async def test_a_capture_that_happened_elsewhere(desk: Desk) -> None:
    """S0-64: the authorization has less left; it is not captured again."""
    await sold(desk, ("shirt", 1, "10.00"))
    promise_id, _, _ = await promise(desk)
    purse_id = (await purse(desk))["Id"]
    await desk.make("Payment", **EXTERNAL, Type="Capture", Amount=4, PaymentAuthorizationId=promise_id,
                    OrderPaymentSummaryId=purse_id)  # fmt: skip
    assert await promise(desk) == (promise_id, 6, 4)
    found = await purse(desk)
    assert (found["CapturedAmount"], found["BalanceAmount"], found["AvailableToCaptureAmount"]) == (4, 4, 6)
    await check_laws(desk)


async def test_a_capture_before_the_order_was_activated(desk: Desk, gateway: SimulatedGateway) -> None:
    """S0-64, S0-94: the web shop captured a part already."""
    money = promised(desk, 1, "10.00")
    part = paid(desk, 1, "4.00", Type="Capture", PaymentAuthorizationId="@{money1.id}")[1]
    part["referenceId"] = "part"
    await desk.stock("DC1", shirt=9)
    await desk.route_to("DC1")
    summary = await sold_for(desk, [("shirt", 1, "10.00")], [*money, part])
    assert (await promise(desk))[1:] == (6, 4)
    await check_laws(desk)
    [order] = await parcels(desk, summary)
    told = {"order_summary_id": summary["Id"], "fulfillment_order_id": order["Id"]}
    await did(desk, "collect-payment", **told)
    await desk.settle()
    assert [line.amount.amount for line in gateway.books] == [Decimal("6.00")]
    assert (await promise(desk))[1:] == (0, 10)
    await check_laws(desk)


@pytest.mark.parametrize("noun", ["Payment", "PaymentAuthorization"])
async def test_a_draft_counts_once_it_is_processed(desk: Desk, noun: str) -> None:
    more = promised if noun == "PaymentAuthorization" else paid
    await sold_for(desk, [("shirt", 1, "10.00")], more(desk, 1, "10.00", Status="Draft"))
    before = await purse(desk)
    assert (before["AuthorizationAmount"], before["CapturedAmount"]) == (0, 0)
    [row] = await desk.query(f"SELECT Id FROM {noun}")
    assert (await desk.patch(noun, row["Id"], Amount=9, Status="Processed")).status_code == 204
    after = await purse(desk)
    assert (after["AuthorizationAmount"], after["CapturedAmount"]) == (
        (0, 9) if noun == "Payment" else (9, 0)
    )  # fmt: skip
    await check_laws(desk)


@pytest.mark.parametrize("status", ["Processed", "Pending"])
async def test_more_than_was_promised(desk: Desk, status: str) -> None:
    """S0-64: no authorization is captured beyond its amount, nor what another capture under way takes."""
    await sold(desk, ("shirt", 1, "10.00"))
    promise_id, _, _ = await promise(desk)
    purse_id = (await purse(desk))["Id"]
    told = {
        "Type": "Capture", "ProcessingMode": "External", "PaymentAuthorizationId": promise_id,
        "OrderPaymentSummaryId": purse_id,
    }  # fmt: skip
    await desk.make("Payment", **told, Amount=6, Status=status)
    for again in ("Processed", "Pending"):
        answer = await desk.post("/sobjects/Payment", told | {"Amount": 4.01, "Status": again})
        assert refused(answer) == (400, "FIELD_INTEGRITY_EXCEPTION", ["Amount"])
    draft = await desk.make("Payment", **told, Amount=4.01, Status="Draft")
    answer = await desk.patch("Payment", draft, Status="Processed")
    assert refused(answer) == (400, "FIELD_INTEGRITY_EXCEPTION", ["Amount"])
    assert (await desk.get("Payment", draft))["Status"] == "Draft"
    assert (await desk.patch("Payment", draft, Amount=4, Status="Processed")).status_code == 204
    await check_laws(desk)


async def test_the_summary_of_another_order(desk: Desk) -> None:
    """Money of one order does not pay another's invoice by a slip."""
    await sold(desk, ("shirt", 1, "10.00"))
    mine = (await purse(desk))["Id"]
    promise_id, _, _ = await promise(desk)
    other = await sold(desk, ("hat", 1, "5.50"))
    [group] = await desk.rows("SELECT id FROM paymentgroup WHERE sourceobjectid = $1", other["OriginalOrderId"])
    told = {"Type": "Sale", "Amount": 1, **EXTERNAL, "PaymentGroupId": group["id"]}
    answer = await desk.post("/sobjects/Payment", told | {"OrderPaymentSummaryId": mine})
    assert refused(answer) == (400, "FIELD_INTEGRITY_EXCEPTION", ["OrderPaymentSummaryId"])
    answer = await desk.post("/sobjects/Payment", told | {"PaymentAuthorizationId": promise_id, "Type": "Capture"})
    assert refused(answer) == (400, "FIELD_INTEGRITY_EXCEPTION", ["PaymentAuthorizationId"])
    assert await desk.rows("SELECT 1 FROM payment") == []
    await check_laws(desk)


async def test_many_captures_in_one_graph(desk: Desk) -> None:
    """S1-27: each of its own authorization and payment summary; they need not be read one after the other."""
    cards = 15
    money = [one for number in range(cards) for one in promised(desk, number, "2.00")]
    await sold_for(desk, [("shirt", 1, "30.00")], money)
    promises = await desk.query("SELECT Id FROM PaymentAuthorization")
    told = {"Type": "Capture", "Amount": 1.5, **EXTERNAL}
    graph = await desk.graph(
        *(
            node("POST", "Payment", f"p{number}", PaymentAuthorizationId=one["Id"], **told)
            for number, one in enumerate(promises)
        )
    )
    assert graph["isSuccessful"] is True, graph
    found = await desk.query("SELECT CapturedAmount, AvailableToCaptureAmount FROM OrderPaymentSummary")
    assert found == [{"CapturedAmount": 1.5, "AvailableToCaptureAmount": 0.5}] * cards
    await check_laws(desk)


@pytest.mark.parametrize("noun", ["Payment", "PaymentAuthorization"])
async def test_many_drafts_are_processed_in_one_graph(desk: Desk, noun: str) -> None:
    """S1-27."""
    more = promised if noun == "PaymentAuthorization" else paid
    money = [one for number in range(15) for one in more(desk, number, "2.00", Status="Draft")]
    await sold_for(desk, [("shirt", 1, "30.00")], money)
    rows = await desk.query(f"SELECT Id FROM {noun}")
    graph = await desk.graph(
        *(
            node("PATCH", f"{noun}/{one['Id']}", f"p{number}", Status="Processed")
            for number, one in enumerate(rows)
        )
    )
    assert graph["isSuccessful"] is True, graph
    field = "AuthorizationAmount" if noun == "PaymentAuthorization" else "CapturedAmount"
    assert await desk.query(f"SELECT {field} FROM OrderPaymentSummary") == [{field: 2}] * 15
    await check_laws(desk)
