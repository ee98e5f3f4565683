"""Payments and authorizations that are told from outside: what holds their sums follows, as if done here."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from ordo.domain.payments.transactions import DRAFT, add_transaction, change_transaction
from ordo.kernel.problems import FieldIntegrity
from ordo.objects.orders import Order
from ordo.objects.payments import Payment, PaymentAuthorization, PaymentGroup
from ordo.objects.summaries import OrderPaymentSummary, OrderSummary
from ordo.platform.records import ZERO, zero
from ordo.platform.unit import Unit
from ordo.platform.verbs import Values, creates, updates

Transaction = Payment | PaymentAuthorization
_COUNTED: dict[tuple[type[Transaction], str], tuple[str, ...]] = {
    (PaymentAuthorization, "Processed"): ("authorization_amount",),
    (PaymentAuthorization, "Pending"): ("pending_authorization_amount",),
    (Payment, "Processed"): ("captured_amount", "balance_amount"),
    (Payment, "Pending"): ("pending_capture_amount",),
}


class MoreThanWasPromised(FieldIntegrity):
    def __init__(self, amount: Decimal, left: Decimal) -> None:
        super().__init__(f"the authorization has {left} left, not {amount}", fields=("Amount",))


class BelongsElsewhere(FieldIntegrity):
    def __init__(self, field: str) -> None:
        super().__init__(f"{field} belongs to another order or payment summary", fields=(field,))


@creates(PaymentAuthorization, reads=("payment_group_id", "order_payment_summary_id"))
def record_authorization(unit: Unit, values: Values) -> PaymentAuthorization:
    _check_order(unit, values, "OrderPaymentSummaryId")
    made = add_transaction(unit, PaymentAuthorization, values)
    _count(unit, made)
    return made


@creates(Payment, reads=("payment_group_id", "order_payment_summary_id", "payment_authorization_id"))
def record_payment(unit: Unit, values: Values) -> Payment:
    """S0-94. A capture stands on the payment summary of its authorization."""
    _check_order(unit, values, "OrderPaymentSummaryId")
    promise = _promise(unit, values.get("payment_authorization_id"))
    if promise is not None:
        _check_promise(unit, values, promise)
        values["order_payment_summary_id"] = promise.order_payment_summary_id
    made = add_transaction(unit, Payment, values)
    _use_up(unit, made)
    _count(unit, made)
    return made


@updates(PaymentAuthorization)
def change_authorization(unit: Unit, row: PaymentAuthorization, values: Values) -> None:
    after = change_transaction(unit, row, values)
    if row.status == DRAFT:
        _check_order(unit, _places(row), "OrderPaymentSummaryId")
        _count(unit, after)


@updates(Payment)
def change_payment(unit: Unit, row: Payment, values: Values) -> None:
    after = change_transaction(unit, row, values)
    if row.status != DRAFT:
        return
    _check_order(unit, _places(row), "OrderPaymentSummaryId")
    promise = _promise(unit, after.payment_authorization_id)
    if promise is not None:
        _check_promise(unit, _places(row), promise)
        after = unit.change(after, order_payment_summary_id=promise.order_payment_summary_id)
    _use_up(unit, after)
    _count(unit, after)


def _promise(unit: Unit, promise_id: str | None) -> PaymentAuthorization | None:
    return unit.get(PaymentAuthorization, promise_id) if promise_id else None


def _places(row: Transaction) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("payment_group_id", "order_payment_summary_id")}


def _check_order(unit: Unit, values: dict[str, Any], field: str) -> None:
    """Payment group and payment summary are of one order, which is held."""
    _hold_one(
        unit, field, partial(_of_group, unit, values.get("payment_group_id")),
        partial(_of_summary, unit, values.get("order_payment_summary_id")),
    )  # fmt: skip


def _check_promise(unit: Unit, values: dict[str, Any], promise: PaymentAuthorization) -> None:
    """Of the same payment summary where one is told, and of the same order, which is held."""
    if values.get("order_payment_summary_id") not in (None, promise.order_payment_summary_id):
        raise BelongsElsewhere("PaymentAuthorizationId")
    _hold_one(
        unit, "PaymentAuthorizationId", partial(_of_group, unit, values.get("payment_group_id")),
        partial(_of_group, unit, promise.payment_group_id),
        partial(_of_summary, unit, promise.order_payment_summary_id),
    )  # fmt: skip


def _hold_one(unit: Unit, field: str, *asks: Callable[[], str | None]) -> None:
    found = {order_id for order_id in unit.together(asks) if order_id}
    if len(found) > 1:
        raise BelongsElsewhere(field)
    for order_id in found:
        unit.hold(Order, order_id)


def _of_group(unit: Unit, group_id: str | None) -> str | None:
    group = unit.get(PaymentGroup, group_id) if group_id else None
    return group.source_object_id if group else None


def _of_summary(unit: Unit, summary_id: str | None) -> str | None:
    found = unit.get(OrderPaymentSummary, summary_id) if summary_id else None
    summary = unit.get(OrderSummary, found.order_summary_id) if found else None
    return summary.original_order_id if summary else None


def _count(unit: Unit, row: Transaction) -> None:
    """A draft counts nowhere; what counts is final, so that nothing is ever taken off again."""
    names = _COUNTED.get((type(row), row.status), ())
    if names and row.order_payment_summary_id:
        summary = unit.get(OrderPaymentSummary, row.order_payment_summary_id)
        if summary is not None:
            unit.change(summary, **{name: getattr(summary, name) + zero(row.amount) for name in names})


def _use_up(unit: Unit, payment: Payment) -> None:
    """What a capture took, or is about to take, nobody takes from the authorization again."""
    promise = _promise(unit, payment.payment_authorization_id)
    if promise is None or payment.status not in ("Processed", "Pending"):
        return
    captures = unit.children(Payment, "payment_authorization_id", promise.id)
    pending = (one.amount for one in captures if one.status == "Pending" and one.id != payment.id)
    left = promise.balance - sum(pending, ZERO)
    if payment.amount > left:
        raise MoreThanWasPromised(payment.amount, left)
    if payment.status == "Processed":
        taken = promise.total_payment_capture_amount + payment.amount
        unit.change(promise, total_payment_capture_amount=taken)
