"""CreditMemoLine: one charge, adjustment or tax of a credit memo."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.picklists import LINE_TYPE_CODES, LINE_TYPES
from ordo.platform.records import Date, Id, Record, currency, day, percent, picklist, reference, string, zero


class CreditMemoLine(
    Record,
    prefix="9yx",
    room="payments",
    root=("credit_memo_id", "CreditMemo"),
    calls="retrieve update query",
):
    name: str = string(255, "UL")
    credit_memo_id: Id = reference("CreditMemo", children="CreditMemoLines", cascade=True)
    reference_entity_item_id: Id | None = reference("OrderItemSummary OrderItem InvoiceLine", "UN", label="ReferenceEntityItem ID", children="CreditMemoLines", since=53)
    related_line_id: Id | None = reference("CreditMemoLine", "UN", label="Credit Memo Line ID", children="CreditMemoLines")
    product2_id: Id | None = reference("Product2", "UN", label="Product ID", children="CreditMemoLines", indexed=False)
    billing_address_id: Id | None = reference("CreditMemoAddressGroup", "N", since=55)
    legal_entity_accounting_period_id: Id | None = reference("LegalEntityAccountingPeriod", "CUN")
    legal_entity_id: Id | None = reference("LegalEntity", "CUN")
    ship_from_address_id: Id | None = reference("CreditMemoAddressGroup", "CUN")
    shipping_address_id: Id | None = reference("CreditMemoAddressGroup", "N", since=55)
    tax_treatment_id: Id | None = reference("TaxTreatment", "N", since=55)

    status: str | None = string(50, "N")
    type: str = picklist("R", "Charge", "Tax", "Adjustment")
    description: str | None = string(255, "UN")
    reference_entity_item_type: str | None = picklist("UNR", *LINE_TYPES, length=40)
    reference_entity_item_type_code: str | None = picklist("UNR", *LINE_TYPE_CODES)
    tax_code: str | None = string(255, "UN")
    tax_document_number: str | None = string(255, "N", since=55)
    tax_name: str | None = string(255, "UN")
    tax_status: str = picklist("NDR", "None", "Complete", "Error", default="None", since=55)
    tax_transaction_number: str | None = string(255, "N", since=55)

    end_date: Date | None = day("UN")
    start_date: Date | None = day("UN")
    tax_effective_date: Date | None = day("UN")

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    gross_unit_price: Decimal | None = currency("CUN")
    adjustment_amount: Decimal | None = currency("UN")
    adjustment_amount_with_tax: Decimal | None = currency("N", label="Adjustment Amount with Tax", since=49)
    adjustment_tax_amount: Decimal | None = currency("N", since=55)
    balance: Decimal | None = currency("CUN")
    charge_amount: Decimal | None = currency("UN")
    charge_amount_with_tax: Decimal | None = currency("N", label="Charge Amount with Tax", since=55)
    charge_tax_amount: Decimal | None = currency("N", since=55)
    net_credits_applied: Decimal | None = currency("CUN")
    tax_amount: Decimal | None = currency("UN")
    tax_rate: Decimal | None = percent("UN")
    total_amount: Decimal | None = currency("N")

    line_amount: Decimal | None = currency("NK", since=49)
    total_amount_with_tax: Decimal | None = currency("NK")

    def derived(self) -> Mapping[str, object]:
        charge, adjustment, tax = zero(self.charge_amount), zero(self.adjustment_amount), zero(self.tax_amount)
        return {
            "charge_amount_with_tax": charge + zero(self.charge_tax_amount),
            "adjustment_amount_with_tax": adjustment + zero(self.adjustment_tax_amount),
            "line_amount": charge + adjustment + tax,
            "total_amount": charge + adjustment,
            "total_amount_with_tax": charge + adjustment + tax,
        }
