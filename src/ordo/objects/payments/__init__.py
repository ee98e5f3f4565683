"""Ways to pay, authorisations, captures, refunds, and the documents they settle."""

from ordo.objects.payments.alternative_payment_method import AlternativePaymentMethod
from ordo.objects.payments.card_payment_method import CardPaymentMethod
from ordo.objects.payments.credit_memo import CreditMemo
from ordo.objects.payments.credit_memo_line import CreditMemoLine
from ordo.objects.payments.digital_wallet import DigitalWallet
from ordo.objects.payments.invoice import Invoice
from ordo.objects.payments.invoice_line import InvoiceLine
from ordo.objects.payments.payment import Payment
from ordo.objects.payments.payment_auth_adjustment import PaymentAuthAdjustment
from ordo.objects.payments.payment_authorization import PaymentAuthorization
from ordo.objects.payments.payment_gateway import PaymentGateway
from ordo.objects.payments.payment_gateway_log import PaymentGatewayLog
from ordo.objects.payments.payment_gateway_provider import PaymentGatewayProvider
from ordo.objects.payments.payment_group import PaymentGroup
from ordo.objects.payments.payment_line_invoice import PaymentLineInvoice
from ordo.objects.payments.payment_method import PaymentMethod
from ordo.objects.payments.refund import Refund
from ordo.objects.payments.refund_line_payment import RefundLinePayment

__all__ = [
    "AlternativePaymentMethod",
    "CardPaymentMethod",
    "CreditMemo",
    "CreditMemoLine",
    "DigitalWallet",
    "Invoice",
    "InvoiceLine",
    "Payment",
    "PaymentAuthAdjustment",
    "PaymentAuthorization",
    "PaymentGateway",
    "PaymentGatewayLog",
    "PaymentGatewayProvider",
    "PaymentGroup",
    "PaymentLineInvoice",
    "PaymentMethod",
    "Refund",
    "RefundLinePayment",
]
