"""An invoice gets its money: captured money is applied, promised money is asked of its gateway.

What the gateway is asked is written down first (a pending Payment and a job), asked after the commit, and
its answer written by `capture_payments`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import chain

import msgspec

from ordo.domain.payments.applying import apply_payment
from ordo.domain.payments.funding import Source, Wish, fund
from ordo.domain.payments.payment_methods import method_of
from ordo.journeys.process_exceptions import raise_exception
from ordo.kernel.money import is_exact
from ordo.kernel.problems import InvalidIdentifier, InvalidInput
from ordo.objects.fulfillment import FulfillmentOrder
from ordo.objects.orders import Order
from ordo.objects.payments import Invoice, Payment, PaymentAuthorization
from ordo.objects.setup import BackgroundOperation
from ordo.objects.summaries import OrderPaymentSummary, OrderSummary
from ordo.platform import jobs
from ordo.platform.reading import Reading
from ordo.platform.records import ZERO, zero
from ordo.platform.unit import Unit
from ordo.platform.verbs import verb

OPERATION = "Ensure Funds"
CAPTURE_JOB = "capture-payments"
AMOUNT_MAX = Decimal(10**18)  # no currency field holds more digits


class CannotBeFunded(InvalidInput):
    """The invoice, or what was wished for, cannot be paid."""


class PaymentSequence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One wish: so much of this payment summary, 0 for as much as possible."""

    order_payment_summary_id: str
    amount: Decimal = ZERO


class EnsureFunds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order_summary_id: str
    invoice_id: str
    is_allow_partial: bool = False
    is_consider_reserved_balance_amount: bool = False
    sequences: list[PaymentSequence] = []


class Capture(msgspec.Struct, frozen=True):
    """What a gateway is asked for one pending payment. References are as a gateway knows them."""

    payment_id: str
    authorization_id: str
    gateway_id: str
    order_payment_summary_id: str
    amount: Decimal
    currency: str
    authorization_reference: str | None
    merchant_reference: str


class CaptureTask(msgspec.Struct, frozen=True):
    """The body of a capture job: all that one operation asks for. `despite_suspension`: asked for by somebody who
    could see that the order, or the fulfillment order, was suspended."""

    order_id: str
    order_summary_id: str
    invoice_id: str
    operation_id: str
    captures: list[Capture]
    despite_suspension: bool = False


class FundsAsked(msgspec.Struct, frozen=True):
    background_operation_id: str


def _needs(reading: Reading, commands: Sequence[EnsureFunds]) -> None:
    for command in commands:
        ids = [command.order_summary_id]
        reading.lock_root(OrderSummary.__noun__, command.order_summary_id)
        reading.rows(OrderSummary, "id", ids)
        reading.rows(Invoice, "id", [command.invoice_id])
        reading.rows(FulfillmentOrder, "order_summary_id", ids)
        for record in (Payment, PaymentAuthorization):
            reading.rows_below(record, "order_payment_summary_id", OrderPaymentSummary, "order_summary_id", ids)


@verb(EnsureFunds, _needs)
def ensure_funds(unit: Unit, command: EnsureFunds) -> FundsAsked:
    """Asks for the money of an invoice, once this is committed. A gateway's answer does not change the
    operation's status, it goes to the log (S1-28, S3-11)."""
    summary, invoice = _checked(unit, command)
    purses = _purses(unit, summary)
    known = {purse.summary.id: purse for purse in purses}
    for wish in command.sequences:
        if wish.order_payment_summary_id not in known:
            raise InvalidIdentifier("orderPaymentSummaryId", wish.order_payment_summary_id)
        _check_amount(wish.amount, invoice.currency_iso_code or unit.options.currency)
    takes = fund(
        still_to_ask(unit, summary, invoice),
        [purse.source() for purse in purses],
        [Wish(wish.order_payment_summary_id, wish.amount) for wish in command.sequences],
        partial=command.is_allow_partial,
    )
    if takes is None:
        return _refused(unit, summary, invoice)
    captures = []
    for take in takes:
        purse = known[take.source_id]
        invoice = purse.apply(unit, invoice, take.apply)
        captures += purse.ask(unit, invoice, take.capture)
    return _operation(unit, summary, invoice, captures)


