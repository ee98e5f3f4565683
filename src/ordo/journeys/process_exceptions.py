"""What a person must see about an order: a record, counted on its summary, said as a fact."""

from __future__ import annotations

from typing import Any

from ordo.objects.orders import Order
from ordo.objects.service import ProcessException
from ordo.objects.summaries import OrderSummary
from ordo.platform.generic import check_cleared, check_required
from ordo.platform.unit import Unit
from ordo.platform.verbs import Values, creates, deletes, updates

ACTIVE = "ACTIVE"


def raise_exception(
    unit: Unit,
    summary: OrderSummary,
    attached_to_id: str,
    kind: str,
    message: str,
    *,
    root: str | None = None,
    **fields: Any,
) -> ProcessException:
    """`kind` is an ExceptionType of the platform (OM Capture Failed …). The summary's order must be held; `root`
    is that of the fact, where it is not that order."""
    made = _add(
        unit, {"attached_to_id": attached_to_id, "order_summary_id": summary.id, "message": message[:255],
               "owner_id": summary.owner_id, **fields},
    )  # fmt: skip
    unit.fact(
        root or summary.original_order_id, "ProcessExceptionRaised",
        ProcessExceptionId=made.id, OrderSummaryId=summary.id, AttachedToId=attached_to_id,
        ExceptionType=kind, Message=made.message, Description=made.description,
    )  # fmt: skip
    return made


@creates(ProcessException, reads=("order_summary_id",))
def _create(unit: Unit, values: Values) -> ProcessException:
    check_required(ProcessException.__noun__, values)
    return _add(unit, values)


def _add(unit: Unit, values: dict[str, Any]) -> ProcessException:
    made = unit.add(ProcessException, **values)
    _count(unit, made.order_summary_id, int(made.status_category == ACTIVE))
    return made


@updates(ProcessException)
def change_exception(unit: Unit, row: ProcessException, values: Values) -> None:
    """Keeps its summary's count true."""
    check_cleared(row.__noun__, values)
    after = unit.change(row, **values)
    _count(unit, row.order_summary_id, -int(row.status_category == ACTIVE))
    _count(unit, after.order_summary_id, int(after.status_category == ACTIVE))


@deletes(ProcessException)
def _delete(unit: Unit, row: ProcessException) -> None:
    _count(unit, row.order_summary_id, -int(row.status_category == ACTIVE))


def _count(unit: Unit, summary_id: str | None, change: int) -> None:
    """ActiveProcessExceptionCount is the number of active ones; its order is held while it is counted."""
    if not (summary_id and change):
        return
    summary = unit.get(OrderSummary, summary_id)
    if summary is not None:
        unit.hold(Order, summary.original_order_id)
        count = summary.active_process_exception_count + change
        unit.change(summary, active_process_exception_count=count)
