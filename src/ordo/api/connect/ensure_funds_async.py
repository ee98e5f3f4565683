"""`order-summaries/{id}/async-actions/ensure-funds-async`: an invoice gets its money (reference 4.8)."""

from __future__ import annotations

from ordo.api.connect.resource import Output, Resource
from ordo.journeys.ensure_funds import ensure_funds


class EnsureFundsAsyncOutput(Output):
    background_operation_id: str | None = None


RESOURCES = [
    Resource(
        "/commerce/order-management/order-summaries/{orderSummaryId}/async-actions/ensure-funds-async",
        ensure_funds,
        EnsureFundsAsyncOutput,
        # One page of the guide spells it as ensure-refunds does (2.1).
        aliases={"isReservedBalanceAmountConsidered": "isConsiderReservedBalanceAmount"},
    )
]
