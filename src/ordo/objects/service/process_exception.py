"""ProcessException: something went wrong with an order and a person must see it."""

from __future__ import annotations

from collections.abc import Mapping

from ordo.platform.records import Id, Record, picklist, reference, string, textarea

# The lists are open, the categories are not.
STATUS_CATEGORIES = {
    "New": "ACTIVE",
    "Triaged": "ACTIVE",
    "Paused": "INACTIVE",
    "Ignored": "INACTIVE",
    "Voided": "INACTIVE",
    "Resolved": "RESOLVED",
}
SEVERITY_CATEGORIES = {"High": "HIGH", "Medium": "MEDIUM", "Low": "LOW"}


class ProcessException(Record, prefix="2Pe", room="service", root=("order_summary_id", "OrderSummary")):
    process_exception_number: str | None = string(255, "DAL", number_format="PE-{:08d}")
    attached_to_id: Id = reference("CreditMemo FulfillmentOrder Invoice Order OrderItem OrderItemSummary OrderPaymentSummary OrderSummary Payment PaymentAuthorization PaymentGroup Refund ReturnOrder", "CU", children="ProcessExceptions", cascade=True)
    order_summary_id: Id | None = reference("OrderSummary", "CUN", children="AggregatedProcessExceptions")
    case_id: Id | None = reference("Case", "CUN", children="ProcessExceptions")
    group_by_id: Id | None = reference("AsyncOperationTracker", "CUN")
    flow_orchestration_inst_rela_obj_id: Id | None = reference("FlowOrchestrationInstRelaObj", "CUN")
    owner_id: Id | None = reference("Group User", "CUD")

    message: str = string(255, "CU")
    description: str | None = textarea(2000, "CUN")
    category: str | None = picklist("CUND", "Order Activation", "Order Approval", "Fulfillment", "Payment", "Invoicing", "Place Order", "Order To Asset", "Order Item Summary To Asset", "Order To Billing Schedule", length=40, default="Order Activation")
    external_reference: str | None = string(255, "CUN")
    priority: str | None = picklist("CUND", "High", "Low", length=40, default="Low")
    severity: str | None = picklist("CUND", "High", "Low", length=40, default="High")
    severity_category: str | None = picklist("NR", "HIGH", "MEDIUM", "LOW")
    status: str = picklist("CUD", *STATUS_CATEGORIES, length=40, default="New")
    status_category: str | None = picklist("R", "ACTIVE", "INACTIVE", "RESOLVED")

    def derived(self) -> Mapping[str, object]:
        """A status of the merchant's own counts as active until it says otherwise."""
        return {
            "status_category": STATUS_CATEGORIES.get(self.status, "ACTIVE"),
            "severity_category": SEVERITY_CATEGORIES.get(self.severity or ""),
        }
