"""OrderItem: one line of an order: a product, a delivery charge or a fee."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.lines import TYPE_CODES, line_amount, line_totals
from ordo.objects.picklists import LINE_TYPE_CODES, LINE_TYPES
from ordo.platform.records import (
    Date,
    DateTime,
    Id,
    Record,
    Time,
    boolean,
    currency,
    day,
    integer,
    moment,
    number,
    picklist,
    reference,
    string,
    time_of_day,
    total,
    zero,
)


class OrderItem(Record, prefix="802", label="Order Product", room="orders", root=("order_id", "Order")):
    order_item_number: str | None = string(30, "DAL", label="Order Product Number", number_format="{:08d}")
    order_id: Id = reference("Order", "C", children="OrderItems", cascade=True)
    order_delivery_group_id: Id | None = reference("OrderDeliveryGroup", "CUN")
    pricebook_entry_id: Id | None = reference("PricebookEntry", "CN", label="Price Book Entry ID", children="OrderItems", indexed=False)
    product2_id: Id | None = reference("Product2", "CN", label="Product ID")
    order_action_id: Id | None = reference("OrderAction", "CUN", since=55)
    original_order_item_id: Id | None = reference("OrderItem", "CN", children="ChildOrderItems")
    price_revision_policy_id: Id | None = reference("PriceRevisionPolicy", "CUN", since=65)
    product_selling_model_id: Id | None = reference("ProductSellingModel", "N", since=55)
    proration_policy_id: Id | None = reference("ProrationPolicy", "N", since=55)
    quote_line_item_id: Id | None = reference("QuoteLineItem", "CUN")
    related_order_item_id: Id | None = reference("OrderItem", "CN", label="Order Product ID", children="RelatedOrderItems")
    tax_treatment_id: Id | None = reference("TaxTreatment", "CUN", since=55)

    type: str | None = picklist("CUNR", *LINE_TYPES, length=100)
    type_code: str | None = picklist("NR", *LINE_TYPE_CODES, length=40)
    line_number: int | None = integer("CN")
    batch_identifier: str | None = string(255, "N", since=64)
    billing_frequency2: str | None = picklist("CUNR", "Monthly", "Annual", since=55)
    delivery_estimation_reference: str | None = string(255, "CUN")
    delivery_estimation_time_zone: str | None = picklist("CUN")
    description: str | None = string(255, "CUN", label="Line Description")
    does_automatically_renew: bool = boolean("CUD", since=64)
    is_order_item_locked: bool = boolean("CD", since=63)
    period_boundary: str | None = picklist("CUNR", "AlignToCalendar", "Anniversary", "DayOfPeriod", "LastDayOfPeriod", since=55)
    period_boundary_start_month: str | None = picklist("CUNR", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12")
    pricing_transaction_type: str | None = picklist("CNR", "NewSale", "AmendmentAtLastNegotiatedPrice", "AmendmentStartingFromListPrice", "Cancellation", "RenewalAtLastNegotiatedPrice", "RenewalAtListPrice", since=55)
    related_change_identifier: str | None = string(255, "CN", since=63)
    starting_unit_price_source: str | None = picklist("CUNR", "Manual", "System", since=55)
    supplemental_change_type: str | None = picklist("CUNR", "Add", "Amend", "Cancel", "No Change", since=64)
    period_boundary_day: int | None = integer("CUN", since=55)

    earliest_estimated_delivery_date: Date | None = day("CUN")
    earliest_estimated_delivery_time: Time | None = time_of_day("CUN")
    end_date: Date | None = day("CUN")
    end_date_time: DateTime | None = moment("CUN", since=65)
    end_time: Time | None = time_of_day("CUN", since=65)
    last_estimated_delivery_date: Date | None = day("CUN")
    last_estimated_delivery_time: Time | None = time_of_day("CUN")
    service_date: Date | None = day("CUN", label="Start Date")
    service_date_time: DateTime | None = moment("CUN", since=65)
    service_end_time_zone: Time | None = time_of_day("CUN", since=65)
    service_time: Time | None = time_of_day("CUN", since=65)

    quantity: Decimal = number("CU")
    aggregated_quantity: Decimal | None = number("N", since=64)
    available_quantity: Decimal | None = number("N")
    pricing_term_count: Decimal | None = number("CUN", since=55)

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    unit_price: Decimal | None = currency("CUN")
    gross_unit_price: Decimal | None = currency("CUN")
    list_price: Decimal | None = currency("CN")
    total_line_amount: Decimal | None = currency("CUN", label="Product Subtotal")
    list_price_total: Decimal | None = currency("CUN", since=55)
    net_unit_price: Decimal | None = currency("CUN", since=55)
    pro_forma_billing_period_amount: Decimal | None = currency("CUN", since=55)
    reference_price: Decimal | None = currency("CN", since=63)
    starting_price_total: Decimal | None = currency("CUN", since=55)

    adjusted_line_amount: Decimal = total("N")
    adjusted_line_amt_with_tax: Decimal = total("NK")
    rounded_line_amount: Decimal = total("K")
    rounded_line_amt_with_tax: Decimal = total("N")
    total_adjusted_line_tax_amount: Decimal = total("K")
    total_adjustment_amount: Decimal = total("K")
    total_adjustment_amt_with_tax: Decimal = total("K")
    total_adjustment_dist_amount: Decimal = total("K")
    total_adjustment_dist_amt_with_tax: Decimal = total("K")
    total_adjustment_dist_tax_amount: Decimal = total("K")
    total_adjustment_tax_amount: Decimal = total("K")
    total_amt_with_tax: Decimal = total("NK")
    total_line_adjustment_amount: Decimal = total("K")
    total_line_adjustment_amt_with_tax: Decimal = total("K")
    total_line_adjustment_tax_amount: Decimal = total("K")
    total_line_tax_amount: Decimal = total("K")
    total_price: Decimal = total("N")
    total_tax_amount: Decimal = total("K")

    def derived(self) -> Mapping[str, object]:
        """TotalLineAmount leads; without it the line is worth quantity × unit price, rounded."""
        line = self.total_line_amount
        if line is None:
            line = line_amount(zero(self.quantity), zero(self.unit_price), self.currency_iso_code)
        return {
            "type_code": TYPE_CODES.get(self.type or ""),
            "rounded_line_amount": line,
            "rounded_line_amt_with_tax": line + self.total_line_tax_amount,
            **line_totals(
                line,
                self.total_line_tax_amount,
                adjustment=self.total_line_adjustment_amount,
                adjustment_tax=self.total_line_adjustment_tax_amount,
                distributed=self.total_adjustment_dist_amount,
                distributed_tax=self.total_adjustment_dist_tax_amount,
            ),
        }
