"""What follows from the fields of one row: the formulas of the object reference, with its worked examples."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar

import msgspec
import pytest

from ordo.objects.accounts import Account, Contact
from ordo.objects.catalog import Product2, SalesChannel
from ordo.objects.fulfillment import FulfillmentOrder, FulfillmentOrderLineItem
from ordo.objects.orders import Order, OrderDeliveryGroup, OrderItem, OrderItemAdjustmentLineItem
from ordo.objects.payments import (
    CardPaymentMethod,
    CreditMemo,
    Invoice,
    InvoiceLine,
    Payment,
    PaymentAuthorization,
    Refund,
)
from ordo.objects.summaries import OrderItemSummary, OrderPaymentSummary, OrderSummary
from ordo.platform.records import Record, changed

R = TypeVar("R", bound=Record)


def with_values(cls: type[R], **fields: Any) -> R:
    row, _ = changed(cls(id="x"), {key: money(value) for key, value in fields.items()})
    assert isinstance(row, cls)
    return row


def several(*values: object) -> tuple[object, ...]:
    return values


def money(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


# objects.md 3.5: ordered 5. canceled, allocated, fulfilled, return initiated, returned
# → quantity, available to cancel, available to return, status
SEQUENCE = [
    ("summary created", (0, 0, 0, 0, 0), (5, 5, 0, "ORDERED")),
    ("cancel 1", (1, 0, 0, 0, 0), (4, 4, 0, "ORDERED")),
    ("fulfilment order for 4", (1, 4, 0, 0, 0), (4, 0, 0, "ALLOCATED")),
    ("drop 1 from it", (1, 3, 0, 0, 0), (4, 1, 0, "PARTIALLYALLOCATED")),
    ("fulfilment order closed", (1, 3, 3, 0, 0), (4, 1, 3, "PARTIALLYFULFILLED")),
    ("cancel the last 1", (2, 3, 3, 0, 0), (3, 0, 3, "FULFILLED")),
    ("return order for 1", (2, 3, 3, 1, 0), (3, 0, 2, "FULFILLED")),
    ("1 received", (2, 3, 3, 1, 1), (2, 0, 2, "FULFILLED")),
    ("return order for other 2", (2, 3, 3, 3, 1), (2, 0, 0, "RETURNINITIATED")),
    ("2 received", (2, 3, 3, 3, 3), (0, 0, 0, "RETURNED")),
]


@pytest.mark.parametrize(("given", "expected"), [row[1:] for row in SEQUENCE], ids=[row[0] for row in SEQUENCE])
def test_the_worked_sequence_of_quantities(given: tuple[int, ...], expected: tuple[int, int, int, str]) -> None:
    names = ("canceled", "allocated", "fulfilled", "return_initiated", "returned")
    item = with_values(
        OrderItemSummary,
        quantity_ordered=5,
        **{f"quantity_{name}": value for name, value in zip(names, given, strict=True)},
    )
    found = several(
        item.quantity,
        item.quantity_available_to_cancel,
        item.quantity_available_to_return,
        item.status,
    )
    assert found == expected
    assert item.quantity_available_to_fulfill == item.quantity_available_to_cancel
    assert item.quantity_net_ordered == 5 - given[0]


def test_an_item_sent_again_as_a_whole_is_reshipped() -> None:
    item = with_values(
        OrderItemSummary, quantity_ordered=2, quantity_allocated=2, quantity_fulfilled=2, quantity_reshipped=2
    )
    assert item.status == "RESHIPPED"
    assert item.quantity_available_to_reship == 0


def test_an_item_canceled_as_a_whole_is_canceled() -> None:
    assert with_values(OrderItemSummary, quantity_ordered=2, quantity_canceled=2).status == "CANCELED"


def test_the_worked_case_of_tax() -> None:
    """objects.md 3.8: 100 and 10 % tax, then 10 % off; the original still says 100 and 10."""
    line = {"type": "Order Product", "total_line_amount": 100, "total_line_tax_amount": 10}
    original = with_values(OrderItem, quantity=1, **line)
    assert several(original.total_price, original.total_tax_amount, original.total_amt_with_tax) == (100, 10, 110)
    item = with_values(
        OrderItemSummary, **line, total_line_adjustment_amount=-10, total_line_adjustment_tax_amount=-1
    )
    assert several(item.total_price, item.total_tax_amount, item.total_amt_with_tax) == (90, 9, 99)
    assert several(item.total_adjustment_amount, item.total_adjustment_tax_amount) == (-10, -1)
    assert item.total_adjustment_amt_with_tax == -11
    assert several(item.adjusted_line_amount, item.adjusted_line_amt_with_tax) == (90, 99)
    assert item.type_code == "Product"
    adjustment = with_values(OrderItemAdjustmentLineItem, amount=-10, total_tax_amount=-1)
    assert adjustment.total_amt_with_tax == -11


def test_a_share_of_an_order_wide_discount_is_in_the_price_but_not_in_the_adjusted_line() -> None:
    item = with_values(
        OrderItemSummary,
        total_line_amount=100,
        total_line_adjustment_amount=-10,
        total_adjustment_dist_amount=-5,
        total_adjustment_dist_tax_amount=-1,
    )
    assert item.adjusted_line_amount == 90
    assert several(item.total_adjustment_amount, item.total_price, item.total_tax_amount) == (-15, 85, -1)
    assert item.total_adjustment_dist_amt_with_tax == -6


@pytest.mark.parametrize(
    ("currency", "expected"), [("EUR", "3.71"), ("JPY", "4"), ("KWD", "3.705"), (None, "3.71"), ("???", "3.71")]
)
def test_a_line_without_amount_is_quantity_times_price_rounded_half_up(
    currency: str | None, expected: str
) -> None:
    row = with_values(OrderItem, quantity=3, unit_price=Decimal("1.235"), currency_iso_code=currency)
    assert str(row.rounded_line_amount) == expected
    assert row.total_price == row.rounded_line_amount


@pytest.mark.parametrize(
    ("line_type", "code"),
    [("Order Product", "Product"), ("Delivery Charge", "Charge"), ("Fee", "Charge"), (None, None)],
)
def test_the_type_code_follows_the_type(line_type: str | None, code: str | None) -> None:
    assert with_values(OrderItem, type=line_type, quantity=1).type_code == code


def test_an_order_adds_tax_to_its_sums() -> None:
    order = with_values(
        Order, status="Draft", total_amount=90, total_tax_amount=9, total_adjusted_product_amount=80,
        total_adjusted_product_tax_amount=8,
    )  # fmt: skip
    assert several(order.status_code, order.grand_total_amount, order.total_adj_product_amt_with_tax) == (
        "Draft",
        99,
        88,
    )


def test_a_summary_counts_order_wide_discounts_of_products_and_deliveries() -> None:
    summary = with_values(
        OrderSummary, total_product_adj_dist_amount=-5, total_product_adj_dist_tax_amount=-1,
        total_delivery_adj_dist_amount=-2, total_fee_adj_dist_amount=-100,
    )  # fmt: skip
    assert several(summary.total_adj_dist_amount, summary.total_adj_dist_tax_amount) == (-7, -1)
    assert summary.total_adj_dist_amount_with_tax == -8
    assert several(summary.status, summary.order_life_cycle_type) == ("Created", "MANAGED")


def test_a_delivery_group_names_its_recipient_and_adds_its_charges() -> None:
    group = with_values(
        OrderDeliveryGroup, deliver_to_full_first_name="Ada", deliver_to_full_last_name="Byron",
        total_line_amount=10, total_line_tax_amount=1, total_adjustment_amount=-4,
    )  # fmt: skip
    assert group.deliver_to_full_name == "Ada Byron"
    assert several(group.total_amount, group.total_tax_amount, group.grand_total_amount) == (6, 1, 7)


def test_the_worked_example_of_payments() -> None:
    """objects.md 3.10: authorise 120, capture 50, apply it, refund 20."""
    summary = with_values(OrderPaymentSummary, authorization_amount=120)
    assert summary.available_to_capture_amount == 120
    summary = with_values(OrderPaymentSummary, authorization_amount=120, captured_amount=50, balance_amount=50)
    assert several(summary.available_to_capture_amount, summary.available_to_refund_amount) == (70, 50)
    payment = with_values(Payment, status="Processed", amount=50)
    assert several(payment.balance, payment.impact_amount) == (50, -50)
    assert with_values(Payment, status="Processed", amount=50, total_applied=50).balance == 0
    summary = with_values(OrderPaymentSummary, authorization_amount=120, captured_amount=50, refunded_amount=20)
    assert several(summary.available_to_capture_amount, summary.available_to_refund_amount) == (70, 30)


def test_what_is_under_way_is_not_available_and_nothing_falls_below_zero() -> None:
    pending = with_values(
        OrderPaymentSummary, authorization_amount=120, pending_capture_amount=50, pending_reverse_auth_amount=30,
        pending_refund_amount=60,
    )  # fmt: skip
    assert several(pending.available_to_capture_amount, pending.available_to_refund_amount) == (40, 0)
    sale = with_values(OrderPaymentSummary, captured_amount=50)
    assert several(sale.available_to_capture_amount, sale.available_to_refund_amount) == (0, 50)


def test_balances_of_authorisation_and_refund() -> None:
    held = with_values(
        PaymentAuthorization, amount=120, total_payment_capture_amount=50, total_auth_reversal_amount=10
    )
    assert held.balance == 60
    impacts = {
        status: with_values(Refund, status=status, amount=20, total_applied=20, total_unapplied=5).impact_amount
        for status in ("Processed", "Failed", "Canceled")
    }
    assert impacts == {"Processed": 20, "Failed": 0, "Canceled": None}
    assert with_values(Refund, status="Processed", amount=20, total_applied=20, total_unapplied=5).balance == 5


def test_documents_add_charges_adjustments_and_tax() -> None:
    amounts = {"total_charge_amount": 100, "total_adjustment_amount": -10, "total_tax_amount": 9}
    invoice = with_values(Invoice, **amounts, net_payments_applied=50, net_credits_applied=4)
    assert several(invoice.total_amount, invoice.total_amount_with_tax, invoice.balance) == (90, 99, 45)
    memo = with_values(CreditMemo, **amounts, total_credit_amount_applied=30, total_credit_amount_unapplied=10)
    assert several(memo.total_amount_with_tax, memo.net_credits_applied, memo.balance) == (99, 20, 79)
    assert with_values(InvoiceLine, type="Tax", tax_amount=9).line_amount == 9


@pytest.mark.parametrize(
    ("status", "category"),
    [
        ("Draft", "DRAFT"),
        ("Allocated", "ACTIVATED"),
        ("Assigned", "FULFILLING"),
        ("Pickpack", "FULFILLING"),
        ("Pick Complete", "FULFILLING"),
        ("Pack Complete", "FULFILLING"),
        ("Printed", "FULFILLING"),
        ("Fulfilled", "CLOSED"),
        ("Cancelled", "CANCELLED"),
        ("Canceled", "CANCELLED"),  # C11
        ("Rejected", "REJECTED"),
        ("Invoice Paid", None),
    ],
)
def test_the_category_of_a_fulfillment_order_follows_its_status(status: str, category: str | None) -> None:
    """S0-128, C10: the list of statuses is open, that of categories is not."""
    order = with_values(FulfillmentOrder, status=status, type="Retail Store")
    assert several(order.status_category, order.type_category) == (category, "PHYSICAL")


def test_a_fulfillment_line_adds_its_adjustments_and_tax() -> None:
    line = with_values(
        FulfillmentOrderLineItem, total_line_amount=100, total_line_tax_amount=10, total_adjustment_amount=-10,
        total_adjustment_tax_amount=-1,
    )  # fmt: skip
    assert several(line.total_price, line.total_tax_amount, line.total_amount) == (90, 9, 99)


def test_people_are_named_by_their_parts() -> None:
    assert with_values(Contact, first_name="Ada", last_name="Byron").name == "Ada Byron"
    person = with_values(Account, is_person_account=True, first_name="Ada", last_name="Byron", suffix="Jr.")
    assert person.name == "Ada Byron Jr."
    assert with_values(Account, name="Looms Ltd").name == "Looms Ltd"


def test_classes_of_products_and_channels() -> None:
    assert with_values(Product2, type="Base").product_class == "VariationParent"
    assert with_values(Product2).product_class == "Simple"
    assert with_values(SalesChannel, type="Marketplace").type_category == "Other"


def test_a_card_number_leaves_only_its_ends() -> None:
    card = with_values(CardPaymentMethod, input_card_number="4111 1111 1111 1234", card_type="Master Card")
    assert card.input_card_number is None
    assert several(card.card_bin, card.card_last_four, card.display_card_number) == (
        411111,
        1234,
        "************1234",
    )
    assert card.card_type_category == "MasterCard"
    after, differing = changed(card, {"comments": "kept"})
    assert differing == {"comments"}
    assert after == msgspec.structs.replace(card, comments="kept")
