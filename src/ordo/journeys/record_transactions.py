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
from ordo.platform.reading import Reading
from ordo.platform.records import ZERO, zero
from ordo.platform.unit import Unit
from ordo.platform.verbs import Values, creates, through, updates

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


def _needs(reading: Reading, values: Values) -> None:
    """What the named payment summary and authorization lead to, their order locked."""
    summary_id, promise_id = values.get("order_payment_summary_id"), values.get("payment_authorization_id")
    if summary_id:
        reading.lock_root(OrderPaymentSummary.__noun__, summary_id)
        reading.rows_named(OrderSummary, OrderPaymentSummary, "order_summary_id", "id", [summary_id])
    if promise_id:
        named = (PaymentAuthorization, "payment_group_id", "id", [promise_id])
        reading.lock_root(PaymentAuthorization.__noun__, promise_id)
        reading.rows_named(PaymentGroup, *named)
        named = (PaymentAuthorization, "order_payment_summary_id", "id", [promise_id])
        reading.rows_named(OrderPaymentSummary, *named)


def _need_status(reading: Reading, payment_id: str) -> None:
    """What a payment that turns from a draft counts on."""
    reading.rows_named(OrderPaymentSummary, Payment, "order_payment_summary_id", "id", [payment_id])
    reading.rows_named(PaymentAuthorization, Payment, "payment_authorization_id", "id", [payment_id])
    reading.rows_named(PaymentGroup, Payment, "payment_group_id", "id", [payment_id])


def _need_promised(reading: Reading, promise_id: str) -> None:
    record = PaymentAuthorization
    reading.rows_named(OrderPaymentSummary, record, "order_payment_summary_id", "id", [promise_id])


@creates(PaymentAuthorization, reads=("payment_group_id", "order_payment_summary_id"), needs=_needs)
def record_authorization(unit: Unit, values: Values) -> PaymentAuthorization:
    _check_order(unit, values, "OrderPaymentSummaryId")
    made = add_transaction(unit, PaymentAuthorization, values)
    _count(unit, made)
    return made


@creates(
    Payment,
    reads=("payment_group_id", "order_payment_summary_id", "payment_authorization_id"),
    needs=_needs,
)
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
@through(PaymentAuthorization, "status", needs=_need_promised)
def change_authorization(unit: Unit, row: PaymentAuthorization, values: Values) -> None:
    after = change_transaction(unit, row, values)
    if row.status == DRAFT:
        _hold_order(unit, row)
        _count(unit, after)


@updates(Payment)
@through(Payment, "status", needs=_need_status)
def change_payment(unit: Unit, row: Payment, values: Values) -> None:
    after = change_transaction(unit, row, values)
    if row.status != DRAFT:
        return
    _hold_order(unit, row)
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


def _hold_order(unit: Unit, row: Transaction) -> None:
    """A row of a payment group is locked by way of it; one that only has a payment summary by way of that."""
    if row.payment_group_id is None:
        _hold_one(unit, "OrderPaymentSummaryId", partial(_of_summary, unit, row.order_payment_summary_id))


def _check_order(unit: Unit, values: dict[str, Any], field: str) -> None:
    """Payment group and payment summary are of one order, which is held."""
    summary_id = values.get("order_payment_summary_id")
    if summary_id:
        of_group = partial(_of_group, unit, values.get("payment_group_id"))
        _hold_one(unit, field, of_group, partial(_of_summary, unit, summary_id))


def _check_promise(unit: Unit, values: dict[str, Any], promise: PaymentAuthorization) -> None:
    """Of the same payment summary where one is told, and of the same order, which is held."""
    if values.get("order_payment_summary_id") not in (None, promise.order_payment_summary_id):
        raise BelongsElsewhere("PaymentAuthorizationId")
    asks = [partial(_of_group, unit, one) for one in (values.get("payment_group_id"), promise.payment_group_id)]
    if promise.payment_group_id is None:
        asks.append(partial(_of_summary, unit, promise.order_payment_summary_id))
    _hold_one(unit, "PaymentAuthorizationId", *asks)


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
    left = _left(unit, promise, payment)
    if payment.amount > left:
        raise MoreThanWasPromised(payment.amount, left)
    if payment.status == "Processed":
        taken = promise.total_payment_capture_amount + payment.amount
        unit.change(promise, total_payment_capture_amount=taken)


def _left(unit: Unit, promise: PaymentAuthorization, payment: Payment) -> Decimal:
    """Less what other captures under way take; they are looked at only where that may matter."""
    summary_id = promise.order_payment_summary_id
    summary = unit.get(OrderPaymentSummary, summary_id) if summary_id else None
    if summary is not None and payment.amount <= promise.balance - summary.pending_capture_amount:
        return promise.balance
    captures = unit.children(Payment, "payment_authorization_id", promise.id)
    pending = (one.amount for one in captures if one.status == "Pending" and one.id != payment.id)
    return promise.balance - sum(pending, ZERO)
