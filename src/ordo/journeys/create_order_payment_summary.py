"""Money that came after the order's summary joins it: one payment method's promises and payments."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ordo.domain.payments.payment_methods import method_of
from ordo.journeys.create_fulfillment_orders import hold_summary
from ordo.journeys.summarize_order import make_payment_summary
from ordo.kernel.problems import InvalidIdentifier, InvalidInput, RequiredFieldMissing
from ordo.objects.payments import Payment, PaymentAuthorization, PaymentGroup
from ordo.objects.summaries import OrderPaymentSummary, OrderSummary
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit
from ordo.platform.values import convert
from ordo.platform.verbs import verb

COUNTED = frozenset({"Processed", "Pending"})
Transaction = PaymentAuthorization | Payment


class CreateOrderPaymentSummary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An authorization, payments, or both, all of one payment method; `name` becomes the summary's Method."""

    order_summary_id: str
    payment_authorization_id: str | None = None
    payment_ids: list[str] = []
    name: str | None = None


class OrderPaymentSummaryCreated(msgspec.Struct, frozen=True):
    order_payment_summary_id: str


def _needs(reading: Reading, commands: Sequence[CreateOrderPaymentSummary]) -> None:
    for command in commands:
        reading.lock_root(OrderSummary.__noun__, command.order_summary_id)
        reading.rows(OrderSummary, "id", [command.order_summary_id])
        reading.rows(PaymentAuthorization, "id", [command.payment_authorization_id or ""])
        reading.rows(Payment, "id", command.payment_ids)


@verb(CreateOrderPaymentSummary, _needs)
def create_order_payment_summary(unit: Unit, command: CreateOrderPaymentSummary) -> OrderPaymentSummaryCreated:
    """Reference 4.5. A transaction belongs to one payment summary: one that has its own is refused."""
    summary = hold_summary(unit, command.order_summary_id)
    if summary is None:
        raise InvalidIdentifier("orderSummaryId", command.order_summary_id)
    authorizations, payments = _named(unit, command)
    rows: list[Transaction] = [*authorizations, *payments]
    if not rows:
        raise RequiredFieldMissing("paymentAuthorizationId", "paymentIds")
    for row in rows:
        _check(row)
    _check_order(unit, summary, rows)
    method_id = rows[0].payment_method_id or ""
    if any((row.payment_method_id or "") != method_id for row in rows):
        raise InvalidInput("The transactions must be of one payment method.")
    name = None if command.name is None else convert(OrderPaymentSummary.__fields__["method"], command.name)
    method = method_of(unit, method_id)
    made = make_payment_summary(unit, summary, method, authorizations, payments, name=name)
    return OrderPaymentSummaryCreated(made.id)


def _named(unit: Unit, command: CreateOrderPaymentSummary) -> tuple[list[PaymentAuthorization], list[Payment]]:
    """The transactions, each once."""
    authorizations, payments = [], []
    if command.payment_authorization_id is not None:
        authorization = unit.get(PaymentAuthorization, command.payment_authorization_id)
        if authorization is None:
            raise InvalidIdentifier("paymentAuthorizationId", command.payment_authorization_id)
        authorizations.append(authorization)
    for payment_id, payment in unit.get_all(Payment, command.payment_ids).items():
        if payment is None:
            raise InvalidIdentifier("paymentIds", payment_id)
        payments.append(payment)
    return authorizations, payments


def _check(row: Transaction) -> None:
    if row.order_payment_summary_id is not None:
        raise InvalidInput(f"{row.id} is in the order payment summary {row.order_payment_summary_id} already.")
    if row.status not in COUNTED:
        raise InvalidInput(f"{row.id} is {row.status}: only what is processed or pending counts.")


def _check_order(unit: Unit, summary: OrderSummary, rows: Sequence[Transaction]) -> None:
    """Payment groups lead from a transaction to its order."""
    groups = unit.get_all(PaymentGroup, [row.payment_group_id or "" for row in rows])
    for row in rows:
        group = groups[row.payment_group_id or ""]
        if group is None or group.source_object_id != summary.original_order_id:
            raise InvalidInput(f"{row.id} is not of the order of {summary.id}.")
