"""An order gets its summary: the records that say how it stands, made from what was ordered and paid."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar

from ordo.domain.orders.totals import order_totals
from ordo.domain.payments.payment_methods import PaymentMethod, described, method_of
from ordo.kernel.problems import FieldIntegrity
from ordo.objects.catalog import Product2
from ordo.objects.orders import (
    Order,
    OrderAdjustmentGroup,
    OrderDeliveryGroup,
    OrderItem,
    OrderItemAdjustmentLineItem,
    OrderItemTaxLineItem,
)
from ordo.objects.payments import Payment, PaymentAuthorization, PaymentGroup
from ordo.objects.summaries import (
    OrderAdjustmentGroupSummary,
    OrderDeliveryGroupSummary,
    OrderItemAdjustmentLineSummary,
    OrderItemSummary,
    OrderItemTaxLineItemSummary,
    OrderPaymentSummary,
    OrderSummary,
)
from ordo.platform.reading import Reading
from ordo.platform.records import ZERO, Record, values_of, zero
from ordo.platform.unit import Unit
from ordo.platform.values import StringTooLong

PROCESSED = "Processed"
T = TypeVar("T", bound=Record)


def copied(source: type[Record], target: type[Record], *, but: Sequence[str] = ()) -> tuple[str, ...]:
    """The attributes a summary takes over: those both have, which are stored and not the row's own."""
    own = set(Record.__fields__) | set(but)
    return tuple(
        name
        for name, field in target.__fields__.items()
        if field.stored and not field.autonumber and name not in own and name in source.__fields__
    )


_OF_ORDER = copied(Order, OrderSummary, but=("status", "owner_id", "description", "po_date"))
_OF_GROUP = copied(
    OrderDeliveryGroup, OrderDeliveryGroupSummary, but=("desired_delivery_date", "promised_delivery_date")
)
_OF_ITEM = copied(OrderItem, OrderItemSummary, but=("total_line_amount", "original_order_item_id"))
_OF_TAX = copied(OrderItemTaxLineItem, OrderItemTaxLineItemSummary)
_OF_ADJUSTMENT = copied(OrderItemAdjustmentLineItem, OrderItemAdjustmentLineSummary)
_OF_ADJUSTMENT_GROUP = copied(OrderAdjustmentGroup, OrderAdjustmentGroupSummary)


def need_family(reading: Reading, order_id: str) -> None:
    """Everything below an order that its summary is made from, but payments: their groups lead to them."""
    reading.lock(Order, [order_id])
    reading.rows(Order, "id", [order_id])
    for part in (
        OrderItem,
        OrderDeliveryGroup,
        OrderItemTaxLineItem,
        OrderItemAdjustmentLineItem,
        OrderAdjustmentGroup,
    ):
        reading.rows(part, "order_id", [order_id])
    reading.rows(PaymentGroup, "source_object_id", [order_id])
    reading.rows(OrderSummary, "original_order_id", [order_id])


def summarize(unit: Unit, order: Order, **told: Any) -> OrderSummary:
    """Makes the summary of an activated order and all its parts. `told` are attributes of the summary
    (status, order_number, business_model, external_reference_identifier, order_life_cycle_type …)."""
    unit.settle()
    items = unit.children(OrderItem, "order_id", order.id)
    groups = unit.children(OrderDeliveryGroup, "order_id", order.id)
    _check_complete(items, groups)
    summary = _summary(unit, order, items, told)
    group_ids = {
        group.id: unit.add(
            OrderDeliveryGroupSummary,
            **_taken(group, _OF_GROUP),
            order_summary_id=summary.id,
            original_order_delivery_group_id=group.id,
        ).id
        for group in groups
    }
    item_ids = _items(unit, summary, items, group_ids)
    _money_parts(unit, order, summary, item_ids)
    _payments(unit, order, summary)
    unit.fact(
        order.id, "OrderSummaryCreated",
        OrderId=order.id, OrderSummaryId=summary.id, OrderNumber=summary.order_number,
    )  # fmt: skip
    return summary


def _check_complete(items: Sequence[OrderItem], groups: Sequence[OrderDeliveryGroup]) -> None:
    """What a summary needs: a product, a delivery group with its method, each line in a group."""
    if not groups:
        raise FieldIntegrity("an order summary needs an OrderDeliveryGroup", fields=("OrderDeliveryGroupId",))
    alive = {group.id for group in groups}
    lacking = [item.order_item_number or item.id for item in items if item.order_delivery_group_id not in alive]
    if lacking:
        raise FieldIntegrity(
            f"order products without OrderDeliveryGroupId: {', '.join(lacking)}", fields=("OrderDeliveryGroupId",)
        )
    if any(group.order_delivery_method_id is None for group in groups):
        raise FieldIntegrity("a delivery group lacks its OrderDeliveryMethodId", fields=("OrderDeliveryMethodId",))


def _taken(row: Record, attributes: tuple[str, ...]) -> dict[str, Any]:
    return dict(zip(attributes, values_of(attributes)(row), strict=True))


def _reference(order: Order) -> str:
    """The order's external identity; longer than the summary holds is refused, never cut."""
    given = order.order_management_reference_identifier or order.id
    longest = OrderSummary.__fields__["external_reference_identifier"].length
    if len(given) > longest:
        raise StringTooLong(
            f"External Reference Identifier: data value too large: {given[:255]} (max length={longest})",
            fields=("OrderManagementReferenceIdentifier",),
        )
    return given


def _summary(unit: Unit, order: Order, items: Sequence[OrderItem], told: dict[str, Any]) -> OrderSummary:
    fields: dict[str, Any] = {
        **_taken(order, _OF_ORDER),
        **order_totals(items, ("product", "delivery", "fee")),
        **_before_adjustments(items),
        "original_order_id": order.id,
        "order_number": order.order_number,
        "external_reference_identifier": _reference(order),
        "order_product_line_count": sum(1 for item in items if item.type_code == "Product"),
        "owner_id": order.owner_id,
        **told,
    }
    return unit.add(OrderSummary, **fields)


