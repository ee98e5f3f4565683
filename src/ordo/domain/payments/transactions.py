"""Authorisations and payments as recorded: in the order's currency, changed only while they are drafts."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from ordo.kernel.money import is_currency, is_exact
from ordo.kernel.problems import FieldIntegrity, InvalidCrossReference, InvalidCurrency, Problem
from ordo.objects.orders import Order
from ordo.objects.payments import Payment, PaymentAuthorization, PaymentGroup, Refund
from ordo.platform.generic import adopt_currency, check_cleared, check_required
from ordo.platform.records import Record
from ordo.platform.unit import Unit
from ordo.platform.verbs import Values, creates, deletes, only_by_verbs, updates

DRAFT = "Draft"
T = TypeVar("T", bound=Record)
X = TypeVar("X", Payment, PaymentAuthorization, Refund)
# What a clerk may still write on a transaction that happened.
REMARKS = frozenset({"comments", "gateway_ref_details", "gateway_result_code_description"})


class AmountOutOfRange(Problem):
    code = "NUMBER_OUTSIDE_VALID_RANGE"


class TransactionIsFinal(FieldIntegrity):
    """What a payment says it took or holds is not rewritten; a cancellation is an action of its own."""

    def __init__(self, status: str) -> None:
        super().__init__(f"a transaction with status {status} cannot be changed or deleted", fields=("Status",))


@creates(PaymentGroup)
def create_payment_group(unit: Unit, values: Values) -> PaymentGroup:
    """Takes the currency of its order."""
    order_id = values.get("source_object_id")
    order = unit.get(Order, order_id) if order_id else None
    if order is not None:
        adopt_currency(values, order.currency_iso_code)
    return unit.add(PaymentGroup, **values)


only_by_verbs(PaymentGroup, "source_object_id")  # the way to the order that is locked for it


def add_transaction(unit: Unit, record: type[T], values: Values) -> T:
    """A payment or authorization from typed values. Raises the platform's Problem."""
    check_required(record.__noun__, values)
    group_id = values.get("payment_group_id")
    group = unit.get(PaymentGroup, group_id) if group_id else None
    if group_id and group is None:
        raise InvalidCrossReference("PaymentGroupId", group_id)
    if group is not None:
        adopt_currency(values, group.currency_iso_code)
    currency = values.get("currency_iso_code") or unit.options.currency
    if not is_currency(currency):
        raise InvalidCurrency(currency)
    check_amount(values.get("amount"), currency)
    values.setdefault("date", unit.now)
    return unit.add(record, **values)


def check_amount(amount: Decimal | None, currency: str) -> None:
    """Not negative, and no finer than the currency."""
    if amount is not None and (amount < 0 or not is_exact(amount, currency)):
        raise AmountOutOfRange(f"Amount: {amount} is no amount of {currency}", fields=("Amount",))


def change_transaction(unit: Unit, row: X, values: Values) -> X:
    """The row as it is then: anything while it is a draft, remarks afterwards."""
    check_cleared(row.__noun__, values)
    if row.status != DRAFT and not values.keys() <= REMARKS:
        raise TransactionIsFinal(row.status)
    check_amount(values.get("amount"), row.currency_iso_code or unit.options.currency)
    return unit.change(row, **values)


@updates(Refund)
def _change_refund(unit: Unit, refund: Refund, values: Values) -> None:
    change_transaction(unit, refund, values)


def _delete(_: Unit, row: Payment | PaymentAuthorization | Refund) -> None:
    if row.status != DRAFT:
        raise TransactionIsFinal(row.status)


for _record in (Payment, PaymentAuthorization, Refund):
    deletes(_record)(_delete)
    only_by_verbs(_record, "payment_group_id", "order_payment_summary_id")
