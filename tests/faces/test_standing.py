"""What live orders need cannot be taken away from outside, nor be said wrong."""

from __future__ import annotations

import pytest
from tests.desk import ROOT, Desk
from tests.faces.asserted import assert_error
from tests.life import moved, parcel


@pytest.mark.parametrize("noun", ["PaymentGateway", "PaymentGatewayProvider", "CardPaymentMethod", "PaymentGroup"])
async def test_what_payments_rest_on_is_not_deleted(desk: Desk, noun: str) -> None:
    """An order that was allocated can still be captured."""
    parcel_id = await parcel(desk, ("shirt", 1, "10.00"))
    [row] = await desk.query(f"SELECT Id FROM {noun}")

    answer = await desk.client.delete(f"{ROOT}/sobjects/{noun}/{row['Id']}")

    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "DELETE_FAILED"
    await moved(desk, parcel_id, "Fulfilled")
    await desk.settle()
    assert await desk.query("SELECT CapturedAmount FROM OrderPaymentSummary") == [{"CapturedAmount": 10}]


async def test_a_card_nobody_paid_with_is_deleted(desk: Desk) -> None:
    card = await desk.make(
        "CardPaymentMethod", PaymentGatewayId=desk.ids["gateway"], AccountId=desk.ids["account"],
        ProcessingMode="External", Status="Active",
    )  # fmt: skip
    answer = await desk.client.delete(f"{ROOT}/sobjects/CardPaymentMethod/{card}")
    assert answer.status_code == 204


@pytest.mark.parametrize("more", [{}, {"Status": "Assigned"}])
async def test_a_type_without_a_category_is_refused(desk: Desk, more: dict[str, str]) -> None:
    parcel_id = await parcel(desk, ("shirt", 1, "10.00"))
    answer = await desk.patch("FulfillmentOrder", parcel_id, Type="Nonsense", **more)
    assert answer.status_code == 400
    assert_error(
        answer.json(),
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "Type: Nonsense belongs to no type category",
        "Type",
    )
    assert (await desk.get("FulfillmentOrder", parcel_id))["Type"] == "Warehouse"
    assert (await desk.patch("FulfillmentOrder", parcel_id, Type="Retail Store", **more)).status_code == 204
