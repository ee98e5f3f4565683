"""An order comes in: always as a draft."""

from __future__ import annotations

from ordo.kernel.money import is_currency
from ordo.kernel.problems import FieldIntegrity, InvalidCurrency
from ordo.objects.orders import Order
from ordo.objects.orders.order import STATUS_CODES
from ordo.platform.generic import check_required
from ordo.platform.unit import Unit
from ordo.platform.verbs import Values, creates


@creates(Order)
def create_order(unit: Unit, values: Values) -> Order:
    """Status must be of category Draft; without a currency the organisation's is taken."""
    check_required(Order.__noun__, values)
    if STATUS_CODES.get(values["status"]) != "Draft":
        raise FieldIntegrity("An order is created with a status of category Draft", fields=("Status",))
    code = values.get("currency_iso_code") or unit.options.currency
    if not is_currency(code):
        raise InvalidCurrency(code)
    values["currency_iso_code"] = code
    values.setdefault("owner_id", unit.actor)
    return unit.add(Order, **values)
