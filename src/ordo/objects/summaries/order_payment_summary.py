"""OrderPaymentSummary: what one payment method holds, has captured and has refunded for an order."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.platform.records import ZERO, Id, Record, picklist, reference, string, total


class OrderPaymentSummary(
    Record,
    prefix="0bM",
    plural="Order Payment Summaries",
    room="orders",
    root=("order_summary_id", "OrderSummary"),
    ledger=(
        "authorization_amount authorization_reversal_amount captured_amount refunded_amount balance_amount "
        "pending_authorization_amount pending_capture_amount pending_refund_amount pending_reverse_auth_amount"
    ),
    busy=True,
):
    method: str = string(255, "CUL")
    order_summary_id: Id = reference("OrderSummary", "C", children="OrderPaymentSummaries", cascade=True)
    payment_method_id: Id | None = reference("CardPaymentMethod DigitalWallet AlternativePaymentMethod", "N", children="OrderPaymentSummaries")
    last_payment_gateway_log_id: Id | None = reference("PaymentGatewayLog", "N", label="Payment Gateway Log ID", children="OrderPaymentSummaries", indexed=False)
    owner_id: Id | None = reference("Group User", "CUD")

    type: str | None = string(255, "C")
    full_name: str | None = string(255, "CUN")
    last_payment_gateway_message: str | None = string(1000, "CUN")

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")

    authorization_amount: Decimal = total("NK", label="Authorized")
    authorization_reversal_amount: Decimal = total("NK", label="Authorization Reversed")
    available_to_capture_amount: Decimal = total("NK", label="Available to Capture")
    available_to_refund_amount: Decimal = total("NK", label="Available to Refund")
    balance_amount: Decimal = total("NK", label="Balance")
    captured_amount: Decimal = total("NK", label="Captured")
    payment_credited_amount: Decimal = total("NK", since=65)
    pending_authorization_amount: Decimal = total("N", label="Pending Authorization")
    pending_capture_amount: Decimal = total("N", label="Pending Capture")
    pending_refund_amount: Decimal = total("N", label="Pending Refund")
    pending_reverse_auth_amount: Decimal = total("N", label="Pending Authorization Reversal")
    refunded_amount: Decimal = total("NK", label="Refunded")
    reserved_balance_total_amount: Decimal = total("NK", label="Total Reserved Balance")

    def derived(self) -> Mapping[str, object]:
        """A capture or refund under way counts as done, so that nothing is taken or given back twice."""
        captured = self.captured_amount + self.pending_capture_amount
        reversed_ = self.authorization_reversal_amount + self.pending_reverse_auth_amount
        refunded = self.refunded_amount + self.pending_refund_amount
        return {
            "available_to_capture_amount": max(ZERO, self.authorization_amount - captured - reversed_),
            "available_to_refund_amount": max(ZERO, captured - refunded),
        }
