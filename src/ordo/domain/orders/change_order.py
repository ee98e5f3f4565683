"""Changes of an order row: free while it is a draft, its terms frozen once it is activated."""

from __future__ import annotations

from ordo.kernel.money import is_currency
from ordo.kernel.problems import FieldIntegrity, InvalidCurrency, Problem
from ordo.objects.orders import Order, OrderItem
from ordo.platform.generic import check_cleared
from ordo.platform.unit import Unit
from ordo.platform.verbs import Values, deletes, only_by_verbs, updates

DRAFT = "Draft"
# What the shopper agreed to: fixed from activation on (S0-52).
FROZEN = frozenset(
    {
        "account_id",
        "contract_id",
        "currency_iso_code",
        "effective_date",
        "ordered_date",
        "pricebook2_id",
        "tax_locale_type",
        "sales_channel_id",
        "order_management_reference_identifier",
    }
)


only_by_verbs(Order, "activated_date", "activated_by_id", "status_code")


@updates(Order)
def change_order(unit: Unit, order: Order, values: Values) -> None:
    check_cleared(Order.__noun__, values)
    code = values.get("currency_iso_code")
    if code is not None and not is_currency(code):
        raise InvalidCurrency(code)
    if code not in (None, order.currency_iso_code) and unit.children(OrderItem, "order_id", order.id):
        raise FieldIntegrity("an order with products keeps its currency", fields=("CurrencyIsoCode",))
    if order.status_code != DRAFT:
        frozen = [
            Order.__fields__[name].api
            for name, value in values.items()
            if name in FROZEN and value != getattr(order, name)
        ]
        if frozen:
            raise FieldIntegrity(f"{', '.join(frozen)} cannot be changed on an activated order", fields=frozen)
    unit.change(order, **values)


@deletes(Order)
def delete_order(_: Unit, order: Order) -> None:
    if order.status_code != DRAFT:
        raise Problem("only draft orders can be deleted", code="DELETE_FAILED")
