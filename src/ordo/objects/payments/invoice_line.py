"""InvoiceLine: one charge, adjustment or tax of an invoice."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.picklists import LINE_TYPE_CODES, LINE_TYPES
from ordo.platform.records import (
    Date,
    Id,
    Record,
    boolean,
    currency,
    day,
    number,
    percent,
    picklist,
    reference,
    string,
    total,
    zero,
)


class InvoiceLine(
    Record,
    prefix="5TV",
    room="payments",
    root=("invoice_id", "Invoice"),
    calls="retrieve update query",
):
    name: str = string(255, "UL")
    invoice_id: Id = reference("Invoice", children="InvoiceLines", cascade=True)
    reference_entity_item_id: Id | None = reference("OrderItem OrderItemAdjustmentLineItem OrderItemSummary", "UN", label="ReferenceEntityItem ID", children="InvoiceLines")
    group_reference_entity_item_id: Id | None = reference("OrderItem OrderItemAdjustmentLineItem OrderItemSummary", "UN", label="GroupReferenceEntityItem ID", children="GroupInvoiceLines", indexed=False)
    related_line_id: Id | None = reference("InvoiceLine", "UN", label="Invoice Line ID", children="InvoiceLines")
    product2_id: Id | None = reference("Product2", "UN", label="Product ID", children="InvoiceLines", indexed=False)
    billing_address_id: Id | None = reference("InvoiceAddressGroup", "N", label="Invoice Address Group ID", since=55)
    billing_schedule_group_id: Id | None = reference("BillingScheduleGroup", "UN")
    billing_schedule_id: Id | None = reference("BillingSchedule", "UN", since=55)
    legal_entity_accounting_period_id: Id | None = reference("LegalEntityAccountingPeriod", "UN")
    legal_entity_id: Id | None = reference("LegalEntity", "UN")
    parent_invoice_line_id: Id | None = reference("InvoiceLine", "CUN")
    ship_from_address_id: Id | None = reference("InvoiceAddressGroup", "CUN", label="Invoice Address Group ID")
    shipping_address_id: Id | None = reference("InvoiceAddressGroup", "N", label="Invoice Address Group ID", since=55)
    tax_treatment_id: Id | None = reference("TaxTreatment", "N", since=55)
    unit_of_measure_id: Id | None = reference("UnitOfMeasure", "CUN")

    type: str = picklist("R", "Charge", "Tax", "Adjustment")
    description: str | None = string(255, "UN")
    has_multiple_items: bool = boolean("D")
    invoice_status: str | None = string(50, "N", label="Status")
    reference_entity_item_type: str | None = picklist("UNR", *LINE_TYPES, length=40, since=56)
    reference_entity_item_type_code: str | None = picklist("UNR", *LINE_TYPE_CODES)
    tax_code: str | None = string(255, "UN")
    tax_document_number: str | None = string(255, "N", since=55)
    tax_name: str | None = string(255, "UN")
    tax_processing_status: str | None = picklist("CUN")
    tax_transaction_number: str | None = string(255, "N", since=55)

    invoice_line_end_date: Date | None = day("U")
    invoice_line_start_date: Date | None = day("U")
    tax_effective_date: Date | None = day("UN")

    quantity: Decimal | None = number("UN")

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    unit_price: Decimal | None = currency("UN")
    gross_unit_price: Decimal | None = currency("CUN")
    adjustment_amount: Decimal | None = currency("N")
    adjustment_tax_amount: Decimal | None = currency("N", since=55)
    balance: Decimal | None = currency("N")
    charge_amount: Decimal | None = currency("UN")
    charge_converted_neg_amount: Decimal | None = currency("CUN")
    charge_tax_amount: Decimal | None = currency("N", since=55)
    converted_neg_amount: Decimal | None = currency("N", label="Converted Negative Amount", since=56)
    tax_amount: Decimal | None = currency("UN")
    tax_rate: Decimal | None = percent("UN")

    adjustment_amount_with_tax: Decimal | None = currency("NK", label="Adjustment Amount with Tax")
    charge_amount_with_tax: Decimal | None = currency("NK", label="Charge Amount with Tax", since=55)
    line_amount: Decimal | None = currency("NK", since=55)
    net_credits_applied: Decimal = total("NK")
    net_payments_applied: Decimal = total("NK")

    def derived(self) -> Mapping[str, object]:
        charge, adjustment, tax = zero(self.charge_amount), zero(self.adjustment_amount), zero(self.tax_amount)
        return {
            "charge_amount_with_tax": charge + zero(self.charge_tax_amount),
            "adjustment_amount_with_tax": adjustment + zero(self.adjustment_tax_amount),
            "line_amount": charge + adjustment + tax,
        }
