"""Invoice: what a shopper owes for what was fulfilled."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.lines import document_totals
from ordo.objects.picklists import TAX_LOCALES
from ordo.platform.records import (
    Date,
    DateTime,
    Id,
    Record,
    boolean,
    currency,
    day,
    integer,
    moment,
    number,
    picklist,
    reference,
    string,
    total,
)


class Invoice(
    Record,
    prefix="3tt",
    room="payments",
    root=("reference_entity_id", "OrderSummary"),
    busy=True,
    calls="retrieve update query",
):
    document_number: str | None = string(255, "DAL", number_format="DOC-{:09d}")
    reference_entity_id: Id | None = reference("Order OrderSummary CreditMemo", "UN", label="ReferenceEntity ID", children="Invoices")
    billing_account_id: Id | None = reference("Account", "U", label="Account ID", children="Invoices", cascade=True)
    bill_to_contact_id: Id | None = reference("Contact", "UN", label="Contact ID", children="Invoices")
    invoice_batch_run_id: Id | None = reference("InvoiceBatchRun", "N", since=55)
    legal_entity_accounting_period_id: Id | None = reference("LegalEntityAccountingPeriod", "CUN")
    legal_entity_id: Id | None = reference("LegalEntity", "CUN")
    payment_term_id: Id | None = reference("PaymentTerm", "UN", since=55)
    saved_payment_method_id: Id | None = reference("SavedPaymentMethod", "CUN")
    sequence_policy_id: Id | None = reference("SequencePolicy", "CUN")
    owner_id: Id | None = reference("Group User", "U")

    status: str = picklist("R", "Draft", "Draft In Progress", "Pending", "Posting In Progress", "Posted", "Canceled", "Error", "Void In Progress", "Voided", default="Posted", since=60)
    description: str | None = string(255, "UN")
    invoice_number: str | None = string(255, "UN")
    is_invoice_locked: bool = boolean("CU", label="Invoice Locked")
    last_email_dispatch_status: str | None = picklist("CUN")
    payment_exclusion_reason: str | None = string(255, "N", since=63)
    settlement_level: str | None = picklist("CUN")
    settlement_status: str | None = picklist("NR", "Not Applicable", "Not Settled", "Partially Settled", "Settled", since=55)
    should_exclude_payment: bool = boolean("D")
    tax_locale_type: str | None = picklist("UNR", *TAX_LOCALES, since=56)
    unique_identifier: str | None = string(255, "CUN")
    write_off_status: str | None = picklist("CUN")
    days_invoice_open: int | None = integer("N", since=55)
    days_invoice_overdue: int | None = integer("N", since=55)

    due_date: Date | None = day("U")
    full_settlement_date: Date | None = day("N", since=55)
    invoice_date: Date | None = day("U")
    invoice_locked_date_time: DateTime | None = moment("CUN")
    posted_date: Date | None = day("N", since=60)

    balance_value: Decimal | None = number("CUN")

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    total_taxes_captured_at_header: Decimal | None = currency("CUN", label="Total Taxes Captured at Header")
    write_off_total_charge_amount: Decimal | None = currency("CUN")
    write_off_total_tax_amount: Decimal | None = currency("CUN")

    balance: Decimal = total("N")
    net_credits_applied: Decimal = total("NK", since=55)
    net_payments_applied: Decimal = total("NK", since=55)
    total_adjustment_amount: Decimal = total("NK")
    total_adjustment_amount_with_tax: Decimal = total("NK", label="Total Adjustment Amount with Tax", since=55)
    total_adjustment_tax_amount: Decimal = total("NK", since=55)
    total_amount: Decimal = total("NK")
    total_amount_with_tax: Decimal = total("NK", label="Total with Tax")
    total_charge_amount: Decimal = total("NK", label="Total Charges")
    total_charge_amount_with_tax: Decimal = total("NK", label="Total Charge Amount with Tax", since=55)
    total_charge_tax_amount: Decimal = total("NK", since=55)
    total_converted_neg_amount: Decimal = total("NK", label="Total Converted Negative Amount", since=56)
    total_tax_amount: Decimal = total("NK", label="Total Tax")

    def derived(self) -> Mapping[str, object]:
        """The balance is what is still to be paid."""
        totals = document_totals(
            self.total_charge_amount,
            self.total_charge_tax_amount,
            self.total_adjustment_amount,
            self.total_adjustment_tax_amount,
            self.total_tax_amount,
        )
        owed = self.total_charge_amount + self.total_adjustment_amount + self.total_tax_amount
        return totals | {"balance": owed - self.net_payments_applied - self.net_credits_applied}
