"""What a person must see about an order: a record, counted on its summary, said as a fact."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from ordo.objects.orders import Order
from ordo.objects.service import ProcessException
from ordo.objects.summaries import OrderSummary
from ordo.platform.generic import check_cleared, check_required
from ordo.platform.records import values_of
from ordo.platform.unit import Unit
from ordo.platform.verbs import Values, creates, deletes, updates

ACTIVE = "ACTIVE"
WORDS = ("attached_to_id", "external_reference", "message", "description")
"""Two exceptions that are alike in these say the same."""


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
    """`kind` is an ExceptionType of the platform (OM Capture Failed …), and the ExternalReference where none is
    told. One that is active with the same words on the same record is answered as it is, and no fact is said.

    The summary's order must be held; `root` is that of the fact, where it is not that order.
    """
    told: dict[str, Any] = {
        "attached_to_id": attached_to_id, "message": message[:255], "description": None,
        "external_reference": kind, **fields,
    }  # fmt: skip
    known = _active_twin(unit, summary, told)
    if known is not None:
        return known
    made = _add(unit, {"order_summary_id": summary.id, "owner_id": summary.owner_id, **told})
    unit.fact(
        root or summary.original_order_id, "ProcessExceptionRaised",
        ProcessExceptionId=made.id, OrderSummaryId=summary.id, AttachedToId=attached_to_id,
        ExceptionType=kind, Message=made.message, Description=made.description,
    )  # fmt: skip
    return made


def _active_twin(unit: Unit, summary: OrderSummary, told: dict[str, Any]) -> ProcessException | None:
    said, words = values_of(WORDS), tuple(told[name] for name in WORDS)
    return next((one for one in active_exceptions(unit, summary) if said(one) == words), None)


def active_exceptions(unit: Unit, summary: OrderSummary) -> list[ProcessException]:
    """Those of the order, which must be held. Nothing is read where its count says that all are at hand."""
    now = unit.get(OrderSummary, summary.id) or summary
    asked = (ProcessException, "order_summary_id", summary.id)
    active = _active(unit.children_at_hand(*asked))
    return active if len(active) == now.active_process_exception_count else _active(unit.children(*asked))


def _active(exceptions: Iterable[ProcessException]) -> list[ProcessException]:
    return [one for one in exceptions if one.status_category == ACTIVE]


def resolve_exceptions(unit: Unit, summary: OrderSummary, reason: str, *, but: Collection[str] = ()) -> None:
    """What was the reason is gone, and nobody needs to look any more at the active exceptions with it; `but` for
    those with these ids.

    `reason` is their ExternalReference: the `kind` they were raised with, or what was told in its place. The
    summary's order must be held.
    """
    for one in active_exceptions(unit, summary):
        if one.external_reference == reason and one.id not in but:
            change_exception(unit, one, {"status": "Resolved"})


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
