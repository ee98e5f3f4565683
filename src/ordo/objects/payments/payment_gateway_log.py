"""PaymentGatewayLog: one exchange with a payment gateway."""

from __future__ import annotations

from ordo.objects.picklists import SF_RESULTS
from ordo.platform.records import DateTime, Id, Record, moment, picklist, reference, string, textarea


class PaymentGatewayLog(Record, prefix="0Xt", room="payments"):
    payment_gateway_log_number: str | None = string(255, "DAL", number_format="PGL-{:09d}")
    order_payment_summary_id: Id | None = reference("OrderPaymentSummary", "CUN", children="PaymentGatewayLogs")
    payment_gateway_id: Id | None = reference("PaymentGateway", "CUN", children="PaymentGatewayLogs", indexed=False)
    referenced_entity_id: Id | None = reference("CardPaymentMethod Payment PaymentAuthAdjustment PaymentAuthorization Refund", "CUN", children="PaymentGatewayLogs")

    gateway_auth_code: str | None = string(64, "CUN")
    gateway_avs_code: str | None = string(64, "CUN")
    gateway_message: str | None = string(255, "CUN")
    gateway_ref_number: str | None = string(255, "CUN", label="Gateway Reference Number")
    gateway_result_code: str | None = string(64, "CUN")
    gateway_result_code_description: str | None = string(255, "CUN")
    interaction_status: str | None = picklist("CUNR", "NoOp", "Initiated", "Success", "Failed", "Timeout", label="Status")
    interaction_type: str | None = picklist("CNR", "Authorization", "Sale", "Void", "Capture", "Tokenize", "Avs", "ReferencedRefund", "CheckGiftCardBalance", "AuthorizationReversal", "PostAuth")
    is_notification: str = picklist("CUNDR", "No", "Yes", default="No")
    request: str | None = textarea(131072, "CUN")
    response: str | None = textarea(131072, "CUN")
    retry_category: str | None = picklist("CUNR", "CardLimit", "GatewayConnection", "PaymentInformation", "PaymentProcessing", "Security", "Unknown", since=66)
    retry_decision: str | None = picklist("CUN")
    sf_ref_number: str | None = string(255, "CUN", label="Salesforce Reference Number")
    sf_result_code: str | None = picklist("CUNR", *SF_RESULTS, label="Salesforce Result Code")

    gateway_date: DateTime | None = moment("CUN")