def still_to_ask(unit: Unit, summary: OrderSummary, invoice: Invoice) -> Decimal:
    """What of the invoice is neither paid nor being asked of a gateway."""
    purses = unit.children(OrderPaymentSummary, "order_summary_id", summary.id)
    paid = unit.together(partial(unit.children, Payment, "order_payment_summary_id", one.id) for one in purses)
    return invoice.balance - sum(
        (zero(one.amount) for one in chain(*paid) if one.status == "Pending" and one.invoice_id == invoice.id),
        ZERO,
    )


def _check_amount(amount: Decimal, currency: str) -> None:
    """A gateway takes whole minor units, so that a finer cap could never be kept."""
    if not amount.is_finite() or not 0 <= amount < AMOUNT_MAX or not is_exact(amount, currency):
        raise CannotBeFunded(f"The amount {amount} is no amount of {currency}.", fields=("amount",))


def _checked(unit: Unit, command: EnsureFunds) -> tuple[OrderSummary, Invoice]:
    summary = unit.get(OrderSummary, command.order_summary_id)
    if summary is None:
        raise InvalidIdentifier("orderSummaryId", command.order_summary_id)
    unit.hold(Order, summary.original_order_id)
    invoice = unit.get(Invoice, command.invoice_id)
    if invoice is None or invoice.reference_entity_id != summary.id:
        raise InvalidIdentifier("invoiceId", command.invoice_id)
    if invoice.status != "Posted":
        raise CannotBeFunded(f"The invoice {invoice.id} is {invoice.status}.")
    return summary, invoice


@dataclass
class _Purse:
    """A payment summary with its payments and authorizations, oldest first, as this operation leaves them: it
    may be taken from more than once."""

    summary: OrderPaymentSummary
    paid: list[Payment]
    pending: list[Payment]
    promised: list[tuple[PaymentAuthorization, str]]

    def source(self) -> Source:
        balance = sum((payment.balance for payment in self.paid), ZERO)
        capturable = sum((self._left(authorization) for authorization, _ in self.promised), ZERO)
        return Source(self.summary.id, balance, min(capturable, self.summary.available_to_capture_amount))

    def _left(self, authorization: PaymentAuthorization) -> Decimal:
        """What may still be captured: nothing is asked of a promise that is being asked already."""
        under_way = sum(
            (zero(p.amount) for p in self.pending if p.payment_authorization_id == authorization.id), ZERO
        )
        return max(ZERO, authorization.balance - under_way)

    def apply(self, unit: Unit, invoice: Invoice, amount: Decimal) -> Invoice:
        """Captured money pays a part of the invoice."""
        for place, payment in enumerate(self.paid):
            part = min(amount, payment.balance)
            if part > 0:
                self.paid[place], invoice = apply_payment(unit, payment, invoice, part)
                amount -= part
                self.summary = unit.change(self.summary, balance_amount=self.summary.balance_amount - part)
        return invoice

    def ask(self, unit: Unit, invoice: Invoice, amount: Decimal) -> list[Payment]:
        """The intent to capture: a pending payment per authorization. Its id is the key the gateway is told."""
        asked = []
        for authorization, gateway_id in self.promised:
            part = min(amount, self._left(authorization))
            if part > 0:
                asked.append(_intent(unit, authorization, gateway_id, invoice, part))
                amount -= part
        self.pending += asked
        total = sum((zero(payment.amount) for payment in asked), ZERO)
        if total:
            pending = self.summary.pending_capture_amount + total
            self.summary = unit.change(self.summary, pending_capture_amount=pending)
        return asked


def _purses(unit: Unit, summary: OrderSummary) -> list[_Purse]:
    found = unit.children(OrderPaymentSummary, "order_summary_id", summary.id)
    column = "order_payment_summary_id"
    payments = unit.together(partial(unit.children, Payment, column, one.id) for one in found)
    promised = unit.together(partial(unit.children, PaymentAuthorization, column, one.id) for one in found)
    gateways = _gateways(unit, chain.from_iterable(promised))
    return [
        _Purse(
            one,
            [payment for payment in paid if payment.status == "Processed"],
            [payment for payment in paid if payment.status == "Pending"],
            [(promise, gateways[promise.id]) for promise in promises if promise.id in gateways],
        )
        for one, paid, promises in zip(found, payments, promised, strict=True)
    ]


