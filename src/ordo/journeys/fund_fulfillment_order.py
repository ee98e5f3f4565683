"""Funds are asked for by fulfillment order: its invoice gets them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from ordo.journeys.ensure_funds import EnsureFunds, FundsAsked, PaymentSequence, ensure_funds
from ordo.kernel.problems import InvalidIdentifier, InvalidInput
from ordo.objects.fulfillment import FulfillmentOrder
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit
from ordo.platform.verbs import verb


class FundFulfillmentOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As EnsureFunds, with the fulfillment order instead of its invoice."""

    order_summary_id: str
    target_fulfillment_order_id: Annotated[str, msgspec.Meta(extra={"noun": "FulfillmentOrder"})]
    is_allow_partial: bool = False
    is_consider_reserved_balance_amount: bool = False
    sequences: list[PaymentSequence] = []

    def of_invoice(self, invoice_id: str) -> EnsureFunds:
        return EnsureFunds(
            self.order_summary_id,
            invoice_id,
            self.is_allow_partial,
            self.is_consider_reserved_balance_amount,
            self.sequences,
        )


def _needs(reading: Reading, commands: Sequence[FundFulfillmentOrder]) -> None:
    ensure_funds.needs(reading, [command.of_invoice("") for command in commands])
    reading.rows(FulfillmentOrder, "id", [command.target_fulfillment_order_id for command in commands])


@verb(FundFulfillmentOrder, _needs)
def fund_fulfillment_order(unit: Unit, command: FundFulfillmentOrder) -> FundsAsked:
    """C15, S1-15. Raises what ensure-funds raises."""
    order = unit.get(FulfillmentOrder, command.target_fulfillment_order_id)
    if order is None or order.order_summary_id != command.order_summary_id:
        raise InvalidIdentifier("targetFulfillmentOrderId", command.target_fulfillment_order_id)
    if order.invoice_id is None:
        raise InvalidInput(f"The fulfillment order {order.id} has no invoice yet.")
    return ensure_funds(unit, command.of_invoice(order.invoice_id))
