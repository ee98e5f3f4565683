"""`fulfillment-orders`: quantities of one delivery group go to locations (reference 4.1)."""

from __future__ import annotations

import msgspec

from ordo.api.connect.resource import Output, Resource
from ordo.journeys.create_fulfillment_orders import create_fulfillment_orders


class FulfillmentOrderOutput(Output):
    """In the order of the groups."""

    fulfillment_order_ids: list[str] = msgspec.field(default_factory=list)


RESOURCES = [
    Resource("/commerce/fulfillment/fulfillment-orders", create_fulfillment_orders, FulfillmentOrderOutput)
]
