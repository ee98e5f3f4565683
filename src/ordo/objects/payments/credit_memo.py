"""CreditMemo: what is owed to a shopper for what came back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.lines import document_totals
from ordo.platform.records import Date, Id, Record, currency, day, picklist, reference, string, total


class CreditMemo(
    Record,
    prefix="50g",
    room="payments",
    root=("reference_entity_id", "OrderSummary"),
    calls="retrieve update query",
):
    document_number: str | None = string(255, "DAL", number_format="CM-{:09d}")
    reference_entity_id: Id | None = reference("Invoice Order OrderSummary", "UN", label="ReferenceEntity ID", children="CreditMemos", since=53)
    billing_account_id: Id | None = reference("Account", "U", label="Account ID", children="CreditMemos", cascade=True)
    bill_to_contact_id: Id | None = reference("Contact", "UN", label="Contact ID", children="CreditMemos")
    legal_entity_accounting_period_id: Id | None = reference("LegalEntityAccountingPeriod", "CUN")
    legal_entity_id: Id | None = reference("LegalEntity", "CUN")
    owner_id: Id | None = reference("Group User", "U")

    status: str = picklist("UR", "Draft", "Pending", "Posted", "Canceled", "Error", "Voided", default="Posted")
    app_type: str | None = picklist("NR", "Commerce Cloud", "Revenue Cloud")
    category: str | None = picklist("CUN")
    creation_mode: str | None = picklist("NR", "External", "Salesforce", since=55)
    credit_memo_number: str | None = string(255, "UN")
    description: str | None = string(255, "UN")
    external_reference: str | None = string(255, "UN", since=55)
    external_reference_data_source: str | None = string(255, "UN", since=55)
    reason_code: str | None = picklist("CUN", length=40)
    settlement_level: str | None = picklist("CUN")
    source_action: str | None = picklist("NR", "Invoice", "NegativeInvoiceLineConversion", "Standalone", "VoidPostedInvoice", since=55)
    tax_locale_type: str | None = string(255, "CUN")

    credit_date: Date | None = day("N")
    effective_date: Date | None = day("N", since=55)

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    total_taxes_captured_at_header: Decimal | None = currency("CUN", label="Total Taxes Captured at Header")

    balance: Decimal = total("N")
    net_credits_applied: Decimal = total("NK", since=55)
    total_adjustment_amount: Decimal = total("NK")
    total_adjustment_amount_with_tax: Decimal = total("NK", label="Total Adjustment Amount with Tax", since=49)
    total_adjustment_tax_amount: Decimal = total("N", since=49)
    total_amount: Decimal = total("NK")
    total_amount_with_tax: Decimal = total("NK", label="Total with Tax")
    total_charge_amount: Decimal = total("NK", label="Total Charges")
    total_charge_amount_with_tax: Decimal = total("NK", label="Total Charge Amount with Tax", since=49)
    total_charge_tax_amount: Decimal = total("N", since=49)
    total_credit_amount_applied: Decimal = total("N", since=53)
    total_credit_amount_unapplied: Decimal = total("N", since=55)
    total_tax_amount: Decimal = total("NK", label="Total Tax")

    def derived(self) -> Mapping[str, object]:
        """The balance is what is still to be given back."""
        totals = document_totals(
            self.total_charge_amount,
            self.total_charge_tax_amount,
            self.total_adjustment_amount,
            self.total_adjustment_tax_amount,
            self.total_tax_amount,
        )
        net_applied = self.total_credit_amount_applied - self.total_credit_amount_unapplied
        owed = self.total_charge_amount + self.total_adjustment_amount + self.total_tax_amount
        return totals | {"net_credits_applied": net_applied, "balance": owed - net_applied}
