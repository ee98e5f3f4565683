"""OrderDeliveryGroup: lines of one order with the same recipient and delivery method."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.accounts.names import full_name
from ordo.objects.lines import delivery_totals
from ordo.objects.picklists import GEOCODE_ACCURACY, SALUTATIONS
from ordo.platform.records import (
    Date,
    Id,
    Record,
    address,
    boolean,
    coordinate,
    day,
    email,
    phone,
    picklist,
    reference,
    string,
    textarea,
    total,
)


class OrderDeliveryGroup(Record, prefix="2Dg", room="orders", root=("order_id", "Order")):
    order_delivery_group_number: str | None = string(255, "DAL", number_format="ODG-{:09d}")
    # Tills call it SourceObjectId (S0-93, C8).
    order_id: Id = reference("Order", "C", children="OrderDeliveryGroups", cascade=True, aliases=("SourceObjectId",))
    order_delivery_method_id: Id | None = reference("OrderDeliveryMethod", "CUN", children="OrderDeliveryGroups", indexed=False)
    related_delivery_group_id: Id | None = reference("OrderDeliveryGroup", "N", label="Order Delivery Group ID", children="RelatedDeliveryGroups")

    delivery_instructions: str | None = textarea(2000, "CUN")
    description: str | None = textarea(2000, "CUN")
    email_address: str | None = email("CUN")
    gift_message: str | None = textarea(2000, "CUN")
    is_gift: bool = boolean("CUD")
    phone_number: str | None = phone("CUN")

    desired_delivery_date: Date | None = day("CUN")
    promised_delivery_date: Date | None = day("CUN")

    deliver_to_company_name: str | None = string(255, "CUN", label="Deliver to Company Name")
    deliver_to_full_first_name: str | None = string(40, "CUN", label="First Name")
    deliver_to_full_last_name: str | None = string(80, "CUN", label="Last Name")
    deliver_to_full_name: str | None = string(121, "N", label="Deliver to Full Name")
    deliver_to_full_salutation: str | None = picklist("CUN", *SALUTATIONS, length=40, label="Salutation")
    deliver_to_name: str | None = string(255, "CUN", label="Deliver to Name")
    deliver_to_address = address("DeliverTo", label="Deliver to Address")
    deliver_to_street: str | None = textarea(255, "CUN", label="Street")
    deliver_to_city: str | None = string(40, "CUN", label="City")
    deliver_to_state: str | None = string(80, "CUN", label="State/Province")
    deliver_to_state_code: str | None = picklist("CUN", length=10)
    deliver_to_postal_code: str | None = string(20, "CUN", label="Zip")
    deliver_to_country: str | None = string(80, "CUN", label="Country")
    deliver_to_country_code: str | None = picklist("CUN", length=10)
    deliver_to_latitude: float | None = coordinate("CUN", label="Latitude")
    deliver_to_longitude: float | None = coordinate("CUN", label="Longitude")
    deliver_to_geocode_accuracy: str | None = picklist("CUNR", *GEOCODE_ACCURACY, length=40, label="Geocode Accuracy")

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")

    grand_total_amount: Decimal = total("NK", label="Total with Tax")
    total_adjustment_amount: Decimal = total("NK", label="Total Adjustment")
    total_adjustment_amt_with_tax: Decimal = total("NK", label="Total Adjustment with Tax")
    total_adjustment_tax_amount: Decimal = total("NK", label="Total Adjustments Tax")
    total_amount: Decimal = total("NK", label="Pretax Total")
    total_line_amount: Decimal = total("NK", label="Delivery Subtotal")
    total_line_amt_with_tax: Decimal = total("NK", label="Delivery Subtotal with Tax")
    total_line_tax_amount: Decimal = total("N", label="Delivery Tax")
    total_tax_amount: Decimal = total("NK", label="Total Tax")

    def derived(self) -> Mapping[str, object]:
        return {
            "deliver_to_full_name": full_name(self.deliver_to_full_first_name, self.deliver_to_full_last_name),
            **delivery_totals(
                self.total_line_amount,
                self.total_line_tax_amount,
                self.total_adjustment_amount,
                self.total_adjustment_tax_amount,
            ),
        }
