"""`order-summaries/{id}/async-actions/ensure-funds-async`: an invoice gets its money (reference 4.8)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ordo.api.connect.resource import Output, Resource
from ordo.journeys.ensure_funds import EnsureFunds, PaymentSequence, ensure_funds
from ordo.journeys.fund_fulfillment_order import FundFulfillmentOrder, fund_fulfillment_order
from ordo.kernel.problems import InvalidInput, RequiredFieldMissing
from ordo.platform.verbs import VerbAtom


class EnsureFundsAsyncInput(msgspec.Struct, frozen=True):
    """The invoice, or (C15) the fulfillment order whose invoice it is."""

    order_summary_id: str
    invoice_id: str | None = None
    target_fulfillment_order_id: Annotated[str, msgspec.Meta(extra={"noun": "FulfillmentOrder"})] | None = None
    is_allow_partial: bool = False
    is_consider_reserved_balance_amount: bool = False
    sequences: list[PaymentSequence] = []


class EnsureFundsAsyncOutput(Output):
    background_operation_id: str | None = None


def atoms(_: Resource, told: EnsureFundsAsyncInput) -> list[VerbAtom[Any]]:
    asked = {name: value for name, value in msgspec.structs.asdict(told).items() if value is not None}
    if "invoice_id" in asked and "target_fulfillment_order_id" in asked:
        raise InvalidInput("invoiceId and targetFulfillmentOrderId exclude each other.")
    if "invoice_id" in asked:
        return [VerbAtom(ensure_funds, EnsureFunds(**asked))]
    if "target_fulfillment_order_id" in asked:
        return [VerbAtom(fund_fulfillment_order, FundFulfillmentOrder(**asked))]
    raise RequiredFieldMissing("invoiceId")


RESOURCES = [
    Resource(
        "/commerce/order-management/order-summaries/{orderSummaryId}/async-actions/ensure-funds-async",
        ensure_funds,
        EnsureFundsAsyncOutput,
        # One page of the guide spells it as ensure-refunds does (2.1).
        aliases={"isReservedBalanceAmountConsidered": "isConsiderReservedBalanceAmount"},
        input=EnsureFundsAsyncInput,
        atoms=atoms,
    )
]