def _gateways(unit: Unit, authorizations: Iterable[PaymentAuthorization]) -> dict[str, str]:
    """The gateway that takes the money of each processed authorization: its own, else its method's (S0-96).
    What has none was recorded only and is never asked for (S0-94)."""
    found = {}
    for authorization in authorizations:
        if authorization.status != "Processed":
            continue
        gateway_id = authorization.payment_gateway_id
        if gateway_id is None:
            method = method_of(unit, authorization.payment_method_id or "")
            gateway_id = method.payment_gateway_id if method else None
        if gateway_id is not None:
            found[authorization.id] = gateway_id
    return found


def _intent(
    unit: Unit, authorization: PaymentAuthorization, gateway_id: str, invoice: Invoice, amount: Decimal
) -> Payment:
    return unit.add(
        Payment,
        status="Pending",
        type="Capture",
        processing_mode="Salesforce",
        amount=amount,
        currency_iso_code=authorization.currency_iso_code,
        payment_group_id=authorization.payment_group_id,
        order_payment_summary_id=authorization.order_payment_summary_id,
        payment_authorization_id=authorization.id,
        payment_method_id=authorization.payment_method_id,
        payment_gateway_id=gateway_id,
        account_id=authorization.account_id,
        invoice_id=invoice.id,
        date=unit.now,
    )


def _operation(unit: Unit, summary: OrderSummary, invoice: Invoice, asked: Sequence[Payment]) -> FundsAsked:
    """Goes on after the answer while a gateway is to be asked; is over at once otherwise."""
    operation = unit.add(
        BackgroundOperation,
        name=OPERATION,
        type=OPERATION,
        status="New" if asked else "Complete",
        submitted_at=unit.now,
        finished_at=None if asked else unit.now,
    )
    if asked:
        task = CaptureTask(
            summary.original_order_id, summary.id, invoice.id, operation.id, _captures(unit, summary, asked),
            despite_suspension=_is_suspended(unit, summary, invoice),
        )  # fmt: skip
        jobs.enqueue(unit, CAPTURE_JOB, task)
    return FundsAsked(operation.id)


def _is_suspended(unit: Unit, summary: OrderSummary, invoice: Invoice) -> bool:
    """The order, or the fulfillment order that the invoice is of."""
    orders = unit.children(FulfillmentOrder, "order_summary_id", summary.id)
    return summary.is_suspended or any(one.is_suspended for one in orders if one.invoice_id == invoice.id)


def _captures(unit: Unit, summary: OrderSummary, asked: Sequence[Payment]) -> list[Capture]:
    promised = unit.get_all(PaymentAuthorization, [payment.payment_authorization_id or "" for payment in asked])
    captures = []
    for payment in asked:
        authorization = promised[payment.payment_authorization_id or ""]
        captures.append(
            Capture(
                payment.id,
                payment.payment_authorization_id or "",
                payment.payment_gateway_id or "",
                payment.order_payment_summary_id or "",
                payment.amount,
                payment.currency_iso_code or unit.options.currency,
                authorization.gateway_ref_number if authorization else None,
                summary.order_number,
            )
        )
    return captures


def _refused(unit: Unit, summary: OrderSummary, invoice: Invoice) -> FundsAsked:
    """Nothing is applied and nothing asked for: a person must look at it."""
    why = (
        f"The funds of the order are less than the balance {invoice.balance} of invoice {invoice.document_number}."
    )
    raise_exception(unit, summary, invoice.id, "OM Apply Failed", why, category="Payment")
    operation = unit.add(
        BackgroundOperation, name=OPERATION, type=OPERATION, status="Error", error=why[:255],
        submitted_at=unit.now, finished_at=unit.now,
    )  # fmt: skip
    return FundsAsked(operation.id)
