"""OrderDeliveryGroupSummary: one recipient and delivery method of an order, with its charges now."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.accounts.names import full_name
from ordo.objects.lines import delivery_totals
from ordo.objects.picklists import GEOCODE_ACCURACY, SALUTATIONS
from ordo.platform.records import (
    DateTime,
    Id,
    Record,
    address,
    boolean,
    coordinate,
    email,
    moment,
    phone,
    picklist,
    reference,
    string,
    textarea,
    total,
)


class OrderDeliveryGroupSummary(
    Record,
    prefix="0ag",
    plural="Order Delivery Group Summaries",
    room="orders",
    root=("order_summary_id", "OrderSummary"),
    busy=True,
):
    order_delivery_group_summary_number: str | None = string(255, "DAL", label="Name", number_format="ODGS-{:09d}")
    order_summary_id: Id = reference("OrderSummary", children="OrderDeliveryGroupSummaries", cascade=True)
    order_delivery_method_id: Id | None = reference("OrderDeliveryMethod", children="OrderDeliveryGroupSummaries", indexed=False, unmanaged=True)
    original_order_delivery_group_id: Id | None = reference("OrderDeliveryGroup", "N", label="Order Delivery Group ID", children="OrderDeliveryGroupSummaries")

    delivery_instructions: str | None = textarea(2000, "CUN", unmanaged=True)
    description: str | None = textarea(2000, "CUN")
    email_address: str | None = email("CUN", unmanaged=True)
    gift_message: str | None = textarea(2000, "CUN", unmanaged=True)
    is_gift: bool = boolean("CUD", unmanaged=True)
    phone_number: str | None = phone("CUN", unmanaged=True)

    desired_delivery_date: DateTime | None = moment("CUN", unmanaged=True)
    promised_delivery_date: DateTime | None = moment("CUN", unmanaged=True)

    deliver_to_company_name: str | None = string(255, "CUN", label="Deliver to Company Name")
    deliver_to_full_first_name: str | None = string(40, "CUN", label="First Name")
    deliver_to_full_last_name: str | None = string(80, "CUN", label="Last Name")
    deliver_to_full_name: str | None = string(121, "N", label="Deliver to Full Name")
    deliver_to_full_salutation: str | None = picklist("CUN", *SALUTATIONS, length=40, label="Salutation")
    deliver_to_name: str | None = string(255, "CUN", label="Name", unmanaged=True)
    deliver_to_address = address("DeliverTo", label="Shipping Address", unmanaged=True)
    deliver_to_street: str | None = textarea(255, "CUN", label="Address")
    deliver_to_city: str | None = string(40, "CUN", label="City")
    deliver_to_state: str | None = string(80, "CUN", label="State/Province")
    deliver_to_state_code: str | None = picklist("CUN", length=10)
    deliver_to_postal_code: str | None = string(20, "CUN", label="Zip")
    deliver_to_country: str | None = string(80, "CUN", label="Country")
    deliver_to_country_code: str | None = picklist("CUN", length=10)
    deliver_to_latitude: float | None = coordinate("CUN", label="Latitude")
    deliver_to_longitude: float | None = coordinate("CUN", label="Longitude")
    deliver_to_geocode_accuracy: str | None = picklist("CUNR", *GEOCODE_ACCURACY, label="Geocode Accuracy")

    currency_iso_code: str | None = picklist("N", length=3, label="Currency ISO Code")

    grand_total_amount: Decimal = total("NK", label="Total with Tax")
    total_adjustment_amount: Decimal = total("NK", label="Adjustments")
    total_adjustment_amt_with_tax: Decimal = total("NK", label="Adjustments with Tax", since=49)
    total_adjustment_tax_amount: Decimal = total("NK", label="Adjustments Tax")
    total_amount: Decimal = total("NK", label="Pretax Total")
    total_line_amount: Decimal = total("NK", label="Subtotal")
    total_line_amt_with_tax: Decimal = total("NK", label="Subtotal with Tax", since=49)
    total_line_tax_amount: Decimal = total("NK", label="Subtotal Tax")
    total_tax_amount: Decimal = total("NK", label="Tax")

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
