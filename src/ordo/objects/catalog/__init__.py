"""What is sold, at which price, through which channel."""

from ordo.objects.catalog.pricebook2 import Pricebook2
from ordo.objects.catalog.pricebook_entry import PricebookEntry
from ordo.objects.catalog.product2 import Product2
from ordo.objects.catalog.sales_channel import SalesChannel

__all__ = [
    "Pricebook2",
    "PricebookEntry",
    "Product2",
    "SalesChannel",
]
