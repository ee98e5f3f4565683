"""The gateway is asked for what `ensure_funds` intends, and what it answered is written.

A call that ends without an answer is neither success nor failure: the payment stays pending, and the next
attempt asks first what happened. What was suspended before anybody asked is not asked for until it is released.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec
import structlog

from ordo.domain.payments.applying import apply_payment
from ordo.domain.ports import CaptureRequest, GatewayAnswer, GatewayResult, GatewayUnknown, PaymentGateway
from ordo.journeys.ensure_funds import Capture, CaptureTask
from ordo.journeys.process_exceptions import raise_exception
from ordo.kernel.clock import Clock
from ordo.kernel.money import Money
from ordo.kernel.problems import Problem
from ordo.objects.orders import Order
from ordo.objects.payments import Invoice, Payment, PaymentAuthorization, PaymentGatewayLog
from ordo.objects.setup import BackgroundOperation
from ordo.objects.summaries import OrderPaymentSummary, OrderSummary
from ordo.platform.jobs import LATER, Job
from ordo.platform.lookup import is_key
from ordo.platform.reading import Reading
from ordo.platform.records import ZERO
from ordo.platform.unit import Unit

log = structlog.get_logger()

CALL_SECONDS_MAX = 20.0
"""A gateway that has not answered by then has not answered: far below the time a job is claimed for."""
DECLINES = {GatewayResult.DECLINE: "SOFT_DECLINE", GatewayResult.PERMANENT_FAIL: "HARD_DECLINE"}

FindGateway = Callable[[str], Awaitable[PaymentGateway]]
# Each row by its key, as single values: a join or an EXISTS may be planned as a scan of all orders.
_IS_SUSPENDED = f"""(
  j.body->>'despite_suspension' IS DISTINCT FROM 'true' AND (
    (SELECT s.issuspended FROM ordersummary s WHERE {is_key("s.id", "j.body->>'order_summary_id'")})
    OR (SELECT bool_or(f.issuspended) FROM fulfillmentorder f
        WHERE {is_key("f.ordersummaryid", "j.body->>'order_summary_id'")} AND f.invoiceid = j.body->>'invoice_id')
  )
)"""
_decode = msgspec.json.Decoder(CaptureTask).decode


class CapturePayments:
    """The handler of capture jobs. `find_gateway` answers the adapter of a PaymentGateway, or raises Problem."""

    held_while = _IS_SUSPENDED

    def __init__(self, find_gateway: FindGateway, clock: Clock) -> None:
        self._find_gateway = find_gateway
        self._clock = clock

    async def __call__(self, job: Job) -> RecordCaptures:
        task = _decode(job.body)
        answers = await asyncio.gather(*(self._answer(job, capture) for capture in task.captures))
        return RecordCaptures(job, task, answers)

    def give_up(self, job: Job) -> RecordCaptures:
        """Nobody knows what became of any of them."""
        task = _decode(job.body)
        return RecordCaptures(job, task, [None] * len(task.captures))

    async def _answer(self, job: Job, capture: Capture) -> GatewayAnswer | None:
        """None: nobody knows."""
        try:
            gateway = await self._find_gateway(capture.gateway_id)
        except Problem as problem:
            if job.attempts > 1:  # nobody can be asked now, and an earlier attempt may have got through
                log.warning("gateway cannot be asked", payment=capture.payment_id, error=problem.message)
                return None
            return GatewayAnswer(
                GatewayResult.VALIDATION_ERROR, None, problem.code, problem.message, self._clock.now()
            )
        try:
            async with asyncio.timeout(CALL_SECONDS_MAX):
                answer = await self._asked(gateway, job, capture)
        except (GatewayUnknown, TimeoutError) as unknown:
            log.warning("gateway without answer", payment=capture.payment_id, error=type(unknown).__name__)
            return None
        except Exception:  # an adapter's own fault: what it did before is not known either
            log.exception("gateway adapter failed", payment=capture.payment_id)
            return None
        return None if answer.result is GatewayResult.INDETERMINATE else answer

    async def _asked(self, gateway: PaymentGateway, job: Job, capture: Capture) -> GatewayAnswer:
        if job.attempts > 1:  # an earlier attempt may have got through
            found = await gateway.find(capture.payment_id)
            if found is not None:
                return found
        return await gateway.capture(
            CaptureRequest(
                capture.payment_id,
                Money.of(capture.amount, capture.currency),
                capture.authorization_reference,
                capture.merchant_reference,
            )
        )


@dataclass(frozen=True)
class RecordCaptures:
    """The outcome of a capture job, as an atom. Written once, whoever else performed the job too."""

    job: Job
    task: CaptureTask
    answers: Sequence[GatewayAnswer | None]

    def prefetch(self, reading: Reading) -> None:
        task = self.task
        reading.lock(Order, [task.order_id])
        reading.rows(Invoice, "id", [task.invoice_id])
        reading.rows(BackgroundOperation, "id", [task.operation_id])
        reading.rows(Payment, "id", [capture.payment_id for capture in task.captures])
        reading.rows(PaymentAuthorization, "id", [capture.authorization_id for capture in task.captures])
        reading.rows(OrderPaymentSummary, "id", [capture.order_payment_summary_id for capture in task.captures])

    def run(self, unit: Unit) -> object:
        self.job.begin(unit)
        open_captures, errors = 0, []
        for capture, answer in zip(self.task.captures, self.answers, strict=True):
            payment = unit.get(Payment, capture.payment_id)
            if payment is None or payment.status != "Pending":
                continue
            if answer is None:
                open_captures += 1
                self._unknown(unit, capture)
            elif answer.result is GatewayResult.SUCCESS:
                self._captured(unit, capture, payment, answer)
            else:
                errors.append(self._failed(unit, capture, payment, answer))
        self._close(unit, open_captures, errors)
        if open_captures:
            return LATER
        self.job.finish(unit)
        return None

    def _close(self, unit: Unit, open_captures: int, errors: Sequence[str]) -> None:
        """What the gateway answered does not change the operation's status, only its words (S3-11, C15)."""
        operation = unit.get(BackgroundOperation, self.task.operation_id)
        if operation is None:
            return
        said = [operation.error, *errors] if operation.error else errors  # of an earlier attempt, of this one
        unit.change(
            operation,
            status="Waiting" if open_captures else "Complete",
            error="; ".join(said)[:255] or None,
            started_at=operation.started_at or unit.now,
            finished_at=None if open_captures else operation.finished_at or unit.now,
            retry_count=self.job.attempts - 1,
        )

    def _captured(self, unit: Unit, capture: Capture, payment: Payment, answer: GatewayAnswer) -> None:
        amount = payment.amount
        written = _log(unit, capture, "Success", answer)
        payment = unit.change(payment, status="Processed", effective_date=unit.now, **_told(answer))
        authorization = unit.get(PaymentAuthorization, capture.authorization_id)
        if authorization is not None:
            taken = authorization.total_payment_capture_amount + amount
            unit.change(authorization, total_payment_capture_amount=taken)
        invoice = unit.get(Invoice, self.task.invoice_id)
        applied = min(amount, invoice.balance) if invoice else ZERO
        if invoice is not None and applied > 0:
            apply_payment(unit, payment, invoice, applied)
        self._purse(unit, capture, written, captured=amount, balance=amount - applied)
        unit.fact(
            self.task.order_id, "PaymentCaptured",
            PaymentId=payment.id, InvoiceId=self.task.invoice_id, OrderSummaryId=self.task.order_summary_id,
            OrderPaymentSummaryId=capture.order_payment_summary_id, Amount=amount,
            CurrencyIsoCode=capture.currency,
        )  # fmt: skip

    def _failed(self, unit: Unit, capture: Capture, payment: Payment, answer: GatewayAnswer) -> str:
        """Nothing was taken: the promise stands as it was, and a person is told."""
        decline = DECLINES.get(answer.result, answer.result.value)
        unit.change(payment, status="Failed", **_told(answer))
        self._purse(unit, capture, _log(unit, capture, "Failed", answer))
        said = f"{decline}: {answer.message or answer.code or 'no reason given'}"
        unit.fact(
            self.task.order_id, "PaymentCaptureFailed",
            PaymentId=payment.id, InvoiceId=self.task.invoice_id, OrderSummaryId=self.task.order_summary_id,
            OrderPaymentSummaryId=capture.order_payment_summary_id, Amount=payment.amount, Decline=decline,
        )  # fmt: skip
        self._tell(unit, payment.id, said)
        return said

    def _unknown(self, unit: Unit, capture: Capture) -> None:
        _log(unit, capture, "Timeout", None)
        if self.job.is_last:
            self._tell(unit, capture.payment_id, "The payment gateway does not say whether the money was taken.")

    def _tell(self, unit: Unit, payment_id: str, why: str) -> None:
        summary = unit.get(OrderSummary, self.task.order_summary_id)
        if summary is not None:
            raise_exception(unit, summary, payment_id, "OM Capture Failed", why, category="Payment")

    def _purse(self, unit: Unit, capture: Capture, written: PaymentGatewayLog, **more: Decimal) -> None:
        """The payment summary's sums: the pending amount becomes captured, or is gone."""
        summary = unit.get(OrderPaymentSummary, capture.order_payment_summary_id)
        if summary is None:
            return
        unit.change(
            summary,
            pending_capture_amount=summary.pending_capture_amount - capture.amount,
            captured_amount=summary.captured_amount + more.get("captured", ZERO),
            balance_amount=summary.balance_amount + more.get("balance", ZERO),
            last_payment_gateway_log_id=written.id,
            last_payment_gateway_message=written.gateway_message,
        )


def _told(answer: GatewayAnswer) -> dict[str, object]:
    return {
        "gateway_ref_number": answer.reference,
        "gateway_result_code": answer.code,
        "gateway_result_code_description": DECLINES.get(answer.result),
        "sf_result_code": answer.result.value,
        "gateway_date": answer.at,
    }


def _log(unit: Unit, capture: Capture, status: str, answer: GatewayAnswer | None) -> PaymentGatewayLog:
    """One row per exchange, with or without an answer."""
    return unit.add(
        PaymentGatewayLog,
        order_payment_summary_id=capture.order_payment_summary_id,
        payment_gateway_id=capture.gateway_id,
        referenced_entity_id=capture.payment_id,
        interaction_type="Capture",
        interaction_status=status,
        sf_ref_number=capture.payment_id,
        gateway_message=answer.message if answer else None,
        **(_told(answer) if answer else {}),
    )