_PARTS = {"Order Product": "product", "Delivery Charge": "delivery", "Fee": "fee"}


def _before_adjustments(items: Sequence[OrderItem]) -> dict[str, Any]:
    sums: dict[str, Any] = {}
    for item in items:
        part = _PARTS.get(item.type or "")
        if part is not None:
            amount, tax = f"total_{part}_amount", f"total_{part}_tax_amount"
            sums[amount] = sums.get(amount, ZERO) + item.rounded_line_amount
            sums[tax] = sums.get(tax, ZERO) + item.total_line_tax_amount
    return sums


def _items(
    unit: Unit, summary: OrderSummary, items: Sequence[OrderItem], group_ids: dict[str, str]
) -> dict[str, str]:
    ids = {}
    products = unit.get_all(Product2, [item.product2_id for item in items if item.product2_id])
    for item in items:
        product = products.get(item.product2_id or "")
        ids[item.id] = unit.add(
            OrderItemSummary,
            **_taken(item, _OF_ITEM),
            name=(product.name if product else None) or item.order_item_number,
            product_code=product.product_code if product else None,
            stock_keeping_unit=product.stock_keeping_unit if product else None,
            order_summary_id=summary.id,
            order_delivery_group_summary_id=group_ids[item.order_delivery_group_id or ""],
            original_order_item_id=item.id,
            quantity_ordered=item.quantity,
            total_line_amount=item.rounded_line_amount,
        ).id
    return ids


def _money_parts(unit: Unit, order: Order, summary: OrderSummary, item_ids: dict[str, str]) -> None:
    group_ids = {
        group.id: unit.add(
            OrderAdjustmentGroupSummary,
            **_taken(group, _OF_ADJUSTMENT_GROUP),
            order_summary_id=summary.id,
            original_order_adj_group_id=group.id,
        ).id
        for group in unit.children(OrderAdjustmentGroup, "order_id", order.id)
    }
    adjustment_ids = {}
    for row in unit.children(OrderItemAdjustmentLineItem, "order_id", order.id):
        if row.order_item_id is None:  # said of the whole order without an amount of its own (S0-106)
            continue
        adjustment_ids[row.id] = unit.add(
            OrderItemAdjustmentLineSummary,
            **_taken(row, _OF_ADJUSTMENT) | {"amount": zero(row.amount)},
            order_summary_id=summary.id,
            order_item_summary_id=item_ids[row.order_item_id],
            order_adjustment_group_summary_id=group_ids.get(row.order_adjustment_group_id or ""),
            original_order_item_adjustment_line_item_id=row.id,
        ).id
    for tax in unit.children(OrderItemTaxLineItem, "order_id", order.id):
        unit.add(
            OrderItemTaxLineItemSummary,
            **_taken(tax, _OF_TAX),
            order_summary_id=summary.id,
            order_item_summary_id=item_ids[tax.order_item_id],
            order_item_adjustment_line_summary_id=adjustment_ids.get(tax.order_item_adjustment_line_item_id or ""),
            original_order_item_tax_line_item_id=tax.id,
        )


def _payments(unit: Unit, order: Order, summary: OrderSummary) -> None:
    """One payment summary per payment method that authorised or paid for the order."""
    methods: dict[str, tuple[list[PaymentAuthorization], list[Payment]]] = {}
    groups = unit.children(PaymentGroup, "source_object_id", order.id)
    for authorization in _of_groups(unit, PaymentAuthorization, groups):
        methods.setdefault(authorization.payment_method_id or "", ([], []))[0].append(authorization)
    for payment in _of_groups(unit, Payment, groups):
        methods.setdefault(payment.payment_method_id or "", ([], []))[1].append(payment)
    named = unit.together(partial(method_of, unit, method_id) for method_id in methods)
    for (authorizations, payments), method in zip(methods.values(), named, strict=True):
        make_payment_summary(unit, summary, method, authorizations, payments)


def _of_groups(unit: Unit, record: type[T], groups: Sequence[PaymentGroup]) -> list[T]:
    rows = unit.together(partial(unit.children, record, "payment_group_id", group.id) for group in groups)
    return [row for of_group in rows for row in of_group]


def make_payment_summary(
    unit: Unit,
    summary: OrderSummary,
    method: PaymentMethod | None,
    authorizations: Sequence[PaymentAuthorization],
    payments: Sequence[Payment],
    *,
    name: str | None = None,
) -> OrderPaymentSummary:
    """What one payment method promised and paid, which from here on belongs to it; named after the method
    unless told otherwise."""
    known_as, kind, holder = described(method)
    made = unit.add(
        OrderPaymentSummary,
        method=name or known_as,
        type=kind,
        full_name=holder,
        order_summary_id=summary.id,
        payment_method_id=method.id if method else None,
        owner_id=summary.owner_id,
        currency_iso_code=summary.currency_iso_code,
        authorization_amount=_sum(authorizations, PROCESSED),
        captured_amount=_sum(payments, PROCESSED),
        balance_amount=sum((p.balance for p in payments if p.status == PROCESSED), ZERO),
        pending_authorization_amount=_sum(authorizations, "Pending"),
        pending_capture_amount=_sum(payments, "Pending"),
    )
    for row in (*authorizations, *payments):
        unit.change(row, order_payment_summary_id=made.id)
    return made


def _sum(rows: Sequence[PaymentAuthorization] | Sequence[Payment], status: str) -> Any:
    return sum((zero(row.amount) for row in rows if row.status == status), ZERO)
